"""A terminal's driver: asks it once for each payment, and from then on only what became of it, until it is known.

What a box knew before it stopped is asked about, never asked for again. What the terminal says goes into the house as
an act; a call whose answer the house could not take yet keeps it and says it again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress

import structlog

from contract.facts import PaymentCaptured, PaymentFailed, PaymentInDoubt, PaymentKept, PaymentRefunded, PaymentVoided
from contract.ids import PaymentId
from edge.payments.patience import Patience
from edge.payments.port import (
    NEVER_HEARD,
    PENDING_S,
    Ask,
    Captured,
    Failed,
    NotSentError,
    PaymentTerminal,
    Pending,
    Returned,
    SilentError,
    Unknown,
    short_name,
)
from edge.payments.refunding import Refunder
from trade.acts import TerminalSaid
from trade.payment import Payment, PaymentState

log = structlog.get_logger(__name__)


class Driver:
    """unanswered: payments of this terminal that it owes a word. say: takes its word; false when that cannot be now.

    in_flight: what the books had when the box started. It may have been asked for: it is asked about.
    """

    def __init__(
        self,
        terminal: PaymentTerminal,
        unanswered: Callable[[], Awaitable[Sequence[Payment]]],
        say: Callable[[TerminalSaid], Awaitable[bool]],
        in_flight: Iterable[PaymentId] = (),
        refunder: Refunder | None = None,
    ) -> None:
        self.terminal = terminal
        self._refunder = refunder
        self.wake = asyncio.Event()
        self.doubts_total = 0
        self._unanswered = unanswered
        self._say = say
        self._asked = set(in_flight)
        self._calls: dict[PaymentId, asyncio.Task[TerminalSaid]] = {}
        self._stopped: set[PaymentId] = set()
        self._patience = Patience()

    async def run(self) -> None:
        """For ever: a turn, then sleep until somebody wakes us or it is time to ask again."""
        try:
            while True:
                wait_s = await self.turn()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.wake.wait(), wait_s)
                self.wake.clear()
        finally:
            for call in self._calls.values():
                call.cancel()
            if self._refunder is not None:
                self._refunder.stop()
            await self.terminal.close()

    async def turn(self) -> float | None:
        """Everything that can be done now. Gives the seconds until it is worth asking again; None: when woken."""
        waits = [await self._serve(payment) for payment in await self._unanswered()]
        if self._refunder is not None:
            waits.append(await self._refunder.turn(self.wake.set))
        return min((wait for wait in waits if wait is not None), default=None)

    async def _serve(self, payment: Payment) -> float | None:
        name, ask = payment.payment, _ask(payment)
        if payment.state is PaymentState.RETURNING:
            return await self._return(payment, ask)
        if name not in self._asked:
            self._asked.add(name)
            self._calls[name] = asyncio.create_task(self._request(payment, ask), name=f"payment {ask.name}")
            self._calls[name].add_done_callback(lambda _: self.wake.set())
            await asyncio.sleep(0)
        call = self._calls.get(name)
        if call is not None and call.done():
            return await self._tell(payment, call.result())
        if payment.given_up and name not in self._stopped:
            with suppress(SilentError, NotSentError):
                await self.terminal.stop(ask)
                self._stopped.add(name)
        return None if call is not None else await self._look(payment, ask)

    async def _request(self, payment: Payment, ask: Ask) -> TerminalSaid:
        try:
            return _said(payment, await self.terminal.request(ask))
        except NotSentError as error:
            return PaymentFailed(payment=payment.payment, sale=payment.sale, why=str(error))
        except SilentError as error:
            self.doubts_total += 1
            return PaymentInDoubt(payment=payment.payment, sale=payment.sale, why=str(error))

    async def _look(self, payment: Payment, ask: Ask) -> float | None:
        """Ask what became of it."""
        name = payment.payment
        try:
            answer = await self.terminal.status(ask)
        except (SilentError, NotSentError) as error:
            if payment.state is PaymentState.REQUESTED:
                await self._say(PaymentInDoubt(payment=name, sale=payment.sale, why=str(error)))
            return self._patience.later_s(name)
        if isinstance(answer, Pending):
            self._patience.known(name)
            return PENDING_S
        if isinstance(answer, Unknown):
            if not self._patience.unknown_for_good(name):
                # should our request still be on its way, the terminal knows now that nobody waits for it
                with suppress(SilentError, NotSentError):
                    await self.terminal.stop(ask)
                return self._patience.later_s(name)
            answer = Failed(NEVER_HEARD)
        return await self._tell(payment, _said(payment, answer))

    async def _return(self, payment: Payment, ask: Ask) -> float | None:
        """Cancelled where that is still possible, else paid back, else kept."""
        name, sale = payment.payment, payment.sale
        said: TerminalSaid
        try:
            answer = await self.terminal.cancel(ask)
            if isinstance(answer, Returned):
                said = PaymentVoided(payment=name, sale=sale, reference=answer.reference)
            else:
                answer = await self.terminal.refund(ask)
                if isinstance(answer, Returned):
                    said = PaymentRefunded(payment=name, sale=sale, reference=answer.reference)
                else:
                    said = PaymentKept(payment=name, sale=sale, why=answer.why)
        except (SilentError, NotSentError):
            return self._patience.later_s(name)
        return await self._tell(payment, said)

    async def _tell(self, payment: Payment, said: TerminalSaid) -> float | None:
        """Into the house; nothing is forgotten before the house has it."""
        name = payment.payment
        if not await self._say(said):
            return self._patience.later_s(name)
        self._calls.pop(name, None)
        self._patience.over(name)
        if not isinstance(said, PaymentInDoubt):
            self._stopped.discard(name)
        log.info("payment_said", payment=name, said=type(said).__name__)
        return 0.0


def _ask(payment: Payment) -> Ask:
    return Ask(
        name=short_name(payment.payment),
        payment=payment.payment,
        till=payment.till,
        amount_minor=payment.captured_minor or payment.amount_minor,
        currency=payment.currency,
        offline_minor_max=payment.offline_minor_max,
        reference=payment.reference,
    )


def _said(payment: Payment, answer: Captured | Failed) -> TerminalSaid:
    name, sale = payment.payment, payment.sale
    if isinstance(answer, Failed):
        return PaymentFailed(payment=name, sale=sale, why=answer.why)
    return PaymentCaptured(
        payment=name,
        sale=sale,
        amount_minor=answer.amount_minor,
        currency=payment.currency,
        brand=answer.brand,
        last4=answer.last4,
        auth_code=answer.auth_code,
        reference=answer.reference,
        stored_offline=answer.stored_offline,
    )
