"""The clients a store's box may keep: its own of the last 24 months, each card sealed and its key wrapped for that box.

A store's own are those kept from it, who bought there, came there and bought nothing, or have an order there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from cloud import aliases
from cloud.aliases import ABSORBED
from cloud.people import Keyring
from cloud.pos.clients import absorbing, desk, queries, seeking
from cloud.pos.clients.apply import WAITING
from cloud.pos.clients.profile import Pin, Profile
from cloud.pos.clients.together import together
from cloud.tables import client, client_alias, client_consent, client_heard, client_order, client_visit, sale, sale_line
from cloud.work import Work
from contract import clients as wire
from contract.clients import (
    ClientCard,
    ClientsAsked,
    ClientsFound,
    ClientStanding,
    SealedClient,
    SliceAsked,
    SlicePage,
)
from contract.ids import PersonId, StoreId, UserId
from trade.consent import Channel, Proof, Said, standing
from trade.sale import SaleState
from web.sealed import from_text, seal, to_text, wrap

DAY_US: Final = 86_400_000_000
NOTES_SHOWN, BOUGHT_SHOWN = 20, 20
"""The newest of a client that a store needs."""
GONE_MAX: Final = 500
HOW: Final = "till"


@dataclass(frozen=True, slots=True)
class Whose:
    """A client by all their ids, the one they are known by first, and what is pinned of them."""

    ids: tuple[str, ...]
    pins: tuple[Pin, ...]


Standings = Callable[[Sequence[Whose]], list[ClientStanding]]
"""What clients are to the house, in their order."""
Told = Callable[[sa.FromClause, StoreId, int], "sa.ColumnElement[bool]"]
"""Whether it holds of a row of `client`, for a store and a moment."""


def no_standings(whose: Sequence[Whose]) -> list[ClientStanding]:
    return [ClientStanding()] * len(whose)


@dataclass(frozen=True, slots=True)
class _For:
    """Whom cards are made for."""

    store: StoreId
    box_key: str
    standings: Standings


def page(
    work: Work, ring: Keyring, store: StoreId, asked: SliceAsked, standings: Standings = no_standings
) -> SlicePage:
    """One page, changed first to last. Raises `SealedError`, `SealBrokenError`."""
    absorbing.absorb(work, ring)
    tx = work.tx
    mine = _mine(store, work.now_us)
    least_us = asked.least_us or _least_us(work, mine)
    after = sa.or_(
        client.c.changed_us > asked.after_us,
        sa.and_(client.c.changed_us == asked.after_us, client.c.person > asked.after),
    )
    order = (client.c.changed_us, client.c.person)
    query = queries.sealed_rows().where(mine, after, client.c.changed_us >= least_us).order_by(*order)
    rows = tx.rows(query.limit(wire.SLICE_ROWS_PER_PAGE_MAX + 1))
    more = len(rows) > wire.SLICE_ROWS_PER_PAGE_MAX
    kept = rows[: wire.SLICE_ROWS_PER_PAGE_MAX]
    known = [row for row in kept if row["changed_us"] <= asked.cards_after_us]
    changed = [row for row in kept if row["changed_us"] > asked.cards_after_us]
    away = sa.select(client.c.person).where(after, client.c.erased_us != 0)  # who is absorbed: with the card of both
    gone = tx.rows(away.order_by(client.c.changed_us.desc()).limit(GONE_MAX)) if asked.after_us else ()
    return SlicePage(
        clients=(
            *(SealedClient(person=PersonId(row["person"]), changed_us=row["changed_us"]) for row in known),
            *_sealed(work, ring, _For(store, asked.box_key, standings), changed),
        ),
        gone=tuple(PersonId(row["person"]) for row in gone),
        upto_us=kept[-1]["changed_us"] if kept else asked.after_us,
        upto=kept[-1]["person"] if kept else asked.after, least_us=least_us, more=more,
    )  # fmt: skip


def search(
    work: Work, ring: Keyring, store: StoreId, asked: ClientsAsked, standings: Standings = no_standings
) -> ClientsFound:
    """What a till looks for in the whole house; that it did is kept here. Raises `SealedError`, `SealBrokenError`."""
    by = UserId(asked.by)
    if asked.person:
        head = aliases.heads(work.tx, [asked.person])[asked.person]
        absorbing.absorb(work, ring, head)
        desk.look(work, ring, head, by=by, how=f"{HOW} {store}")
        names, more = [str(head)], False
    else:
        absorbing.absorb(work, ring)
        found = seeking.find(work.tx, ring, asked.query)
        desk.looked(work, by=by, how=f"{HOW} search {store}", found=len(found.rows))
        names, more = [row.person for row in found.rows], found.more
    rows = {row["person"]: row for row in work.tx.rows(queries.sealed_rows().where(client.c.person.in_(names)))}
    ordered = [rows[name] for name in names if name in rows]
    return ClientsFound(clients=tuple(_sealed(work, ring, _For(store, asked.box_key, standings), ordered)), more=more)


def _mine(store: StoreId, now_us: int) -> "sa.ColumnElement[bool]":
    """A client of this store, lately anybody's: each is asked of all ids that somebody stands for, one by one."""
    here, lately = (
        sa.or_(told(client, store, now_us), client.c.person.in_(_above(told, name, store, now_us)))
        for name, told in (("own", _its_own), ("late", _lately))
    )
    return sa.and_(client.c.erased_us == 0, ~ABSORBED, here, lately)


