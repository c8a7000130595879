"""Money back to cards: a terminal is asked once for each refund, and from then on only what became of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog

from contract.facts import CardRefundDone, CardRefundFailed, CardRefundInDoubt
from contract.ids import PaymentId
from edge.payments.patience import Patience
from edge.payments.port import (
    NEVER_HEARD,
    PENDING_S,
    Ask,
    Kept,
    NotSentError,
    PaidBack,
    PaymentTerminal,
    Pending,
    SilentError,
    Unknown,
    short_name,
)
from trade.acts import CardRefundSaid
from trade.card_refund import CardRefund, CardRefundState

log = structlog.get_logger(__name__)


class Refunder:
    """unanswered: refunds this terminal owes a word. say: takes its word; false when that cannot be now.

    in_flight: what the books had when the box started. It may have been asked for: it is asked about.
    """

    def __init__(
        self,
        terminal: PaymentTerminal,
        unanswered: Callable[[], Awaitable[Sequence[CardRefund]]],
        say: Callable[[CardRefundSaid], Awaitable[bool]],
        in_flight: Iterable[PaymentId] = (),
    ) -> None:
        self._terminal = terminal
        self._unanswered = unanswered
        self._say = say
        self._asked = set(in_flight)
        self._calls: dict[PaymentId, asyncio.Task[CardRefundSaid]] = {}
        self._patience = Patience()
        self.doubts_total = 0

    async def turn(self, woken: Callable[[], None]) -> float | None:
        """Everything that can be done now. Gives the seconds until it is worth asking again; None: when woken."""
        waits = [await self._serve(refund, woken) for refund in await self._unanswered()]
        return min((wait for wait in waits if wait is not None), default=None)

    def stop(self) -> None:
        for call in self._calls.values():
            call.cancel()

    async def _serve(self, refund: CardRefund, woken: Callable[[], None]) -> float | None:
        name, ask = refund.refund, _ask(refund)
        if name not in self._asked:
            self._asked.add(name)
            self._calls[name] = asyncio.create_task(self._request(refund, ask), name=f"refund {ask.name}")
            self._calls[name].add_done_callback(lambda _: woken())
            await asyncio.sleep(0)
        call = self._calls.get(name)
        if call is None:
            return await self._look(refund, ask)
        return await self._tell(refund, call.result()) if call.done() else None

    async def _request(self, refund: CardRefund, ask: Ask) -> CardRefundSaid:
        try:
            return _said(refund, await self._terminal.pay_back(ask))
        except NotSentError as error:
            return CardRefundFailed(refund=refund.refund, sale=refund.sale, why=str(error))
        except SilentError as error:
            self.doubts_total += 1
            return CardRefundInDoubt(refund=refund.refund, sale=refund.sale, why=str(error))

    async def _look(self, refund: CardRefund, ask: Ask) -> float | None:
        """Ask what became of it."""
        name = refund.refund
        try:
            answer = await self._terminal.paid_back(ask)
        except (SilentError, NotSentError) as error:
            if refund.state is CardRefundState.REQUESTED:
                await self._say(CardRefundInDoubt(refund=name, sale=refund.sale, why=str(error)))
            return self._patience.later_s(name)
        if isinstance(answer, Pending):
            self._patience.known(name)
            return PENDING_S
        if isinstance(answer, Unknown):
            if not self._patience.unknown_for_good(name):
                return self._patience.later_s(name)
            answer = Kept(NEVER_HEARD)
        return await self._tell(refund, _said(refund, answer))

    async def _tell(self, refund: CardRefund, said: CardRefundSaid) -> float | None:
        """Into the house; nothing is forgotten before the house has it."""
        name = refund.refund
        if not await self._say(said):
            return self._patience.later_s(name)
        self._calls.pop(name, None)
        self._patience.over(name)
        log.info("refund_said", refund=name, said=type(said).__name__)
        return 0.0


def _ask(refund: CardRefund) -> Ask:
    return Ask(
        name=short_name(refund.refund),
        payment=refund.refund,
        till=refund.till,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        reference=refund.reference,
    )


def _said(refund: CardRefund, answer: PaidBack | Kept) -> CardRefundSaid:
    if isinstance(answer, Kept):
        return CardRefundFailed(refund=refund.refund, sale=refund.sale, why=answer.why)
    return CardRefundDone(
        refund=refund.refund, sale=refund.sale, amount_minor=answer.amount_minor, reference=answer.reference
    )
