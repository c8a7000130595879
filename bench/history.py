"""One store-year of stays asked: where one piece was, and how long pieces lay in each zone.

100,000 rows a day for 365 days, made by seed and written a day at a time through the product's own files, so that days
become months as they do in a store. Beside it the same rows as one unsorted file a day, asked by the same queries, and
SQLite with an index on the piece over a tenth of the year. Answers are compared before anything is timed.
"""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import duckdb

from bench import plots as draw
from bench.figures import Figures
from contract.ids import ZoneId
from edge.history import questions
from edge.history.history import History, Keep
from edge.history.questions import DAY_US, By, Span
from edge.history.runs import Run, Runs

DOES: Final = "a store-year of 36.5 M stays: one piece, last seen, dwell by zone; against daily files and SQLite"
ROWS_A_DAY: Final = 100_000
DAYS: Final = 365
DAYS_SHORT: Final = 45
PIECES: Final = 5_000
ZONES: Final = 40
TRAY: Final = 8
SEED: Final = 4
BEGIN_US: Final = 20_473 * DAY_US
"""2026-01-20: the year ends in the middle of a month, with twelve months in one file each and nineteen days."""
ASKED: Final = 40
"""Pieces that are asked for."""
SQLITE_SHARE: Final = 10
MIB: Final = 1 << 20

DAY_OF_ROWS: Final = """
SELECT format('P-{{:06d}}', p) AS piece,
    'zone-' || CASE WHEN h % 50 = 0 THEN h // 64 % {zones} ELSE p * {zones} // {pieces} END AS zone,
    'tray-' || p // {tray} AS tray, 'reader-' || p * {zones} // {pieces} // 4 AS reader,
    (1 + p * {zones} // {pieces} % 4)::USMALLINT AS antenna,
    {day}::BIGINT + k * 4320000000 + h % 600000000 AS from_us,
    {day}::BIGINT + k * 4320000000 + h % 600000000 + 600000000 + h // 7 % 3000000000 AS to_us,
    (600 + h % 3000)::INTEGER AS rounds
FROM (SELECT p, k, (hash(p * 1000003 + k * 7919 + {day} // 1000000 + {seed}) % 4611686018427387904)::BIGINT AS h
    FROM range({pieces}) AS one(p), range({rows}) AS two(k)) ORDER BY h"""
"""A day in no order: twenty stays a piece, one in fifty of them somewhere else."""


