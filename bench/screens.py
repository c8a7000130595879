"""Pages as people meet them: a real box with 100,000 pieces, 1,000 alarms and 50 readers, seen by Debian's Chromium.

First contentful and usable times are taken with the browser's processor slowed to a quarter, the best of several loads:
others use this machine too. A page is usable when htmx has looked at it: from then on its keys and presses are heard.
The weight is what goes over the wire for everything a page loads with an empty cache. The work of a load, and the
wall's share of a core while the floor changes fifty times a second, are processor time of the browser's main thread:
the same whoever else uses the machine. From fact to pixel: the house is told that the evidence is complete; the page's
own clock says in which frame the alarm was painted.
"""

import contextlib
import math
import multiprocessing as mp
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench import plots as drawn
from bench.figures import Figures
from bench.screens_box import COUNT, PIN, Size, box

DOES: Final = (
    "register, wall and client book in a slowed browser: usable, weight, shift, fact to pixel, share of a core"
)
FULL: Final = Size(pieces=100_000, alarms=1_000, readers=50)
SHORT: Final = Size(pieces=2_000, alarms=50, readers=5)
CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
)
SLOWED: Final = 4
TIMED: Final = {"register": "/register", "wall": "/wall", "client_book": "/clients"}
ANSWERED: Final = {
    **TIMED, "readers": "/readers", "reader": "/readers/r0", "zones": "/zones", "counts": "/counts",
    "count": f"/counts/{COUNT}", "closing": "/closing", "alarms": "/alarms?page=3", "losses": "/losses",
    "last_hours": "/wall/then", "watch": "/watch", "piece": "/pieces/p77", "search": "/api/v1/pieces?query=Ring",
    "search_filtered": "/api/v1/pieces?query=ring+metal:gold+price%3C5000",
}  # fmt: skip
LOADS: Final = 5
ALARMS: Final = 300
ANSWERS: Final = 10
MOVING_S: Final = 10.0
FILLED_S: Final = 600.0
PIXEL_WAIT_MS: Final = 10_000
PATIENCE_MS: Final = 120_000
"""For a page: a box that was just filled has its first rounds to go through."""
WATCH: Final = """
window.seen = {usable: 0, shift: 0};
document.addEventListener("htmx:after:process", () => { window.seen.usable ||= performance.now(); });
const moved = each => { if (!each.hadRecentInput) window.seen.shift += each.value; };
new PerformanceObserver(list => list.getEntries().forEach(moved)).observe({type: "layout-shift", buffered: true});
"""
PAINTED: Final = """name => new Promise(done => {
    const look = () => document.getElementById(name)
        ? requestAnimationFrame(() => setTimeout(() => done(performance.timeOrigin + performance.now()), 0))
        : requestAnimationFrame(look);
    look();
})"""
"""When the frame that shows an element was handed over, in ms since 1970: the task after its animation frame."""
LOADED: Final = """() => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
        .filter(each => !each.name.includes("/events") && !each.name.includes("/pictures/"));
    return {fcp: paint ? paint.startTime : 0, usable: window.seen.usable, shift: window.seen.shift,
            bytes: all.reduce((sum, each) => sum + each.transferSize, 0)};
}"""


def run(*, short: bool = False) -> Figures:
    size = SHORT if short else FULL
    figures: Figures = {"pieces": size.pieces, "alarms": size.alarms, "readers": size.readers}
    if not Path(CHROMIUM).exists():
        raise SystemExit(f"There is no {CHROMIUM}: this bench takes a whole browser (apt-get install chromium).")
    with running(size) as (pipe, url), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        kept = signed_in(browser, url)
        for name, path in TIMED.items():
            figures |= loaded(browser, kept, name, url + path, 2 if short else LOADS)
            figures |= worked(browser, kept, name, url + path, 1 if short else LOADS)
        figures |= answered(browser, kept, url, 2 if short else ANSWERS)
        figures |= watched(browser, kept, url, pipe, 5 if short else ALARMS, 1.0 if short else MOVING_S, size)
        browser.close()
    return figures


@contextlib.contextmanager
def running(size: Size) -> Iterator[tuple[Connection, str]]:
    """A box that is filled and answers. Raises `RuntimeError` when it dies."""
    spawn = mp.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="vitrine-screens-") as folder:
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=box, args=(theirs, folder, size), daemon=True)
        process.start()
        try:
            if not ours.poll(FILLED_S):
                raise RuntimeError("the box of the bench was not filled in time; run it again with --short to see why")
            yield ours, f"http://127.0.0.1:{ours.recv()}"
        finally:
            process.kill()
            process.join()


