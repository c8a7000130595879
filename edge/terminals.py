"""Card terminals put together for a box: an adapter and a driver each, their words into the house as acts."""

import datetime as dt
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import structlog

from contract.ids import HOUSE, PaymentId
from edge.books.db import Database
from edge.books.journal import NotServingError
from edge.clock import Clock
from edge.config import ConfigError, EdgeConfig, TerminalConfig
from edge.config.payments import TerminalFamily
from edge.house import DiskFullError, House, HouseBusyError, HouseStoppedError
from edge.payments.driver import Driver
from edge.payments.nexo import NexoTerminal
from edge.payments.nexo_crypto import sealing_key
from edge.payments.port import PaymentTerminal
from edge.payments.refunding import Refunder
from edge.payments.stripe import StripeTerminal
from edge.store import Store
from edge.till.desk import Done
from trade.acts import CardRefundSaid, HearCardRefund, HearPayment, TerminalSaid
from trade.card_refund import CardRefund
from trade.payment import Payment
from trade.refusal import Why

NOT_NOW = (HouseBusyError, HouseStoppedError, DiskFullError, NotServingError)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What one terminal owes a word for, in this store's books."""

    store: Store
    house: House
    db: Database
    terminal: str

    def now(self) -> list[Payment]:
        return self.db.rows("payments_at", Payment, terminal=self.terminal)

    async def unanswered(self) -> Sequence[Payment]:
        return self.now()

    def refunds_now(self) -> list[CardRefund]:
        return self.db.rows("card_refunds_at", CardRefund, terminal=self.terminal)

    async def refunds(self) -> Sequence[CardRefund]:
        return self.refunds_now()

    async def say(self, said: TerminalSaid) -> bool:
        """False: the house cannot hear now, and the word is kept."""
        return await self._hear(HearPayment(said=said), said.payment)

    async def say_refund(self, said: CardRefundSaid) -> bool:
        """Likewise."""
        return await self._hear(HearCardRefund(said=said), said.refund)

    async def _hear(self, act: HearPayment | HearCardRefund, name: PaymentId) -> bool:
        try:
            answer = await self.house.ask(lambda: self.store.act(act, HOUSE))
        except NOT_NOW:
            return False
        if isinstance(answer, Done):
            return True
        if answer.refusal.code is Why.NOT_SERVING:
            return False
        log.error("payment_refused", payment=name, why=answer.refusal.why)
        return True


def drivers(config: EdgeConfig, store: Store, house: House, db: Database, clock: Clock) -> tuple[Driver, ...]:
    """One for each configured terminal. Raises `ConfigError` for a certificate that cannot be used."""
    made = []
    for each in config.terminals:
        ledger = _Ledger(store, house, db, each.id)
        begun = [payment.payment for payment in ledger.now()]
        terminal = _terminal(each, clock)
        going = [refund.refund for refund in ledger.refunds_now()]
        refunder = Refunder(terminal, ledger.refunds, ledger.say_refund, going)
        made.append(Driver(terminal, ledger.unanswered, ledger.say, begun, refunder))
    return tuple(made)


def _terminal(config: TerminalConfig, clock: Clock) -> PaymentTerminal:
    try:
        tls = ssl.create_default_context(cafile=config.ca)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(f"terminal {config.id}: ca {config.ca} is no certificate in PEM ({error})") from error
    # the provider's certificate names the terminal, never its address in this network
    tls.check_hostname = config.ca is None
    http = httpx.AsyncClient(base_url=config.url, verify=tls, trust_env=False)
    if config.family is TerminalFamily.STRIPE:
        http.headers["Authorization"] = f"Bearer {_secret(config)}"
        return StripeTerminal(http, reader=config.id)
    key = None
    if config.key_file is not None:
        key = sealing_key(_secret(config), identifier=config.key_id, version=config.key_version)
    now = clock.wall_us
    return NexoTerminal(http, poi=config.id, now=lambda: dt.datetime.fromtimestamp(now() / 1e6, dt.UTC), key=key)


def _secret(config: TerminalConfig) -> str:
    """Raises `ConfigError` where there is none. No message tells what it is."""
    if config.key_file is None:
        raise ConfigError(f"terminal {config.id}: name the file with its key (key_file)")
    try:
        secret = config.key_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"terminal {config.id}: {config.key_file} cannot be read ({type(error).__name__})") from error
    if not secret:
        raise ConfigError(f"terminal {config.id}: {config.key_file} is empty: put its key there")
    return secret
