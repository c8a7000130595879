"""Card terminals put together for a box: an adapter and a driver each, their words into the house as acts."""

import datetime as dt
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import structlog

from contract.ids import HOUSE
from edge.books.db import Database
from edge.books.journal import NotServingError
from edge.clock import Clock
from edge.config import ConfigError, EdgeConfig, TerminalConfig
from edge.house import DiskFullError, House, HouseBusyError, HouseStoppedError
from edge.payments.driver import Driver
from edge.payments.nexo import NexoTerminal
from edge.payments.port import PaymentTerminal
from edge.store import Store
from edge.till.desk import Done
from trade.acts import HearPayment, TerminalSaid
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

    async def say(self, said: TerminalSaid) -> bool:
        """False: the house cannot hear now, and the word is kept."""
        try:
            answer = await self.house.ask(lambda: self.store.act(HearPayment(said=said), HOUSE))
        except NOT_NOW:
            return False
        if isinstance(answer, Done):
            return True
        if answer.refusal.code is Why.NOT_SERVING:
            return False
        log.error("payment_refused", payment=said.payment, why=answer.refusal.why)
        return True


def drivers(config: EdgeConfig, store: Store, house: House, db: Database, clock: Clock) -> tuple[Driver, ...]:
    """One for each configured terminal. Raises `ConfigError` for a certificate that cannot be used."""
    made = []
    for each in config.terminals:
        ledger = _Ledger(store, house, db, each.id)
        begun = [payment.payment for payment in ledger.now()]
        made.append(Driver(_terminal(each, clock), ledger.unanswered, ledger.say, begun))
    return tuple(made)


def _terminal(config: TerminalConfig, clock: Clock) -> PaymentTerminal:
    try:
        tls = ssl.create_default_context(cafile=config.ca)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(f"terminal {config.id}: ca {config.ca} is no certificate in PEM ({error})") from error
    # the provider's certificate names the terminal, never its address in this network
    tls.check_hostname = config.ca is None
    http = httpx.AsyncClient(base_url=config.url, verify=tls, trust_env=False)
    return NexoTerminal(http, poi=config.id, now=lambda: dt.datetime.fromtimestamp(clock.wall_us() / 1e6, dt.UTC))
