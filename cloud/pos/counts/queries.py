"""Counts, newest first, with their verdicts, totals and looks; and scheduled ones that did not begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import count_look, count_missed, count_verdict, piece, stock_count, zone_name
from contract.facts import CountTag, CountTotal, ZoneQuantity
from contract.ids import ZoneId
from trade import stocktake

MISSED_SHOWN_MAX: Final = 5
Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class CountRow:
    store: str
    count_id: str
    place: str
    state: str
    requested_by: str
    approved_by: str
    rounds: int
    expected: int
    found: int
    p_complete: float
    unread_expected: float
    why_stopped: str
    value_minor: int
    weight_mg: int
    currency: str
    unknown_tags: int
    business_day: str
    changed_us: int
    counted_by: str
    """People who took part, a space between them; empty when the house counted by the clock."""
    why: str
    """The schedule that asked for it; empty when a person did."""
    due_us: int
    blind: int
    """1: who counted was shown no figure before theirs were in (`submitted`)."""
    submitted: int
    number: int
    """Of the newest look; 1 = never counted again."""
    took_s: float
    unknown_more: float
    to_look_for: int = 0
    """Pieces somebody has to look for: missing, or to be checked by hand."""
    p_complete_by_hand: float | None = None
    """`p_complete` once those to be checked by hand have been found so; None when there are none."""


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What was not simply found; pieces that the readers found are not listed by the store."""

    piece: str
    title: str
    verdict: str
    zone: str
    p_present: float
    note: str
    at_us: int
    rounds: int
    by: str
    """Who answered for it by hand; empty where the count says so itself."""


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag that is no one piece's: unknown to the house, or with another tag's EPC."""

    epc: str
    verdict: str
    zone: str
    rounds: int
    note: str


@dataclass(frozen=True, slots=True)
class TotalRow:
    """Quantity, weight and value of one tray; of a whole zone where `tray` is None. The difference is what is left."""

    zone: str
    tray: str | None
    counted: int | None
    """What a person counted blind, of a whole zone."""
    expected: int
    found: int
    explained: int
    expected_mg: int
    found_mg: int
    explained_mg: int
    expected_minor: int
    found_minor: int
    explained_minor: int


@dataclass(frozen=True, slots=True)
class LookRow:
    """One look as it ended. `zones` is empty for all of the count's."""

    number: int
    zones: list[str]
    rounds: int
    expected: int
    found: int
    p_complete: float
    why_stopped: str
    ended_us: int


@dataclass(frozen=True, slots=True)
class MissedRow:
    """A scheduled count that did not begin; `more` earlier ones for the same reason."""

    store: str
    schedule: str
    place: str
    due_us: int
    why: str
    more: int


@dataclass(frozen=True, slots=True)
class CountDetail:
    row: CountRow
    zones: list[str]
    verdicts: list[VerdictRow]
    tags: list[TagRow]
    totals: list[TotalRow]
    """Each zone, and after it its trays where it has any."""
    looks: list[LookRow]
    """The first one first."""
    zone_names: dict[str, str]
    """Zones as the store calls them, as far as it has told."""


def rows_of(tx: Tx, found: Sequence[sa.RowMapping]) -> list[CountRow]:
    """With what their verdicts ask of people."""
    key = sa.tuple_(count_verdict.c.store, count_verdict.c.count_id)
    judged: dict[tuple[str, str], list[stocktake.Judged]] = {}
    for each in tx.rows(sa.select(count_verdict).where(key.in_([(row["store"], row["count_id"]) for row in found]))):
        judged.setdefault((each["store"], each["count_id"]), []).append((each["verdict"], each["p_present"]))
    rows = []
    for row in found:
        mine = judged.get((row["store"], row["count_id"]), [])
        told = {name: row[name] for name in CountRow.__dataclass_fields__ if name in row}
        look, by_hand = stocktake.to_look_for(mine), stocktake.p_complete_by_hand(mine)
        rows.append(CountRow(**told, to_look_for=look, p_complete_by_hand=by_hand))
    return rows