def run(*, short: bool = False) -> Figures:
    days = DAYS_SHORT if short else DAYS
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as name:
        history, daily = History(Path(name) / "ours", Keep(bytes_max=1 << 40)), Runs(Path(name) / "daily", "1")
        figures: Figures = {"rows": days * ROWS_A_DAY, "pieces": PIECES}
        figures |= _write(history, daily, days)
        whole = Span(BEGIN_US, BEGIN_US + days * DAY_US)
        asked = [f"P-{(at * 2654435761 + SEED) % PIECES:06d}" for at in range(ASKED)]
        _check(history, daily.all(), whole, asked[0])
        figures |= _ask(history, whole, asked)
        figures |= _ask_daily(history, daily.all(), whole, asked[:8])
        history.duck.close()
        figures |= _ask_sqlite(Path(name), daily.all()[: days // SQLITE_SHARE], asked)
    figures["daily_vs_ours_one_piece_ratio"] = figures["daily_one_piece_ms"] / figures["ours_one_piece_ms"]
    figures["daily_vs_ours_dwell_by_zone_ratio"] = figures["daily_dwell_by_zone_ms"] / figures["ours_dwell_by_zone_ms"]
    return figures


def day_of_rows(day_us: int) -> str:
    """The query that makes a day's stays."""
    rows = ROWS_A_DAY // PIECES
    return DAY_OF_ROWS.format(pieces=PIECES, zones=ZONES, tray=TRAY, day=day_us, rows=rows, seed=SEED)


def _write(history: History, daily: Runs, days: int) -> Figures:
    """The year, a day at a time, tidied at each midnight; and what the slowest midnight costs the pool."""
    midnights = []
    for at in range(days):
        day_us = BEGIN_US + at * DAY_US
        with history.duck.work() as duck:
            duck.sql(f"CREATE OR REPLACE TEMP TABLE day AS {day_of_rows(day_us)}")
            history.stays.add(duck.sql("FROM day"), day_us, day_us + DAY_US - 1)
            daily.folder.mkdir(parents=True, exist_ok=True)
            path = (
                daily.folder / f"{at + 1:08d}-{at + 1:08d}.{day_us // 1_000_000}-{day_us // 1_000_000 + 86_400}.parquet"
            )
            duck.sql("FROM day").write_parquet(str(path), compression="zstd")
        began = time.perf_counter()
        history.tidy(day_us + DAY_US + 1)
        midnights.append(time.perf_counter() - began)
    sizes = {"ours": [run.size for run in history.files()], "daily": [run.size for run in daily.all()]}
    rows = days * ROWS_A_DAY
    return {
        "ours_files": len(sizes["ours"]),
        "ours_disk_mib": sum(sizes["ours"]) / MIB,
        "ours_totals_mib": sum(run.size for run in (*history.hours.all(), *history.trays.all())) / MIB,
        "ours_bytes_a_row": sum(sizes["ours"]) / rows,
        "daily_bytes_a_row": sum(sizes["daily"]) / rows,
        "midnight_median_s": statistics.median(midnights),
        "month_merged_s": max(midnights),
    }


def _check(history: History, daily: list[Run], whole: Span, piece: Any) -> None:
    """The same answers from both, or the times mean nothing."""
    with history.duck.work() as duck:
        rows = questions.rows_of(duck, daily, piece, whole.from_us, whole.to_us)
        zones = questions.dwell(duck, [], daily, whole, By.ZONE)
    ours = history.rows_of(piece, whole.from_us, whole.to_us)
    assert sorted(ours) == sorted(rows), "a piece's stays differ"
    dwell = history.dwell(whole, By.ZONE)
    assert [(one.key, round(one.seconds), one.stays) for one in dwell] == [
        (one.key, round(one.seconds), one.stays) for one in zones
    ], "the dwell of a zone differs"


def _ask(history: History, whole: Span, asked: list[Any]) -> Figures:
    history.duck.close()
    figures: Figures = {"ours_first_question_ms": _ms(history.rows_of, 1, asked[0], whole.from_us, whole.to_us)[0]}
    began = time.process_time()
    asks = [_ms(history.where_was, 3, piece, whole.from_us, whole.to_us) for piece in asked]
    cpu_ms = (time.process_time() - began) * 1000 / (3 * len(asked))
    pieces = [times[0] for times in asks]  # a person asks once, and so do the peers
    last = [_ms(history.last_seen, 1, piece)[0] for piece in asked]
    month = Span(whole.to_us - 30 * DAY_US, whole.to_us)
    figures |= {
        "ours_one_piece_ms": statistics.median(pieces),
        "ours_one_piece_worst_ms": max(pieces),
        "ours_one_piece_asked_again_ms": statistics.median(min(times[1:]) for times in asks),
        "ours_one_piece_cpu_ms": cpu_ms,
        "ours_last_seen_worst_ms": max(last),
    }
    for by, span in ((By.ZONE, whole), (By.TRAY, whole), (By.HOUR, whole._replace(zone=ZoneId("zone-7")))):
        times = _ms(history.dwell, 7, span, by)
        figures |= {f"ours_dwell_by_{by}_ms": statistics.median(times), f"ours_dwell_by_{by}_worst_ms": max(times)}
    figures["ours_month_dwell_by_piece_ms"] = statistics.median(_ms(lambda: history.dwell(month, By.PIECE), 5))
    return figures


def _ask_daily(history: History, daily: list[Run], whole: Span, asked: list[Any]) -> Figures:
    """The same questions over one unsorted file a day, by the same engine."""
    with history.duck.work() as duck:
        pieces = [_ms(questions.rows_of, 1, duck, daily, piece, whole.from_us, whole.to_us)[0] for piece in asked]
        query = questions.LONGEST.replace("piece, zone, sum", "zone, zone, sum").replace("DESC, piece", "DESC")
        values = {**whole._asdict(), "most": ZONES}
        zones = _ms(lambda: duck.sql(query.format(files=questions.files(daily)), params=values).fetchall(), 3)
    return {"daily_one_piece_ms": statistics.median(pieces), "daily_dwell_by_zone_ms": statistics.median(zones)}


def _ask_sqlite(folder: Path, daily: list[Run], asked: list[Any]) -> Figures:
    """A tenth of the year in SQLite, with an index by piece and time."""
    path = folder / "stays.sqlite3"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE stays (piece TEXT, zone TEXT, from_us INTEGER, to_us INTEGER, rounds INTEGER)")
    with duckdb.connect(config={"threads": 1}) as duck:
        for run in daily:
            rows = duck.read_parquet(str(run.path)).select("piece, zone, from_us, to_us, rounds").fetchall()
            db.executemany("INSERT INTO stays VALUES (?, ?, ?, ?, ?)", rows)
    db.execute("CREATE INDEX by_piece ON stays (piece, from_us)")
    db.commit()
    one = "SELECT * FROM stays WHERE piece = ? ORDER BY from_us"
    pieces = [_ms(lambda p: db.execute(one, (p,)).fetchall(), 1, piece)[0] for piece in asked]
    zones = _ms(
        lambda: db.execute("SELECT zone, sum(to_us - from_us), count(*) FROM stays GROUP BY zone").fetchall(), 2
    )
    count = db.execute("SELECT count(*) FROM stays").fetchone()[0]
    db.close()
    return {
        "sqlite_rows": count,
        "sqlite_one_piece_ms": statistics.median(pieces),
        "sqlite_dwell_by_zone_ms": min(zones),
        "sqlite_bytes_a_row": path.stat().st_size / count,
    }


def _ms(work: Callable[..., object], times: int, *given: Any) -> list[float]:
    """Milliseconds of each run."""
    out = []
    for _ in range(times):
        began = time.perf_counter()
        work(*given)
        out.append((time.perf_counter() - began) * 1000)
    return out


def plots(figures: Figures) -> dict[str, str]:
    """Times and sizes beside those of the others, and the bars."""
    names = ("one piece", "dwell by zone")
    keys = ("one_piece_ms", "dwell_by_zone_ms")
    series = [
        draw.Bars("ours", [figures[f"ours_{key}"] for key in keys]),
        draw.Bars("one unsorted file a day", [figures[f"daily_{key}"] for key in keys]),
        draw.Bars("SQLite, a tenth of the rows", [figures[f"sqlite_{key}"] for key in keys]),
    ]
    about = f"Times of two questions over {figures['rows']:,} stays, ours beside daily files and SQLite."
    axes = draw.Axes(
        f"{figures['rows'] / 1e6:.1f} M stays asked", "question", "time, ms", about=about, log_y=True,
        limits={"bar of one piece": 100, "bar of dwell": 200},
    )  # fmt: skip
    return {"history-questions.svg": draw.bars(names, series, axes)}
