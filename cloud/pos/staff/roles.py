"""What each role may do, at every store or at one: kept in the feed, which tells the stores.

Nobody gives what they lack themselves, and nobody changes who may do more than they.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import changes, feed
from cloud.db import Tx
from cloud.pos.staff import desk as staff
from cloud.pos.staff.desk import StaffError
from cloud.tables import feed_row, store
from cloud.work import Work
from contract.feed import EVERY_STORE, Permission, Role, RoleCard, RoleName, StaffCard, decode_body
from contract.ids import HOUSE, StoreId, UserId
from contract.money import BASIS_POINTS
from trade.permissions import EVERYTHING, NO_LIMIT_MINOR, WORDS, Allowed, Rights, beyond, rights, roles_here, together
from web.powers import Powers

ROLE: Final = re.compile(r"[a-z][a-z0-9_]{1,30}")
NAME_CHARACTERS_MAX: Final = 40
ROLES_MAX: Final = 40


def house_cards(tx: Tx) -> tuple[RoleCard, ...]:
    """The card of each role where no store has its own, the admin's last."""
    found = feed.cards(tx, RoleCard)
    return roles_here((), (card for (scope, _), card in found.items() if scope == EVERY_STORE))


def own_cards(tx: Tx) -> dict[StoreId, list[RoleCard]]:
    """Cards that stores have of their own."""
    told: dict[StoreId, list[RoleCard]] = {}
    for (scope, _), card in feed.cards(tx, RoleCard).items():
        if scope != EVERY_STORE:
            told.setdefault(StoreId(scope), []).append(card)
    return told


def rights_of(tx: Tx, person: StaffCard) -> Rights:
    """Looks up only the cards of this person's roles, by key: every request asks."""
    here = feed_row.c.scope.in_(sa.union_all(sa.select(sa.literal(EVERY_STORE)), sa.select(store.c.store)))
    mine = feed_row.c.key.in_([key_of(role) for role in person.roles])
    house: list[RoleCard] = []
    own: dict[StoreId, list[RoleCard]] = {}
    for row in tx.rows(sa.select(feed_row).where(here, mine, feed_row.c.body.is_not(None))):
        card = decode_body(row["body"])
        if isinstance(card, RoleCard):
            (house if row["scope"] == EVERY_STORE else own.setdefault(StoreId(row["scope"]), [])).append(card)
    return rights(person, house, own)


def powers(told: Rights) -> Powers:
    return Powers(
        house=told.house.permissions, own={name: each.permissions for name, each in told.own.items()}, only=told.only
    )


def key_of(role: RoleName) -> str:
    return f"role:{role}"


def mine(work: Work, by: UserId) -> Rights:
    """What whoever asks may do now; the house itself everything."""
    if by == HOUSE:
        return Rights(house=EVERYTHING)
    person = staff.find(work, by)
    return Rights() if person is None else rights_of(work.tx, person)


def put_role(work: Work, card: RoleCard, scope: str, *, by: UserId, why: str) -> None:
    """Make a role, or change what it may do, at every store (`*`) or one. Raises `StaffError`, `WhyError`."""
    _check_role(work, card, scope)
    before = _effective(work.tx, card.role, scope)
    given, had, own = together((card,)), together((before,) if before else ()), _at(mine(work, by), scope)
    if Permission.STAFF not in own.permissions:
        raise StaffError("what a role may do is changed by somebody who may name people there; ask them")
    gained = msgspec.structs.replace(
        given,
        permissions=given.permissions - had.permissions,
        discount_bp_max=given.discount_bp_max if given.discount_bp_max > had.discount_bp_max else 0,
        refund_minor_max=given.refund_minor_max if given.refund_minor_max > had.refund_minor_max else 0,
    )
    lacks = beyond(Rights(house=own), Rights(house=gained))
    if lacks:
        raise StaffError(f"you cannot let others {'; '.join(lacks)}: you may not do so yourself")
    if not changes.note(
        work, "role", card.role, by=by, why=why, was=told(before), now=told(card), store=_of(scope)
    ):  # fmt: skip
        return
    work.tell(feed.News(key_of(card.role), card, scope))


def take_role_back(work: Work, role: RoleName, scope: str, *, by: UserId, why: str) -> None:
    """A store's own card: the house's holds there again. A role the house made: it ends, once nobody has it."""
    standing = feed.card(work.tx, RoleCard, key_of(role), scope)
    if standing is None:
        raise StaffError(f"there is no card of {role!r} to take back there")
    own, after = _at(mine(work, by), scope), _effective(work.tx, role, EVERY_STORE) if scope != EVERY_STORE else None
    if Permission.STAFF not in own.permissions:
        raise StaffError("what a role may do is changed by somebody who may name people there; ask them")
    lacks = beyond(Rights(house=own), Rights(house=together((after,) if after else ())))
    if lacks:
        raise StaffError(f"this would let others {'; '.join(lacks)}, which you may not do yourself")
    holders = [each.name for each in staff.everyone(work) if role in each.roles]
    if scope == EVERY_STORE and role not in list(Role) and holders:
        raise StaffError(f"{', '.join(holders)} would be left without it: give them another role first")
    if (
        scope == EVERY_STORE
        and role not in list(Role)
        and any(each.role == role for cards in own_cards(work.tx).values() for each in cards)
    ):
        raise StaffError("a store has its own card of this role: take that back first")
    changes.note(work, "role", role, by=by, why=why, was=told(standing), now=told(after), store=_of(scope))
    work.tell(feed.News(key_of(role), None, scope))


