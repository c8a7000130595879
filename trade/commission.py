"""Who earned a sale: shares in basis points, rates by role or person, and what is taken back with what comes back.

The base is what the house earned: gross amounts less tax, without money that is only owed (gift cards, deposits).
Everything is shared out by largest remainder, so that parts add up to the last unit.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from contract.facts import SaleLine, SaleRecorded, SaleShared, Share
from contract.feed import CommissionCard, StaffCard
from contract.ids import LineId, SaleId, UserId
from contract.money import BASIS_POINTS, allocate, divide_half_up
from trade.accounts import LINE_ACCOUNT, Account
from trade.acts import ShareSale
from trade.posting import Posting, balanced
from trade.refusal import Refusal, Why
from trade.sale import Sale, SaleState, must_be
from trade.scene import Scene

SHARES_PER_SALE_MAX: Final = 6


def share(scene: Scene, act: ShareSale) -> tuple[SaleShared, ...] | Refusal:
    """Who sells this together; asked again, it is so already."""
    refusal = must_be(scene.sale, act.sale, SaleState.OPEN)
    if refusal is None and act.shares:
        refusal = refused(act.shares, scene.staff)
    if refusal is not None:
        return refusal
    shares = tuple(Share(associate=each.associate, share_bp=each.share_bp) for each in act.shares)
    assert scene.sale is not None
    return () if shares == scene.sale.shares else (SaleShared(sale=act.sale, shares=shares),)


def of_sale(scene: Scene, sale: Sale, lines: Sequence[SaleLine]) -> tuple[Share, ...]:
    """What the sale's fact keeps: nothing where the associate sells alone and earns no commission."""
    shares = sale.shares or (Share(associate=sale.associate, share_bp=BASIS_POINTS),)
    day = scene.shift.business_day if scene.shift is not None else ""
    rates = [
        rate_of(scene.staff[each.associate], scene.commissions, day) if each.associate in scene.staff else 0
        for each in shares
    ]
    return earned(shares, rates, lines) if sale.shares or any(rates) else ()


def rate_of(person: StaffCard, cards: Iterable[CommissionCard], business_day: str) -> int:
    """Basis points of this person on this day: their own rate before their roles', the best of these; newest first.

    A rate holds from its day until a newer one of the same person or role.
    """
    own = _newest((card for card in cards if card.user == person.user), business_day)
    if own is not None:
        return own.rate_bp
    cards = tuple(cards)
    by_role = (_newest((c for c in cards if not c.user and c.role is role), business_day) for role in person.roles)
    return max((card.rate_bp for card in by_role if card is not None), default=0)


def _newest(cards: Iterable[CommissionCard], business_day: str) -> CommissionCard | None:
    begun = [card for card in cards if card.from_day <= business_day]
    return max(begun, key=lambda card: (card.from_day, card.commission), default=None)


def refused(shares: Sequence[Share], staff: dict[UserId, StaffCard]) -> Refusal | None:
    """Why a sale cannot be shared like this. `staff` are the people of this store."""
    if len(shares) > SHARES_PER_SALE_MAX:
        return Refusal(Why.WRONG_STATE, f"A sale is shared by at most {SHARES_PER_SALE_MAX}: leave somebody out")
    people = [share.associate for share in shares]
    if len(set(people)) != len(people):
        return Refusal(Why.WRONG_STATE, "Somebody is named twice: give each person one share")
    stranger = next((name for name in people if name not in staff or not staff[name].active), None)
    if stranger is not None:
        return Refusal(Why.NOT_FOUND, f"{stranger} does not work here: choose somebody of this store")
    if any(share.share_bp <= 0 for share in shares) or sum(share.share_bp for share in shares) != BASIS_POINTS:
        return Refusal(Why.WRONG_STATE, "The shares must make 100 %, each above nothing: change one of them")
    return None


def equal(people: Sequence[UserId]) -> tuple[Share, ...]:
    """The same for everybody, to the last basis point."""
    parts = allocate(BASIS_POINTS, [1] * len(people))
    return tuple(Share(associate=name, share_bp=part) for name, part in zip(people, parts, strict=True))


def base_of(lines: Iterable[SaleLine]) -> int:
    """What commission is reckoned on."""
    return sum(_net(line) for line in lines)


def earned(shares: Sequence[Share], rates_bp: Sequence[int], lines: Sequence[SaleLine]) -> tuple[Share, ...]:
    """The shares with what each is of the base, the rate, and the commission; as the sale's fact keeps them."""
    parts = allocate(base_of(lines), [share.share_bp for share in shares])
    return tuple(
        msgspec.structs.replace(
            share, rate_bp=rate, base_minor=part, commission_minor=divide_half_up(part * rate, BASIS_POINTS)
        )
        for share, rate, part in zip(shares, rates_bp, parts, strict=True)
    )


def post_earned(fact: SaleRecorded) -> tuple[Posting, ...]:
    """An expense of the house, and owed to each associate."""
    return _legs(((share.associate, share.commission_minor) for share in fact.shares), fact.currency, fact.sale)


class Back(NamedTuple):
    """Of one line, what came back by earlier returns and by this one, less tax."""

    before_minor: int
    now_minor: int


def clawed_back(fact: SaleRecorded, backs: Mapping[LineId, Back]) -> tuple[tuple[UserId, int], ...]:
    """What each associate gives back, positive, at the shares and rates of the sale, for lines that came back.

    The commission of a sale lies on its lines by their net amounts. Parts of a line over any number of returns take
    back just what the whole line would.
    """
    nets = [abs(_net(line)) for line in fact.lines]
    if not any(nets):
        return ()
    taken = []
    for share in fact.shares:
        its = allocate(share.commission_minor, nets)
        whole = 0
        for at, line in enumerate(fact.lines):
            back = backs.get(line.line)
            if back is not None and nets[at]:
                until = min(back.before_minor + back.now_minor, nets[at])
                since = min(back.before_minor, nets[at])
                whole += divide_half_up(its[at] * until, nets[at]) - divide_half_up(its[at] * since, nets[at])
        taken.append((share.associate, whole))
    return tuple(each for each in taken if each[1])


def post_clawed_back(taken: Iterable[tuple[UserId, int]], currency: str, sale: SaleId) -> tuple[Posting, ...]:
    return _legs(((name, -amount) for name, amount in taken), currency, sale)


def _net(line: SaleLine) -> int:
    return line.gross_minor - line.tax_minor if LINE_ACCOUNT[line.kind] is Account.SALES else 0


def _legs(amounts: Iterable[tuple[UserId, int]], currency: str, sale: SaleId) -> tuple[Posting, ...]:
    legs = []
    for name, amount in amounts:
        legs.append(Posting(account=Account.COMMISSION_EXPENSE, amount_minor=amount, currency=currency, by=name))
        legs.append(Posting(account=Account.COMMISSION_PAYABLE, amount_minor=-amount, currency=currency, by=name))
    return balanced(legs, f"commission of sale {sale}")
