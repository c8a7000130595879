"""What may be asked of the history, and how DuckDB is asked it. Functions of a cursor and the files that may answer."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from contract.ids import PieceId, ZoneId
from edge.history.rates import HOUR_US, Counted, Rate
from edge.history.runs import Run
from edge.history.stays import STILL_US, Stay


class By(StrEnum):
    """What dwell is summed by."""

    ZONE = "zone"
    TRAY = "tray"
    HOUR = "hour"
    PIECE = "piece"


class Dwell(NamedTuple):
    """Piece-seconds in one zone. `key` is the zone, the tray or the piece; of `HOUR` the UTC hour since 1970."""

    key: str
    zone: ZoneId
    seconds: float
    stays: int


class Lay(NamedTuple):
    """A piece lay in a zone at some moment; the more rounds its stay had, the surer that it was this one."""

    piece: PieceId
    zone: ZoneId
    rounds: int


CUT: Final = """
SELECT {keys}, nth,
    sum(least(to_us, (nth + 1) * {size}) - greatest(from_us, nth * {size})) / 1e6 AS seconds,
    sum(CASE WHEN nth = from_us // {size} THEN 1 ELSE 0 END)::BIGINT AS stays
FROM (SELECT {keys}, from_us, to_us, unnest(generate_series(from_us // {size}, to_us // {size})) AS nth FROM {stays})
GROUP BY ALL"""
"""Stays cut at the hours, or days, since 1970 and summed: the totals."""


STAYS_OF: Final = """
SELECT piece, zone, from_us, to_us, rounds, reader, antenna FROM {files}
WHERE piece = $piece ORDER BY from_us, zone"""
"""All of a piece that the files have: a bound on its times made DuckDB compare those of every other piece as well."""

LAY: Final = """
SELECT piece, arg_max(zone, rounds), max(rounds)::BIGINT FROM {files}
WHERE from_us <= $at_us AND to_us >= $since_us GROUP BY piece"""

LONGEST: Final = """
SELECT piece, zone, sum(least(to_us, $to_us) - greatest(from_us, $from_us)) / 1e6 AS seconds, count(*)
FROM {files} WHERE to_us >= $from_us AND from_us <= $to_us AND ($zone IS NULL OR zone = $zone)
GROUP BY ALL ORDER BY seconds DESC, piece LIMIT $most"""

SUMMED: Final = """
SELECT {key}::VARCHAR AS key, zone, sum(seconds) AS seconds, sum(stays)::BIGINT FROM ({parts})
WHERE nth >= $first AND nth < $last AND ($zone IS NULL OR zone = $zone) GROUP BY ALL ORDER BY key, zone"""

RATES: Final = """
SELECT hour, reader, antenna, zone, sum(reads)::BIGINT, sum(rounds)::BIGINT FROM {files}
WHERE hour >= $first AND hour < $last AND ($zone IS NULL OR zone = $zone)
GROUP BY ALL ORDER BY zone, reader, antenna, hour"""

WHOLE: Final = "SELECT bit_xor(hash(COLUMNS(*))) FROM {files}"

COUNTED: Final = """
SELECT max(at_us), believed, counted, source, sum(pieces)::BIGINT FROM {files}
WHERE at_us BETWEEN $from_us AND $to_us GROUP BY ALL ORDER BY believed, counted, source"""

DAY_US: Final = 24 * HOUR_US
PIECES_MAX: Final = 1000
"""Of the pieces that lay somewhere longest."""


class Span(NamedTuple):
    """From and to, UTC µs, and one zone or every one."""

    from_us: int
    to_us: int
    zone: ZoneId | None = None

    def whole(self, size_us: int) -> dict[str, object]:
        """As totals and rates are asked: whole hours, or days."""
        return {"first": self.from_us // size_us, "last": -(-self.to_us // size_us), "zone": self.zone}


def files(runs: Sequence[Run]) -> str:
    """Files as a table of a query. Their names are ours: digits, and the folder of the configuration."""
    names = ", ".join("'" + str(run.path).replace("'", "''") + "'" for run in runs)
    return f"read_parquet([{names}])"


def read_whole(duck: Any, run: Run) -> None:
    """Every value of a file. DuckDB raises what it raises where it is damaged."""
    duck.sql(WHOLE.format(files=files([run]))).fetchall()


def rows_of(duck: Any, runs: Sequence[Run], piece: PieceId, from_us: int, to_us: int) -> list[Stay]:
    """Stays of one piece that touch a span, oldest first."""
    if not runs:
        return []
    found = duck.sql(STAYS_OF.format(files=files(runs)), params={"piece": piece}).fetchall()
    return [stay for stay in (Stay(*row) for row in found) if stay.to_us >= from_us and stay.from_us <= to_us]


def lay_at(duck: Any, runs: Sequence[Run], at_us: int) -> list[Lay]:
    """Where each piece lay at a moment: the zone that read it in most rounds."""
    if not runs:
        return []
    asked = {"at_us": at_us, "since_us": at_us - STILL_US}
    return [Lay(*row) for row in duck.sql(LAY.format(files=files(runs)), params=asked).fetchall()]


def last_seen(duck: Any, runs: Sequence[Run], piece: PieceId) -> Stay | None:
    """Newest files first, the first hit is it."""
    for run in reversed(runs):
        found = rows_of(duck, [run], piece, 0, run.to_us)
        if found:
            return max(found, key=lambda stay: stay.to_us)
    return None


def dwell_by_piece(duck: Any, runs: Sequence[Run], span: Span) -> list[Dwell]:
    """The pieces that lay there longest, from the stays themselves; at most `PIECES_MAX`."""
    if not runs:
        return []
    asked = {**span._asdict(), "most": PIECES_MAX}
    return [Dwell(*row) for row in duck.sql(LONGEST.format(files=files(runs)), params=asked).fetchall()]


def summed(runs: Sequence[Run], by: By) -> str:
    """The query that makes totals of stays: by zone and hour, or by tray and day."""
    trays = by is By.TRAY
    return CUT.format(keys="zone, tray" if trays else "zone", size=DAY_US if trays else HOUR_US, stays=files(runs))


def dwell(duck: Any, totals: Sequence[Run], young: Sequence[Run], span: Span, by: By) -> list[Dwell]:
    """From the totals, and from the stays of days that are not summed up yet."""
    trays = by is By.TRAY
    parts = [f"FROM {files(totals)} SELECT {'zone, tray' if trays else 'zone'}, nth, seconds, stays"] if totals else []
    parts += [summed(young, by)] if young else []
    if not parts:
        return []
    key = {By.ZONE: "zone", By.TRAY: "tray", By.HOUR: "nth"}[by]
    query = SUMMED.format(key=key, parts=" UNION ALL ".join(parts))
    return [Dwell(*row) for row in duck.sql(query, params=span.whole(DAY_US if trays else HOUR_US)).fetchall()]


def read_rates(duck: Any, runs: Sequence[Run], span: Span) -> list[Rate]:
    """Rows of one hour and antenna summed. An hour is written in several parts, and read in full."""
    return (
        [Rate(*row) for row in duck.sql(RATES.format(files=files(runs)), params=span.whole(HOUR_US)).fetchall()]
        if runs
        else []
    )


def accuracy(duck: Any, runs: Sequence[Run], span: Span) -> list[Counted]:
    """Believed against counted; `at_us` is that of the newest."""
    if not runs:
        return []
    asked = {"from_us": span.from_us, "to_us": span.to_us}
    return [Counted(*row) for row in duck.sql(COUNTED.format(files=files(runs)), params=asked).fetchall()]