def _above(told: Told, name: str, store: StoreId, now_us: int) -> "sa.Select[Any]":
    """Who stands for an id of which this holds, and for whom that one does."""
    below = client.alias("below")
    first = sa.select(client_alias.c.survivor).join(below, below.c.person == client_alias.c.absorbed)
    joined = first.where(aliases.HOLDS, told(below, store, now_us)).cte(name, recursive=True)
    above = sa.select(client_alias.c.survivor).join(joined, joined.c.survivor == client_alias.c.absorbed)
    return sa.select(joined.union(above.where(aliases.HOLDS)).c.survivor)


def _its_own(of: "sa.FromClause", store: StoreId, now_us: int) -> "sa.ColumnElement[bool]":
    del now_us
    bought = sa.exists().where(sale.c.client == of.c.person, sale.c.client != "", sale.c.store == store)
    came = sa.exists().where(client_visit.c.person == of.c.person, client_visit.c.store == store)
    return sa.or_(of.c.store == store, bought, came, _ordered(of, store))


def _lately(of: "sa.FromClause", store: StoreId, now_us: int) -> "sa.ColumnElement[bool]":
    since_us = now_us - wire.SLICE_DAYS * DAY_US
    return sa.or_(
        of.c.changed_us >= since_us,
        sa.exists().where(sale.c.client == of.c.person, sale.c.client != "", sale.c.recorded_us >= since_us),
        sa.exists().where(client_visit.c.person == of.c.person, client_visit.c.at_us >= since_us),
        _ordered(of, store),
    )


def _ordered(of: "sa.FromClause", store: StoreId) -> "sa.ColumnElement[bool]":
    open_here = client_order.c.store == store, client_order.c.ended == 0
    return sa.exists().where(client_order.c.client == of.c.person, *open_here)


def _least_us(work: Work, mine: "sa.ColumnElement[bool]") -> int:
    """Above the bound the newest are kept: those changed since this moment."""
    query = sa.select(client.c.changed_us).where(mine).order_by(client.c.changed_us.desc())
    return int(work.tx.value(query.offset(wire.SLICE_MAX - 1).limit(1)) or 0)


def _sealed(work: Work, ring: Keyring, whom: _For, rows: Sequence[sa.RowMapping]) -> list[SealedClient]:
    if not rows:
        return []
    box, chance = from_text(whom.box_key), ring.chance
    found = []
    for row, card in zip(rows, _cards(work, ring, whom, rows), strict=True):
        key = ring.bare(row)
        found.append(
            SealedClient(
                person=card.person, key=to_text(wrap(key, card.person, box, chance)), changed_us=row["changed_us"],
                card=to_text(seal(key, card.person, wire.CARD, wire.encode(card), chance)),
            )
        )  # fmt: skip
    return found


def _cards(work: Work, ring: Keyring, whom: _For, rows: Sequence[sa.RowMapping]) -> list[ClientCard]:
    ids = _ids(work, [row["person"] for row in rows])
    every = sorted({each for some in ids.values() for each in some})
    others = {row.person: profile for row, profile in queries.opened(ring, _rows(work, sorted({*every} - {*ids})))}
    consents, bought, heard = _consents(work, every), _bought(work, every), _heard(work, whom.store, every)
    wholes = []
    for row, (_, profile) in zip(rows, queries.opened(ring, rows), strict=True):
        joined = [others[each] for each in ids[row["person"]][1:] if each in others]
        wholes.append((together(profile, joined), joined))
    whose = [Whose(ids[row["person"]], whole.pins) for row, (whole, _) in zip(rows, wholes, strict=True)]
    found = []
    for each, (whole, joined), stands in zip(whose, wholes, whom.standings(whose), strict=True):
        said = standing(word for one in each.ids for word in consents.get(one, ()))
        latest = sorted((some for one in each.ids for some in bought.get(one, ())), key=lambda b: b.day, reverse=True)
        card = ClientCard(
            **_told(whole), also_called=_called(whole, joined), person=PersonId(each.ids[0]),
            others=tuple(PersonId(one) for one in each.ids[1:]),
            consents=tuple(wire.ClientConsent(channel=c, given=s.given, said_us=s.said_us) for c, s in said.items()),
            bought=tuple(latest[:BOUGHT_SHOWN]), standing=stands,
            heard_us=max((heard.get(one, 0) for one in each.ids), default=0),
        )  # fmt: skip
        found.append(card)
    return found


