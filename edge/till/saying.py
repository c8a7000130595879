"""Words about clients on their way into the books: sealed with what the box keeps for each of them."""

from collections.abc import Iterable
from typing import Protocol

from contract.facts import AnyFact
from contract.ids import PersonId
from contract.remarks import mapped
from trade.acts import AnyAct, TakeTradeIn
from trade.refusal import Refusal
from trade.scene import Scene

NOBODY = PersonId("")


class Remarks(Protocol):
    """`edge.clients.remarks` keeps the keys."""

    def seal(self, person: PersonId, text: str) -> str: ...

    def open(self, text: str) -> str: ...


class Unsealed:
    """Words as they are: for books of tests. A box has `edge.clients.remarks` (`edge.store.core`)."""

    def seal(self, person: PersonId, text: str) -> str:
        del person
        return text

    def open(self, text: str) -> str:
        return text


def whose(act: AnyAct, scene: Scene) -> PersonId:
    """The client an act is about; nobody where it names none."""
    if scene.order is not None:
        return scene.order.client
    if scene.appointment_card is not None:
        return scene.appointment_card.person
    if isinstance(act, TakeTradeIn):
        return act.trade_in.client
    return PersonId(getattr(act, "client", None) or NOBODY)


def sealed(remarks: Remarks, facts: Iterable[AnyFact], act: AnyAct, scene: Scene) -> tuple[AnyFact, ...]:
    """As they enter the books. What a sale repeats of its orders and trade-ins is sealed already."""
    person = whose(act, scene)
    return tuple(mapped(fact, lambda text: remarks.seal(person, text) if person else text) for fact in facts)


def in_journal(remarks: Remarks, refusal: Refusal, act: AnyAct, scene: Scene) -> str:
    """Why it was refused: it may say again what somebody typed, so that it is sealed whole where a client is meant."""
    person = whose(act, scene)
    return remarks.seal(person, refusal.why) if person else refusal.why
