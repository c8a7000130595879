"""Money the house owes, as one store has it: slices of accounts, and what sales have set aside of them."""

from enum import StrEnum
from typing import Final

import msgspec

from contract.commands import AnswerValue, KeepValue
from contract.facts import AskEnd, TenderKind, ValueAsked, ValueAskEnded, ValueKept
from contract.ids import AccountId, AskId, InquiryId, PersonId, SaleId, TillId
from trade.machine import Machine

VALUES: Final = frozenset(
    {TenderKind.GIFT_CARD, TenderKind.STORE_CREDIT, TenderKind.DEPOSIT, TenderKind.TRADE_IN, TenderKind.POINTS}
)
"""Tenders that pay with money the house owes already."""
OF_THE_OFFICE: Final = VALUES - {TenderKind.TRADE_IN}
"""Whose balances the office keeps. A trade-in lives for one sale at one store."""
CREDIT: Final = "credit-"


class AskState(StrEnum):
    ASKING = "asking"
    """The office has not answered."""
    READY = "ready"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    SPENT = "spent"


class AskEvent(StrEnum):
    ANSWER = "office gives"
    REFUSE = "office gives nothing, nothing kept"
    GO_WITHOUT = "what is kept is enough"
    GIVE_UP = "taken off"
    SPEND = "sale recorded"


ASK: Final = Machine[AskState, AskEvent](
    name="ask",
    starts=frozenset({AskState.ASKING, AskState.READY}),
    ends=frozenset({AskState.REFUSED, AskState.GIVEN_UP, AskState.SPENT}),
    table={
        (AskState.ASKING, AskEvent.ANSWER): AskState.READY,
        (AskState.ASKING, AskEvent.REFUSE): AskState.REFUSED,
        (AskState.ASKING, AskEvent.GO_WITHOUT): AskState.READY,
        (AskState.ASKING, AskEvent.GIVE_UP): AskState.GIVEN_UP,
        (AskState.READY, AskEvent.GIVE_UP): AskState.GIVEN_UP,
        (AskState.READY, AskEvent.SPEND): AskState.SPENT,
    },
)
LIVE: Final = frozenset({AskState.ASKING, AskState.READY})
EVENT_OF: Final = {AskEnd.GIVEN_UP: AskEvent.GIVE_UP, AskEnd.WITHOUT_OFFICE: AskEvent.GO_WITHOUT}
NAMES: Final = {
    TenderKind.GIFT_CARD: "gift card",
    TenderKind.STORE_CREDIT: "store credit",
    TenderKind.DEPOSIT: "deposit",
    TenderKind.TRADE_IN: "trade-in",
    TenderKind.POINTS: "points",
}


class Inquiry(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked about an account, and what the office said. `answered_us` 0: nothing yet."""

    inquiry: InquiryId
    till: TillId
    account: AccountId
    kind: TenderKind
    client: PersonId = PersonId("")
    label: str = ""
    asked_us: int = 0
    answered_us: int = 0
    balance_minor: int = 0
    elsewhere_minor: int = 0
    currency: str = ""
    expires: str = ""
    why: str = ""


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """What this store may spend of an account; sales may have set parts of it aside."""

    account: AccountId
    kind: TenderKind
    currency: str = ""
    client: PersonId = PersonId("")
    label: str = ""
    held_minor: int = 0
    expires: str = ""
    """The last business day on which it may be spent; empty: for ever."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Money of an account for one sale. `wanted_minor` is what the office is asked for while `asking`."""

    ask: AskId
    sale: SaleId
    till: TillId = TillId("")
    account: AccountId
    kind: TenderKind
    currency: str = ""
    client: PersonId = PersonId("")
    label: str = ""
    state: AskState = AskState.READY
    kept_minor: int = 0
    wanted_minor: int = 0
    granted_minor: int = 0
    left_minor: int = 0
    """On the account besides, as the office said."""
    why: str = ""
    at_us: int = 0

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def amount_minor(self) -> int:
        """Set aside."""
        return self.kept_minor + self.granted_minor

    @property
    def counted_minor(self) -> int:
        """What it pays, or will if the office gives all that is wanted."""
        return self.amount_minor + (self.wanted_minor if self.state is AskState.ASKING else 0)

    @property
    def name(self) -> str:
        return f"{NAMES[self.kind]} {self.label}".strip()

    @property
    def returns_minor(self) -> int:
        """What goes back to the office, or to nobody, when it is given up: the rest stays this store's slice."""
        return self.granted_minor + (self.kept_minor if self.kind is TenderKind.TRADE_IN else 0)


def credit_account(client: PersonId) -> AccountId:
    """A client has one credit."""
    return AccountId(f"{CREDIT}{client}")


def begun(fact: ValueAsked, at_us: int) -> Ask:
    state = AskState.ASKING if fact.wanted_minor else AskState.READY
    told = {name: value for name, value in msgspec.structs.asdict(fact).items() if name != "business_day"}
    return Ask(**told, state=state, at_us=at_us)


def ended(ask: Ask, fact: ValueAskEnded, at_us: int) -> Ask:
    return _moved(ask, EVENT_OF[fact.how], at_us)


def spent(ask: Ask, at_us: int) -> Ask:
    return _moved(ask, AskEvent.SPEND, at_us)


def answered(ask: Ask, command: AnswerValue, at_us: int) -> Ask:
    """An answer after the end changes nothing: what it gave goes back (`late`)."""
    if late(ask):
        return ask
    event = AskEvent.ANSWER if command.amount_minor or ask.kept_minor else AskEvent.REFUSE
    moved = _moved(ask, event, at_us)
    return msgspec.structs.replace(
        moved, granted_minor=command.amount_minor, left_minor=command.left_minor, why=command.why
    )


def late(ask: Ask | None) -> bool:
    """Nobody waits for this answer any more."""
    return ask is None or ask.state is not AskState.ASKING


def more(known: Slice | None, told: ValueKept | KeepValue) -> Slice:
    """The slice with more in it."""
    was = known or Slice(account=told.account, kind=told.kind)
    return Slice(
        account=told.account,
        kind=told.kind,
        currency=told.currency,
        client=told.client or was.client,
        label=told.label or was.label,
        held_minor=was.held_minor + told.amount_minor,
        expires=told.expires if known is None or isinstance(told, KeepValue) else later(was.expires, told.expires),
    )


def later(was: str, new: str) -> str:
    """Of money that joins an account: it never makes the rest expire sooner. Empty: never."""
    return max(was, new) if was and new else ""


def expired(expires: str, business_day: str) -> bool:
    """Derived, never stored: nothing has to run at midnight."""
    return bool(expires and business_day) and business_day > expires


def _moved(ask: Ask, event: AskEvent, at_us: int) -> Ask:
    state = ASK.after(ask.state, event)
    return ask if state is None else msgspec.structs.replace(ask, state=state, at_us=at_us)
