"""Clients for lists, and one of them with everything the house knows: sealed things opened, the rest by id alone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from cloud import aliases
from cloud.aliases import ABSORBED, HOLDS
from cloud.clienteling.identity.merging import Aliases
from cloud.db import Tx
from cloud.people import Keyring, PersonKey
from cloud.pos.clients import desk
from cloud.pos.clients.profile import GROWN, Profile, decode
from cloud.pos.clients.together import together
from cloud.tables import (
    client,
    client_alias,
    client_change,
    client_consent,
    client_look,
    client_visit,
    person_key,
    refund,
    sale,
    sale_line,
    value_account,
)
from cloud.work import Work
from contract.ids import PersonId, StoreId
from trade.consent import Channel, Proof, Said, standing
from trade.sale import SaleState

_PERSONS: Final[sa.BindParameter[str]] = sa.bindparam("persons", expanding=True)
_LIMIT: Final[sa.BindParameter[int]] = sa.bindparam("limit")
# statements that a profile asks are built once: building them anew took longer than all their answers
# each is a round trip to the database, and they are most of the time in which a profile is opened
_SURVIVES: Final = sa.exists().where(client_alias.c.survivor == client.c.person, HOLDS)
_CLIENT: Final = sa.select(
    client.c.store, client.c.owner, client.c.made_us, client.c.changed_us, sa.or_(_SURVIVES, ABSORBED).label("joined")
).where(client.c.person == sa.bindparam("person"))
_CONSENTS: Final = (
    sa.select(client_consent)
    .where(client_consent.c.person.in_(_PERSONS))
    .order_by(client_consent.c.said_us.desc(), client_consent.c.n.desc())
)
# `<> ''` stands there so that the index of sales with a client is used
_NAMED: Final = (sale.c.client.in_(_PERSONS), sale.c.client != "")
_SOLD: Final = (
    sa.select(
        sale.c.store, sale.c.sale, sale.c.business_day, sale.c.receipt_number, sale.c.associate, sale.c.currency,
        sale.c.total_minor, sale.c.recorded_us, sale.c.state,
    )
    .where(*_NAMED)
    .order_by(sale.c.recorded_us.desc())
    .limit(_LIMIT)
).subquery("sold")  # fmt: skip
# by store and sale, as the key of lines begins: by the sale alone all lines of the house would be gone through
_ITS_LINES: Final = sa.and_(sale_line.c.store == _SOLD.c.store, sale_line.c.sale == _SOLD.c.sale)
_SALES: Final = (
    sa.select(_SOLD, sale_line.c.description)
    .join_from(_SOLD, sale_line, _ITS_LINES, isouter=True)
    .order_by(_SOLD.c.recorded_us.desc(), _SOLD.c.store, _SOLD.c.sale, sale_line.c.line)
)
_RETURNS: Final = (
    sa.select(
        refund.c.store, refund.c.sale, refund.c.till, refund.c.receipt_number, refund.c.business_day, refund.c.currency,
        refund.c.total_minor, refund.c.recorded_us,
    )
    .where(refund.c.sale.in_(sa.select(sale.c.sale).where(*_NAMED)))
    .order_by(refund.c.recorded_us.desc())
    .limit(_LIMIT)
)  # fmt: skip
_ACCOUNTS: Final = (
    sa.select(
        value_account.c.account, value_account.c.kind, value_account.c.label, value_account.c.currency,
        value_account.c.issued_minor, value_account.c.spent_minor, value_account.c.opened_us,
    )
    .where(value_account.c.client.in_(_PERSONS))
    .order_by(value_account.c.opened_us.desc())
    .limit(_LIMIT)
)  # fmt: skip
_VISITS: Final = (
    sa.select(client_visit, person_key.c.wrapped, person_key.c.key_id)
    .join(person_key, person_key.c.person == client_visit.c.person)
    .where(client_visit.c.person.in_(_PERSONS))
    .order_by(client_visit.c.at_us.desc())
    .limit(_LIMIT)
)


@dataclass(frozen=True, slots=True)
class ClientRow:
    """One line of a list. `reach`: an address or number, to tell two of one name apart."""

    person: str
    name: str
    reach: str
    language: str
    store: str
    owner: str
    changed_us: int


@dataclass(frozen=True, slots=True)
class SaleSeen:
    """`state`: quarantined while it is in doubt. They bought and paid, so it is shown; no sum counts it meanwhile."""

    store: str
    sale: str
    business_day: str
    receipt_number: int
    associate: str
    currency: str
    total_minor: int
    at_us: int
    what: list[str]
    state: str

    @property
    def in_doubt(self) -> bool:
        return self.state == SaleState.QUARANTINED


@dataclass(frozen=True, slots=True)
class ReturnSeen:
    store: str
    sale: str
    receipt: str
    receipt_number: int
    business_day: str
    currency: str
    total_minor: int
    at_us: int


@dataclass(frozen=True, slots=True)
class AccountSeen:
    account: str
    kind: str
    label: str
    currency: str
    balance_minor: int
    opened_us: int


@dataclass(frozen=True, slots=True)
class VisitSeen:
    visit: str
    store: str
    by: str
    at_us: int
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """`was` and `now` as they are in JSON."""

    at_us: int
    by: str
    field: str
    was: Any
    now: Any
    why: str


@dataclass(frozen=True, slots=True)
class LookSeen:
    at_us: int
    by: str
    how: str


@dataclass(frozen=True, slots=True)
class SizeSeen:
    """`told`: what it is called, by system (eu, us, uk, jp, ch)."""

    finger: str
    circumference_um: int
    source: str
    day: str
    told: dict[str, str]


@dataclass(frozen=True, slots=True)
class MergeSeen:
    """An id that was joined to this client; `name` as it was kept of that id."""

    merge: str
    survivor: str
    absorbed: str
    name: str
    by: str
    at_us: int


@dataclass(frozen=True, slots=True)
class ClientDetail:
    """`consents` are all words, newest said first; `reach` says of each channel with a word which one holds."""

    person: str
    store: str
    owner: str
    made_us: int
    changed_us: int
    profile: Profile
    sizes: list[SizeSeen]
    reach: dict[str, bool]
    consents: list[Said]
    sales: list[SaleSeen]
    returns: list[ReturnSeen]
    accounts: list[AccountSeen]
    visits: list[VisitSeen]
    merges: list[MergeSeen]
    own: dict[str, int]
    """How many entries of each list are of this id itself; those behind them are of ids that were joined to it."""

    @property
    def is_prospect(self) -> bool:
        """Known, and has bought nothing yet."""
        return not self.sales


def book(
    tx: Tx, ring: Keyring, *, owner: str = "", store: str = "", after_us: int = 0, limit: int = 50
) -> list[ClientRow]:
    """A client book, or a store's, or the house's; newest changed first. `after_us`: those changed before then."""
    query = sealed_rows().where(~ABSORBED).order_by(client.c.changed_us.desc(), client.c.person).limit(limit)
    for column, wanted in ((client.c.owner, owner), (client.c.store, store)):
        if wanted:
            query = query.where(column == wanted)
    if after_us:
        query = query.where(client.c.changed_us < after_us)
    return [row for row, _ in opened(ring, tx.rows(query))]


def sealed_rows() -> "sa.Select[Any]":
    """Clients with their wrapped keys; not those who were erased."""
    query = sa.select(client, person_key.c.wrapped, person_key.c.key_id)
    return query.join(person_key, person_key.c.person == client.c.person).where(client.c.erased_us == 0)


def opened(ring: Keyring, rows: Sequence[sa.RowMapping]) -> list[tuple[ClientRow, Profile]]:
    """Rows of `client` with their wrapped keys, opened."""
    found = []
    for row in rows:
        person = PersonId(row["person"])
        profile = decode(ring.unwrap(row).open(desk.PROFILE, bytes(row["sealed"])))
        reach = next(iter((*profile.phones, *profile.emails)), "")
        told = ClientRow(
            person, profile.name, reach, profile.language, row["store"], row["owner"], row["changed_us"]
        )  # fmt: skip
        found.append((told, profile))
    return found


def detail(work: Work, ring: Keyring, person: PersonId, profile: Profile, *, limit: int = 100) -> ClientDetail:
    """Everything of a client whose profile was opened (`desk.look`), of all ids that are this person."""
    tx = work.tx
    (row,) = tx.rows(_CLIENT, {"person": person})
    known = aliases.around(tx, [person]) if row["joined"] else Aliases()
    ids = [person, *(PersonId(each) for each in known.ids(person) if each != person)]
    others = profiles_of(tx, ring, ids[1:])
    words, sold = consents(tx, *ids), sales_of(tx, ids, limit)
    whole = together(profile, [others[each] for each in ids[1:] if each in others])
    return ClientDetail(
        person=person, store=row["store"], owner=row["owner"], made_us=row["made_us"], changed_us=row["changed_us"],
        profile=whole, consents=words, sales=sold,
        reach={channel: said.given for channel, said in standing(words).items()},
        sizes=[SizeSeen(s.finger, s.circumference_um, s.source, s.day, s.told()) for s in whole.sizes],
        returns=returns_of(tx, ids, limit) if sold else [], accounts=_accounts(tx, ids, limit),
        visits=_visits(tx, ring, ids, limit), merges=_merges(tx, known, others),
        own={name: len(getattr(profile, name)) for name in GROWN},
    )  # fmt: skip


def profiles_of(tx: Tx, ring: Keyring, persons: Sequence[str]) -> dict[str, Profile]:
    if not persons:
        return {}
    rows = tx.rows(sealed_rows().where(client.c.person.in_(persons)))
    return {row.person: profile for row, profile in opened(ring, rows)}


def _merges(tx: Tx, known: Aliases, others: dict[str, Profile]) -> list[MergeSeen]:
    names = [merge.id for merge in known.merges]
    if not names:
        return []
    rows = tx.rows(sa.select(client_alias).where(client_alias.c.merge.in_(names)).order_by(client_alias.c.at_us))
    return [
        MergeSeen(
            row["merge"], row["survivor"], row["absorbed"],
            others[row["absorbed"]].name if row["absorbed"] in others else "", row["by"], row["at_us"],
        )
        for row in rows
    ]  # fmt: skip


def consents(tx: Tx, *persons: PersonId) -> list[Said]:
    return [
        Said(
            Channel(row["channel"]), bool(row["given"]), row["said_us"], row["by"], Proof(row["proof"]),
            row["text_version"],
        )
        for row in tx.rows(_CONSENTS, {"persons": persons})
    ]  # fmt: skip


def changes(tx: Tx, ring: Keyring, person: PersonId, *, limit: int = 100) -> list[Change]:
    """Newest first. Raises `SealedError`."""
    key = ring.person(tx, person)
    if key is None:
        return []
    query = sa.select(client_change).where(client_change.c.person == person).order_by(client_change.c.n.desc())
    return [_change(key, row) for row in tx.rows(query.limit(limit))]


def looks(tx: Tx, person: PersonId, *, limit: int = 100) -> list[LookSeen]:
    """Who opened this profile, newest first."""
    query = sa.select(client_look).where(client_look.c.person == person).order_by(client_look.c.n.desc())
    return [LookSeen(row["at_us"], row["by"], row["how"]) for row in tx.rows(query.limit(limit))]


def _change(key: PersonKey, row: sa.RowMapping) -> Change:
    told = json.loads(key.open(f"{desk.CHANGE}:{row['field']}:{row['at_us']}", bytes(row["sealed"])))
    return Change(row["at_us"], row["by"], row["field"], told["was"], told["now"], told["why"])


def sales_of(tx: Tx, persons: Sequence[PersonId], limit: int) -> list[SaleSeen]:
    """Newest first, each with what its lines say."""
    found: dict[tuple[str, str], SaleSeen] = {}
    for row in tx.rows(_SALES, {"persons": persons, "limit": limit}):
        name = (row["store"], row["sale"])
        if name not in found:
            found[name] = SaleSeen(
                *name, row["business_day"], row["receipt_number"], row["associate"], row["currency"],
                row["total_minor"], row["recorded_us"], [], row["state"],
            )  # fmt: skip
        if row["description"] is not None:
            found[name].what.append(row["description"])
    return list(found.values())


def returns_of(tx: Tx, persons: Sequence[PersonId], limit: int) -> list[ReturnSeen]:
    return [
        ReturnSeen(
            row["store"],
            row["sale"],
            f"{row['sale']}:{row['till']}:{row['receipt_number']}",
            row["receipt_number"],
            row["business_day"],
            row["currency"],
            row["total_minor"],
            row["recorded_us"],
        )
        for row in tx.rows(_RETURNS, {"persons": persons, "limit": limit})
    ]


def _accounts(tx: Tx, persons: Sequence[PersonId], limit: int) -> list[AccountSeen]:
    return [
        AccountSeen(
            row["account"], row["kind"], row["label"], row["currency"], row["issued_minor"] - row["spent_minor"],
            row["opened_us"],
        )
        for row in tx.rows(_ACCOUNTS, {"persons": persons, "limit": limit})
    ]  # fmt: skip


def _visits(tx: Tx, ring: Keyring, persons: Sequence[PersonId], limit: int) -> list[VisitSeen]:
    rows = tx.rows(_VISITS, {"persons": persons, "limit": limit})
    keys = {row["person"]: ring.unwrap(row) for row in {row["person"]: row for row in rows}.values()}
    return [
        VisitSeen(
            row["visit"], StoreId(row["store"]), row["by"], row["at_us"],
            keys[row["person"]].open(f"{desk.VISIT}:{row['visit']}", bytes(row["sealed"])).decode(),
        )
        for row in rows
    ]  # fmt: skip