def signed_in(browser: Browser, url: str) -> Any:
    """The cookies of a person who may see everything."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{url}/sign-in?next=/wall")
    page.get_by_role("radio", name="Lou").check()
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_role("button", name="Enter").click()
    page.wait_for_url(re.compile(r"^[^?]*/wall$"))  # the door's address ends like it
    kept = context.storage_state()
    context.close()
    return kept


@contextlib.contextmanager
def opened(browser: Browser, kept: Any, *, slowed: int = 1) -> Iterator[tuple[BrowserContext, Page, Any]]:
    """A window of a till with an empty cache, and its DevTools session."""
    context = browser.new_context(storage_state=kept, viewport={"width": 1024, "height": 768}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.add_init_script(WATCH)
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    try:
        yield context, page, devtools
    finally:
        context.close()


def loaded(browser: Browser, kept: Any, name: str, url: str, times: int) -> Figures:
    """First loads of one page: the best of each time, the worst of weight and shift."""
    found = []
    for _ in range(times):
        with opened(browser, kept, slowed=SLOWED) as (_, page, _):
            page.goto(url, wait_until="load")
            page.wait_for_timeout(1_000)  # news that comes with the stream may still move the page
            found.append(page.evaluate(LOADED))
    return {
        f"{name}_contentful_ms": min(each["fcp"] for each in found),
        f"{name}_usable_ms": min(each["usable"] for each in found),
        f"{name}_weight_kb": max(each["bytes"] for each in found) / 1000,
        f"{name}_shift": max(each["shift"] for each in found),
    }


def worked(browser: Browser, kept: Any, name: str, url: str, times: int) -> Figures:
    """First loads at full speed: what the main thread did until the page was usable, the least of them."""
    took = []
    for _ in range(times):
        with opened(browser, kept) as (_, page, devtools):
            page.goto(url, wait_until="load")
            page.wait_for_function("window.seen.usable > 0")
            took.append(_main_thread_s(devtools) * 1000)
    return {f"{name}_work_ms": min(took)}


def answered(browser: Browser, kept: Any, url: str, times: int) -> Figures:
    """The box's own time for pages that must stay quick however much there is."""
    figures: Figures = {}
    context = browser.new_context(storage_state=kept)
    for name, path in ANSWERED.items():
        took = []
        for _ in range(times):
            began = time.perf_counter()
            answer = context.request.get(url + path)
            took.append((time.perf_counter() - began) * 1000)
            assert answer.ok, f"{path}: {answer.status}"
        figures[f"{name}_answer_ms"] = statistics.median(took)
    context.close()
    return figures | {"slowest_answer_ms": max(figures.values())}


def watched(
    browser: Browser, kept: Any, url: str, pipe: Connection, alarms: int, moving_s: float, size: Size
) -> Figures:
    """From fact to pixel, calm and while the floor moves; and what the wall takes of a core meanwhile."""
    with opened(browser, kept) as (_, page, devtools):
        page.goto(url + "/wall", wait_until="load")
        page.wait_for_selector(".live.on")
        calm = sorted(_pixel_ms(page, pipe, size.alarms + nth) for nth in range(alarms))
        _ask(pipe, "move")
        page.wait_for_timeout(1_000)
        before = _main_thread_s(devtools)
        began = time.perf_counter()
        page.wait_for_timeout(moving_s * 1_000)
        share = (_main_thread_s(devtools) - before) / (time.perf_counter() - began)
        busy = sorted(_pixel_ms(page, pipe, size.alarms + alarms + nth) for nth in range(alarms))
        _ask(pipe, "rest")
    return {
        "pixel_p50_ms": _of_hundred(calm, 50),
        "pixel_p99_ms": _of_hundred(calm, 99),
        "pixel_most_ms": calm[-1],
        "pixel_moving_p50_ms": _of_hundred(busy, 50),
        "pixel_moving_p99_ms": _of_hundred(busy, 99),
        "pixel_moving_most_ms": busy[-1],
        "wall_moving_core_percent": 100 * share,
    }


def _of_hundred(ordered: list[float], percent: int) -> float:
    """The nearest-rank percentile: the least that so many percent do not exceed."""
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]


def _pixel_ms(page: Page, pipe: Connection, nth: int) -> float:
    """One alarm: from the house that knows it to the frame that shows it."""
    page.evaluate(f"() => {{ window.painted = ({PAINTED})('alarm-a{nth}'); }}")
    said_s: float = _ask(pipe, f"alarm {nth}")
    painted_ms: float = page.evaluate("window.painted")
    return painted_ms - said_s * 1000


def _ask(pipe: Connection, what: str) -> Any:
    pipe.send(what)
    if not pipe.poll(PIXEL_WAIT_MS / 1000):
        raise RuntimeError(f"the box of the bench did not answer {what!r}; run it again to see why")
    return pipe.recv()


def _main_thread_s(devtools: Any) -> float:
    """Seconds of a processor that the page's main thread has had."""
    found = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in found if each["name"] == "TaskDuration"))


def plots(figures: Figures) -> dict[str, str]:
    """Pages at full size: what a load takes, and what the box takes to answer."""
    told = f"{figures['pieces']:,} pieces, {figures['alarms']:,} alarms, {figures['readers']} readers"
    loads = drawn.Axes(
        f"Loads, slowed to a quarter: {told}", "page", "time, ms", limits={"bar": 1000.0},
        about="First contentful paint and usable, the best of several loads with an empty cache, for each page.",
    )  # fmt: skip
    answers = drawn.Axes(
        f"Answers: {told}", "page", "time, ms",
        about="Time from the request to the whole answer, the median of several, for each page.",
    )  # fmt: skip
    shown = [
        drawn.Bars("contentful", [float(figures[f"{name}_contentful_ms"]) for name in TIMED]),
        drawn.Bars("usable", [float(figures[f"{name}_usable_ms"]) for name in TIMED]),
    ]
    took = drawn.Bars("answered", [float(figures[f"{name}_answer_ms"]) for name in ANSWERED])
    return {
        "screens-loads.svg": drawn.bars([_said(name) for name in TIMED], shown, loads),
        "screens-answers.svg": drawn.bars([_said(name) for name in ANSWERED], [took], answers),
    }


def _said(name: str) -> str:
    return name.replace("_", " ")
