"""Where pieces were: stays, folded from rounds and kept as Parquet. Never a source of truth, never needed to sell.

`Stays` runs on the house thread: rounds in, closed stays out, arrays only. `History` does the files and runs in the
pool of one; DuckDB is imported when it is first needed. A stay is (piece, zone, from, to, rounds in which it was
read): while a piece lies still it is one row an hour. Times are wall-clock UTC µs, for people.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.ids import PieceId, ZoneId

LEFT_AFTER_US: Final = 300 * 1_000_000
STAY_US_MAX: Final = 3600 * 1_000_000
DAYS_KEPT_MAX: Final = 400
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class StayColumns(NamedTuple):
    """Closed stays; columns of n. `zone` indexes the store's zones."""

    row: NDArray[np.int32]
    zone: NDArray[np.int32]
    from_us: NDArray[np.int64]
    to_us: NDArray[np.int64]
    rounds: NDArray[np.int64]


class Stay(NamedTuple):
    piece: PieceId
    zone: ZoneId
    from_us: int
    to_us: int
    rounds: int


class Stays:
    """Open stays, by row and zone."""

    def __init__(self, zones: int) -> None:
        self._zones = zones
        self._from_us = np.zeros((0, zones), np.int64)
        self._to_us = np.zeros((0, zones), np.int64)
        self._rounds = np.zeros((0, zones), np.int32)

    def hear(self, now_us: int, rows: NDArray[np.int32], zones: NDArray[np.int32]) -> None:
        """One round: each (row, zone) at most once."""
        self._grow(int(rows.max(initial=-1)) + 1)
        new = self._rounds[rows, zones] == 0
        self._from_us[rows[new], zones[new]] = now_us
        self._to_us[rows, zones] = now_us
        self._rounds[rows, zones] += 1

    def close(self, now_us: int, *, everything: bool = False) -> StayColumns:
        """Take out the stays that ended, and those an hour old. `everything`: at stop, or before rows change hands."""
        done = self._rounds > 0
        if not everything:
            done &= (now_us - self._to_us >= LEFT_AFTER_US) | (now_us - self._from_us >= STAY_US_MAX)
        row, zone = np.nonzero(done)
        columns = StayColumns(
            row.astype(np.int32),
            zone.astype(np.int32),
            self._from_us[row, zone],
            self._to_us[row, zone],
            self._rounds[row, zone].astype(np.int64),
        )
        self._rounds[row, zone] = 0
        return columns

    def _grow(self, rows: int) -> None:
        more = rows - len(self._rounds)
        if more > 0:
            for name in ("_from_us", "_to_us", "_rounds"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.zeros((more, self._zones), old.dtype)]))


class History:
    """Parquet files, a folder a day: `stays/2026-11-22/part-….parquet`, merged and sorted once the day is over."""

    def __init__(self, folder: Path, *, days_kept_max: int = DAYS_KEPT_MAX) -> None:
        self._folder = folder / "stays"
        self._days_kept_max = days_kept_max

    def write(self, stays: StayColumns, pieces: Sequence[PieceId | None], zones: Sequence[ZoneId]) -> Path | None:
        """Append one file, by the day of the first stay's end. None when there was nothing to write.

        `pieces` and `zones` name the indices. Raises `OSError` when the disk is full or broken.
        """
        if not len(stays.row):
            return None
        names, places = np.array(pieces, object), np.array(zones, object)
        columns = {
            "piece": names[stays.row],
            "zone": places[stays.zone],
            "from_us": stays.from_us,
            "to_us": stays.to_us,
            "rounds": stays.rounds,
        }
        first = int(stays.to_us.min())
        folder = self._folder / f"{_day(first)}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"part-{first}-{int(stays.to_us.max())}.parquet"
        duck = _duck()
        duck.register("closed", columns)
        _put(duck.sql("SELECT * FROM closed WHERE piece IS NOT NULL ORDER BY piece, from_us"), path)
        return path

    def tidy(self, now_us: int) -> int:
        """Merge the parts of past days, and drop days beyond `days_kept_max`. Gives how many days were dropped."""
        today = _day(now_us)
        oldest = _day(now_us - int(timedelta(days=self._days_kept_max).total_seconds() * 1e6))
        dropped = 0
        for folder in self._days():
            parts = sorted(folder.glob("*.parquet"))
            if folder.name < oldest:
                for part in parts:
                    part.unlink()
                folder.rmdir()
                dropped += 1
            elif folder.name < today and len(parts) > 1:
                # A power cut below leaves the parts beside the merged day: rows are distinct by nature, so say so.
                rows = _duck().read_parquet([str(part) for part in parts]).distinct().order("piece, from_us")
                _put(rows, folder / "day.parquet")
                for part in parts:
                    if part.name != "day.parquet":
                        part.unlink()
        return dropped

    def where_was(self, piece: PieceId, from_us: int, to_us: int) -> list[Stay]:
        """Stays of one piece that touch a span, oldest first; hourly rows of one stay are joined."""
        found = self._ask(
            "SELECT piece, zone, from_us, to_us, rounds FROM stays"
            " WHERE piece = $piece AND to_us >= $from_us AND from_us <= $to_us ORDER BY from_us, zone",
            {"piece": piece, "from_us": from_us, "to_us": to_us},
        )
        out: list[Stay] = []
        for stay in (Stay(*row) for row in found):
            last = next((at for at in range(len(out) - 1, -1, -1) if out[at].zone == stay.zone), None)
            if last is not None and stay.from_us - out[last].to_us <= LEFT_AFTER_US:
                out[last] = out[last]._replace(to_us=stay.to_us, rounds=out[last].rounds + stay.rounds)
            else:
                out.append(stay)
        return out

    def seconds_by_zone(self, from_us: int, to_us: int) -> dict[ZoneId, float]:
        """Piece-seconds spent in each zone within a span."""
        found = self._ask(
            "SELECT zone, sum(least(to_us, $to_us) - greatest(from_us, $from_us)) / 1e6 FROM stays"
            " WHERE to_us >= $from_us AND from_us <= $to_us GROUP BY zone ORDER BY zone",
            {"from_us": from_us, "to_us": to_us},
        )
        return {ZoneId(zone): float(seconds) for zone, seconds in found}

    def _ask(self, query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        first, last = _day(values["from_us"]), _day(values["to_us"] + STAY_US_MAX + LEFT_AFTER_US)
        files = [str(f) for day in self._days() if first <= day.name <= last for f in sorted(day.glob("*.parquet"))]
        if not files:
            return []
        duck = _duck()
        duck.read_parquet(files).create_view("stays")
        rows: list[tuple[Any, ...]] = duck.sql(query, params=values).fetchall()
        return rows

    def _days(self) -> list[Path]:
        return sorted(folder for folder in self._folder.glob("*") if DAY.fullmatch(folder.name))


def _day(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).date().isoformat()


def _put(rows: Any, path: Path) -> None:
    """Write beside, then rename: a file is there whole or not at all."""
    beside = path.with_suffix(".beside")
    rows.write_parquet(str(beside), compression="zstd")
    beside.replace(path)


def _duck() -> Any:
    import duckdb  # noqa: PLC0415  # 60 MiB that selling never needs

    return duckdb.connect(config={"threads": 1, "memory_limit": "128MB"})