def listing(tx: Tx, *, store: str = "", state: str = "", limit: int = 50) -> list[CountRow]:
    query = sa.select(stock_count).order_by(stock_count.c.changed_us.desc(), stock_count.c.count_id).limit(limit)
    if store:
        query = query.where(stock_count.c.store == store)
    if state:
        query = query.where(stock_count.c.state == state)
    return rows_of(tx, tx.rows(query))


def missed(tx: Tx, *, store: str = "", limit: int = MISSED_SHOWN_MAX) -> list[MissedRow]:
    """Scheduled counts that did not begin, newest first."""
    query = sa.select(count_missed).order_by(count_missed.c.due_us.desc(), count_missed.c.store).limit(limit)
    if store:
        query = query.where(count_missed.c.store == store)
    told = tuple(MissedRow.__dataclass_fields__)
    return [MissedRow(**{name: row[name] for name in told}) for row in tx.rows(query)]


def detail(tx: Tx, store: str, count: str) -> CountDetail | None:
    row = tx.row(sa.select(stock_count).where(stock_count.c.store == store, stock_count.c.count_id == count))
    if row is None:
        return None
    verdicts = (
        sa.select(count_verdict, sa.func.coalesce(piece.c.title, "").label("title"))
        .outerjoin(piece, piece.c.piece == count_verdict.c.piece)
        .where(count_verdict.c.store == store, count_verdict.c.count_id == count)
        .order_by(count_verdict.c.verdict, count_verdict.c.piece)
    )
    told = tuple(VerdictRow.__dataclass_fields__)
    mine = (count_look.c.store == store, count_look.c.count_id == count)
    called = sa.select(zone_name).where(zone_name.c.store == store)
    looks = tx.rows(sa.select(count_look).where(*mine).order_by(count_look.c.number))
    return CountDetail(
        row=rows_of(tx, [row])[0],
        zones=row["zones"].split(),
        verdicts=[VerdictRow(**{name: each[name] for name in told}) for each in tx.rows(verdicts)],
        tags=[TagRow(**msgspec.structs.asdict(tag)) for tag in _kept(row["tags"], CountTag)],
        totals=_totals(_kept(row["totals"], CountTotal), _kept(row["quantities"], ZoneQuantity)),
        looks=[_look(look) for look in looks],
        zone_names={each["zone"]: each["name"] for each in tx.rows(called)},
    )


def _kept(text: str, kind: type[Told]) -> list[Told]:
    """What `apply` wrote; nothing of counts of an earlier version."""
    return msgspec.json.decode(text, type=list[kind]) if text else []  # type: ignore[valid-type]


def _look(row: sa.RowMapping) -> LookRow:
    told = {name: row[name] for name in LookRow.__dataclass_fields__}
    return LookRow(**{**told, "zones": str(row["zones"]).split()})


def _totals(trays: list[CountTotal], quantities: list[ZoneQuantity]) -> list[TotalRow]:
    counted = {each.zone: each.quantity for each in quantities}
    rows = []
    for zone in dict.fromkeys([*(each.zone for each in trays), *counted]):
        mine = [each for each in trays if each.zone == zone]
        rows.append(_total(zone, None, counted.get(zone), mine))
        if any(each.tray for each in mine):
            rows += [_total(zone, each.tray, None, [each]) for each in mine]
    return rows


def _total(zone: ZoneId, tray: str | None, counted: int | None, parts: list[CountTotal]) -> TotalRow:
    """Parts added up."""
    names = [name for name in TotalRow.__dataclass_fields__ if name not in ("zone", "tray", "counted")]
    sums = {name: sum(getattr(each, name) for each in parts) for name in names}
    return TotalRow(zone=zone, tray=tray, counted=counted, **sums)
