"""What is shown of a client's order."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderLineView:
    line: str
    description: str
    gross_minor: int
    piece: str


@dataclass(frozen=True, slots=True)
class OrderPieceView:
    """`out`: with the client on memo. `kept`: nobody else gets it."""

    piece: str
    title: str
    sku: str
    kept: bool
    out: bool


@dataclass(frozen=True, slots=True)
class DueView:
    day: str
    amount_minor: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class StepView:
    """`event` as its table says it; `words` as people do."""

    event: str
    words: str
    at_us: int
    by: str
    why: str
    party: str


@dataclass(frozen=True, slots=True)
class ShortOrderView:
    """A row of a list. `due_day`: when the next thing is due, `due_minor` where that is money."""

    order: str
    number: str
    kind: str
    client: str
    title: str
    state: str
    promised_day: str
    due_day: str
    due_minor: int
    overdue: bool
    held: str
    currency: str
    total_minor: int
    paid_minor: int
    queues: tuple[str, ...]
    changed_us: int


@dataclass(frozen=True, slots=True)
class OrderView(ShortOrderView):
    """`possible`: the steps that may be next, by their names. `deposit_minor`: what has to be paid before work begins.

    `fee_minor`: what the house kept when it ended; `fee_now_minor`: what it would keep today.
    """

    quote: int
    approved: bool | None
    valid_until: str
    lines: tuple[OrderLineView, ...]
    pieces: tuple[OrderPieceView, ...]
    due: tuple[DueView, ...]
    steps: tuple[StepView, ...]
    possible: tuple[str, ...]
    account: str
    deposit_bp: int
    deposit_minor: int
    fee_bp: int
    grace_days: int
    fee_minor: int
    fee_now_minor: int
    credit_minor: int
    party: str
    sale: str
    opened_us: int
    opened_by: str
    ended: bool
    away: str
    """The store it was handed over to: here it is read only."""
    coming: bool
    """It came from another store, and the client's things are on their way."""