def _called(whole: Profile, joined: Sequence[Profile]) -> str:
    """Under whatever name they were kept before."""
    names = (whole.also_called, *(each.name for each in joined if each.name != whole.name))
    return ", ".join(dict.fromkeys(name for name in names if name))


def _told(whole: Profile) -> dict[str, Any]:
    texts = ("salutation", "given_name", "family_name", "emails", "phones", "language")
    return {
        **{name: getattr(whole, name) for name in texts},
        "sizes": tuple(
            wire.ClientSize(finger=s.finger, circumference_um=s.circumference_um, source=s.source, day=s.day)
            for s in whole.sizes
        ),
        "likes": tuple(wire.ClientLike(about=pin.about, text=pin.text) for pin in whole.pins),
        "notes": tuple(wire.ClientNote(text=n.text, by=n.by, at_us=n.at_us) for n in whole.notes[-NOTES_SHOWN:]),
        "wishes": tuple(wire.ClientWish(text=wish.text, piece=wish.piece) for wish in whole.wishes),
    }  # fmt: skip


def _ids(work: Work, names: list[str]) -> dict[str, tuple[str, ...]]:
    known = aliases.around(work.tx, names)
    return {name: known.ids(name) for name in names}


def _rows(work: Work, names: list[str]) -> Sequence[sa.RowMapping]:
    return work.tx.rows(queries.sealed_rows().where(client.c.person.in_(names))) if names else ()


def _consents(work: Work, names: list[str]) -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = {}
    for row in work.tx.rows(sa.select(client_consent).where(client_consent.c.person.in_(names))):
        said = Said(
            Channel(row["channel"]), bool(row["given"]), row["said_us"], row["by"], Proof(row["proof"]),
            row["text_version"],
        )  # fmt: skip
        found.setdefault(row["person"], []).append(said)
    return found


def _bought(work: Work, names: list[str]) -> dict[str, list[wire.ClientBought]]:
    lines = sa.select(sale.c.client, sale.c.business_day, sale_line.c.description, sale_line.c.piece, sale.c.state)
    here = sa.and_(sale.c.store == sale_line.c.store, sale.c.sale == sale_line.c.sale)
    query = lines.join(sale_line, here).where(sale.c.client.in_(names), sale.c.client != "")
    found: dict[str, list[wire.ClientBought]] = {}
    for row in work.tx.rows(query):
        told = wire.ClientBought(
            day=row["business_day"], what=row["description"], piece=row["piece"],
            in_doubt=row["state"] == SaleState.QUARANTINED,
        )  # fmt: skip
        found.setdefault(row["client"], []).append(told)
    return found


def _heard(work: Work, store: StoreId, names: list[str]) -> dict[str, int]:
    """How far what this store wrote of each is in its profile."""
    mine = client_heard.c.person.in_(names), client_heard.c.store == store, client_heard.c.state != WAITING
    query = sa.select(client_heard.c.person, sa.func.max(client_heard.c.at_us).label("upto")).where(*mine)
    return {row["person"]: int(row["upto"]) for row in work.tx.rows(query.group_by(client_heard.c.person))}


def take_keys(work: Work, ring: Keyring, told: wire.PersonKeys) -> wire.PersonKeysTaken:
    """Keys of people that a store kept first; what waits of them is taken. Raises `SealBrokenError`."""
    taken = []
    for each in told.keys:
        key = from_text(each.key)
        erased_us = work.tx.value(sa.select(client.c.erased_us).where(client.c.person == each.person))
        if not erased_us:
            ring.take(work.tx, each.person, key, now_us=work.now_us)
            absorbing.absorb(work, ring, each.person, key=key)
        if erased_us or ring.bare_of(work.tx, each.person) == key:
            taken.append(each.person)  # else the box brings it again, until it has the office's key with the card
    return wire.PersonKeysTaken(persons=tuple(taken))