def change_staff(work: Work, card: StaffCard, verifier: str | None, *, by: UserId, why: str) -> None:
    """Name somebody or change them. Raises `StaffError` for what is not this person's to give or to take."""
    known = {each.role for each in house_cards(work.tx)}
    strange = [role for role in card.roles if role not in known]
    if strange:
        raise StaffError(f"this house has no role {', '.join(strange)}: its roles are {', '.join(sorted(known))}")
    opened = stores_open(work.tx)
    nowhere = [name for name in card.stores if name not in opened]
    if nowhere:
        raise StaffError(f"there is no store {', '.join(nowhere)}: open it first, or leave it out")
    own, before = mine(work, by), staff.find(work, card.user)
    if Permission.STAFF not in _all(own):
        raise StaffError("people are named by somebody who may name people; ask them")
    for person, said in ((before, f"{card.user} may"), (card, "the roles given would let them")):
        lacks = beyond(own, rights_of(work.tx, person)) if person is not None else ()
        if lacks:
            raise StaffError(f"{said} {'; '.join(lacks)}, which you may not do yourself: ask somebody who may")
    was, now = described(before), described(card)
    if verifier is not None:
        now["password"] = "set anew" if before is not None and staff.verifier_of(work, card.user) else "set"
    changes.note(work, "staff", card.user, by=by, why=why, was=was, now=now)
    staff.put_staff(work, card, verifier)


def must_be_below(work: Work, person: StaffCard, *, by: UserId) -> None:
    """Raises `StaffError` unless this one may name people and everything that `person` may."""
    own = mine(work, by)
    lacks = beyond(own, rights_of(work.tx, person))
    if Permission.STAFF not in _all(own) or lacks:
        raise StaffError(f"{person.name} may {'; '.join(lacks) or 'more'}, which you may not do yourself: ask an admin")


def told(card: RoleCard | None) -> dict[str, str]:
    """A role's card in words, for the history."""
    if card is None:
        return {}
    limits = {
        "discount up to": f"{card.discount_bp_max / 100:g} %", "refund up to": _limit(card.refund_minor_max),
    }  # fmt: skip
    return {"name": card.name, **limits, **{WORDS[each]: "yes" for each in card.permissions}}


def described(person: StaffCard | None) -> dict[str, str]:
    if person is None:
        return {}
    return {
        "name": person.name, "roles": ", ".join(person.roles), "stores": ", ".join(person.stores) or "every store",
        "active": "yes" if person.active else "no",
    }  # fmt: skip


def _limit(minor: int) -> str:
    return "any sum" if minor >= NO_LIMIT_MINOR else str(minor)


def _check_role(work: Work, card: RoleCard, scope: str) -> None:
    if card.role == Role.ADMIN:
        raise StaffError("an admin may everything, always: somebody must be able to mend the rest")
    if not ROLE.fullmatch(card.role):
        raise StaffError("a role's short name is 2 to 31 of a-z, 0-9 and underscore, a letter first")
    if len(card.name) > NAME_CHARACTERS_MAX:
        raise StaffError(f"a role's name has at most {NAME_CHARACTERS_MAX} characters")
    if not 0 <= card.discount_bp_max <= BASIS_POINTS:
        raise StaffError("a discount is 0 to 100 %")
    if not 0 <= card.refund_minor_max <= NO_LIMIT_MINOR:
        raise StaffError("a refund is not below nothing, and not above any sale")
    usual = {each.role for each in house_cards(work.tx)}
    if scope != EVERY_STORE:
        if not work.tx.value(sa.select(store.c.store).where(store.c.store == scope)):
            raise StaffError(f"there is no store {scope!r}")
        if card.role not in usual:
            raise StaffError(f"make the role {card.role!r} for every store first; then a store may have its own card")
    elif card.role not in usual and len(usual) >= ROLES_MAX:
        raise StaffError(f"a house has at most {ROLES_MAX} roles: end one that nobody has")


def _effective(tx: Tx, role: RoleName, scope: str) -> RoleCard | None:
    own: Iterable[RoleCard] = own_cards(tx).get(StoreId(scope), ()) if scope != EVERY_STORE else ()
    cards = {each.role: each for each in roles_here(own, house_cards(tx))}
    return cards.get(role)


def _at(told_: Rights, scope: str) -> Allowed:
    return told_.everywhere if scope == EVERY_STORE else told_.at(StoreId(scope))


def _all(told_: Rights) -> frozenset[Permission]:
    return powers(told_).anywhere


def _of(scope: str) -> str:
    return "" if scope == EVERY_STORE else scope


def stores_open(tx: Tx) -> dict[str, str]:
    """Names by store, for forms that give people and roles their places."""
    return {row["store"]: row["name"] for row in tx.rows(sa.select(store.c.store, store.c.name).order_by(store.c.name))}
