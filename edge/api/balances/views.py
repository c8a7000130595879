"""What a page of a balance shows: what this store may spend by itself, and what the office said."""

from dataclasses import dataclass

from contract.facts import TenderKind
from contract.ids import InquiryId
from edge.api.shop import Shop
from edge.books.fold_value import load_live, load_slice
from trade.value import NAMES, Inquiry, expired
from trade.valuing import available
from web.problems import ProblemError


@dataclass(frozen=True, slots=True)
class BalanceView:
    """`here_minor`: what this store may spend without the office, `aside_minor` more is set aside for sales of it.

    `balance_minor` and `elsewhere_minor` are the office's, and count once it `answered`; before, `expires` is as this
    store knows it. `why` says why none of it may be spent, and what to do.
    """

    inquiry: str
    kind: TenderKind
    name: str
    client: str
    currency: str
    answered: bool
    balance_minor: int
    elsewhere_minor: int
    here_minor: int
    aside_minor: int
    expires: str
    expired: bool
    why: str


def one(shop: Shop, name: InquiryId) -> BalanceView:
    """Raises a 404 problem."""
    db = shop.db
    asked = db.one("value_inquiry", Inquiry, inquiry=name)
    if asked is None:
        raise ProblemError(404, "inquiry", "Nobody asked for this balance here", "Scan the card, and ask again.")
    part, live = load_slice(db, asked.account), load_live(db, asked.account)
    expires = asked.expires if asked.answered_us or part is None else part.expires
    over = expired(expires, shop.business_day())
    why = asked.why
    if over and not why:
        why = f"it could be spent until {expires}: the office may give it another day, on its page of what is owed"
    return BalanceView(
        inquiry=asked.inquiry, kind=asked.kind, name=f"{NAMES[asked.kind]} {asked.label}".strip(),
        client=asked.client or (part.client if part else ""),
        currency=asked.currency or (part.currency if part else "") or shop.config.currency,
        answered=bool(asked.answered_us), balance_minor=asked.balance_minor, elsewhere_minor=asked.elsewhere_minor,
        here_minor=available(part, live) if part is not None else 0,
        aside_minor=sum(each.amount_minor for each in live), expires=expires, expired=over, why=why,
    )  # fmt: skip
