"""Where pieces were: stays kept as Parquet, a folder a day. Never a source of truth, never needed to sell.

Runs in the pool of one, never on the house thread; DuckDB is imported when it is first needed.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from contract.ids import PieceId, ZoneId
from edge.floor.stays import LEFT_AFTER_US, STAY_US_MAX, Stay, StayColumns, joined

DAYS_KEPT_MAX: Final = 400
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class HistoryError(Exception):
    """History can be neither written nor read now; the words say why. Selling goes on."""


class History:
    """Parquet files, a folder a day: `stays/2026-11-22/part-….parquet`, merged and sorted once the day is over."""

    def __init__(self, folder: Path, *, days_kept_max: int = DAYS_KEPT_MAX) -> None:
        self._folder = folder / "stays"
        self._days_kept_max = days_kept_max

    def write(self, stays: StayColumns, pieces: Sequence[PieceId | None], zones: Sequence[ZoneId]) -> Path | None:
        """Append one file, by the day of the first stay's end. None when there was nothing to write.

        `pieces` and `zones` name the indices. Raises `HistoryError` when the disk is full or broken.
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
        path = folder / f"part-{first}-{int(stays.to_us.max())}.parquet"
        with _duck() as duck:
            folder.mkdir(parents=True, exist_ok=True)
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
                with _duck() as duck:
                    rows = duck.read_parquet([str(part) for part in parts]).distinct().order("piece, from_us")
                    _put(rows, folder / "day.parquet")
                for part in parts:
                    if part.name != "day.parquet":
                        part.unlink()
        return dropped

    def where_was(self, piece: PieceId, from_us: int, to_us: int) -> list[Stay]:
        """Stays of one piece that touch a span, oldest first; hourly rows of one stay are joined."""
        return joined(self.rows_of(piece, from_us, to_us))

    def rows_of(self, piece: PieceId, from_us: int, to_us: int) -> list[Stay]:
        """The same as they were written, an hour a row. Raises `HistoryError`."""
        found = self._ask(
            "SELECT piece, zone, from_us, to_us, rounds FROM stays"
            " WHERE piece = $piece AND to_us >= $from_us AND from_us <= $to_us ORDER BY from_us, zone",
            {"piece": piece, "from_us": from_us, "to_us": to_us},
        )
        return [Stay(*row) for row in found]

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
        with _duck() as duck:
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


@contextmanager
def _duck() -> Iterator[Any]:
    """DuckDB for one piece of work; what it or the disk raises is a `HistoryError`."""
    try:
        import duckdb  # noqa: PLC0415  # 60 MiB that selling never needs
    except ImportError as error:
        raise HistoryError(f"DuckDB cannot be loaded: {error}") from error
    try:
        with duckdb.connect(config={"threads": 1, "memory_limit": "128MB"}) as duck:
            yield duck
    except (duckdb.Error, OSError) as error:
        raise HistoryError(f"the history's files cannot be used: {error}") from error
