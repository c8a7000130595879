"""The demo: broker, head office, stores and the world outside as child processes, until Ctrl-C."""

import datetime as dt
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from vitrine import broker, ports
from vitrine.ports import HOST
from vitrine.problems import PersonError
from vitrine.shop import DEMO, Shop, Wish, open_shop
from vitrine.supervise import Child, Family, alone_in

READY_S: Final = 60.0
"""How long a process may take to answer: a slow, busy machine is not an error."""
LOOK_EVERY_S: Final = 0.05
REVIVE_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Running:
    """A house that answers."""

    shop: Shop
    family: Family
    took_s: float


def demo(folder: Path) -> None:
    """Runs until SIGINT, SIGTERM or SIGHUP."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    with running(folder, say=_say, stop=stop) as house:
        if stop.is_set():
            return
        print(welcome(house), flush=True)
        threading.Thread(target=_live_first_day, args=(house.shop, stop), daemon=True).start()
        while not stop.wait(REVIVE_EVERY_S):
            for child in house.family.revive(time.monotonic()):
                _say(f"{child.name} had ended; started again (its reasons: {child.log})")
        _say("Stopping …")
    _say("Stopped. ./run starts it again with its data.")


def _live_first_day(shop: Shop, stop: threading.Event) -> None:
    from vitrine import first_day  # what only the first start needs

    first_day.live(shop, _say, stop)


@contextmanager
def running(
    folder: Path,
    *,
    say: Callable[[str], None],
    stop: threading.Event,
    wish: Wish = DEMO,
) -> Iterator[Running]:
    """A house with everything in it, started and answering; stopped at the end, whatever happens."""
    began = time.monotonic()
    with alone_in(folder):
        family = Family(folder)
        if left := family.stop_leftovers():
            say(f"Ended {len(left)} processes of an earlier run that was killed")
        shop = open_shop(folder, dt.datetime.now(dt.UTC), wish)
        for purpose, port in shop.ports().items():
            ports.must_be_free(port, purpose, folder / "shop.json")
        if not shop.sown.exists():
            from vitrine import seed  # loads office and store, a second that only the first start can spare

            seed.sow(shop, say)
        try:
            say("Starting broker, head office, stores and the simulator …")
            for child, answers in start_all(shop, family):
                wait_for(child, answers, stop)
            yield Running(shop, family, time.monotonic() - began)
        finally:
            family.stop()


def start_all(shop: Shop, family: Family) -> Sequence[tuple[Child, Callable[[], bool]]]:
    """Starts everybody at once; gives each with the question whether it answers yet."""
    program = broker.find()
    server = shop.authority.server("broker", (HOST, "localhost"), dt.datetime.now(dt.UTC))
    private = broker.prepare(
        shop.folder / "broker", program, shop.authority, server, host=HOST, port=shop.kept.broker_port
    )
    us = [sys.executable, "-m", "vitrine"]
    started = [
        (family.start("broker", private.command), partial(ports.listens, private.port)),
        (
            family.start("simulator", [*us, "simulate", "--config", str(shop.simulator_config)]),
            partial(healthy, shop.simulator_url),
        ),
        (
            family.start("cloud", [*us, "cloud", "--config", str(shop.folder / "cloud" / "cloud.toml")]),
            partial(healthy, shop.office_url),
        ),
    ]
    for store in (layout.store for layout in shop.layouts):
        config = shop.store_folder(store) / "edge.toml"
        child = family.start(f"edge-{store}", [*us, "edge", "--config", str(config)])
        started.append((child, partial(healthy, shop.edge_url(store))))
    return started


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:  # noqa: S310 — our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_for(child: Child, answers: Callable[[], bool], stop: threading.Event) -> None:
    until = time.monotonic() + READY_S
    while not stop.is_set() and not answers():
        if child.process.poll() is not None:
            raise PersonError(f"{child.name} does not start: {_last_words(child.log)} (all of it: {child.log})")
        if time.monotonic() > until:
            raise PersonError(f"{child.name} does not answer after {READY_S:.0f} s: see {child.log}, then start again.")
        stop.wait(LOOK_EVERY_S)


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"


def welcome(house: Running) -> str:
    """The one block a person needs."""
    shop = house.shop
    pages = [("Head office", f"{shop.office_url}/")]
    for layout in shop.layouts:
        url, readers = shop.edge_url(layout.store), len(layout.readers)
        pages.append((layout.name, f"{url}/  ({f'{readers} readers' if readers else 'no readers'})"))
    people = [
        f"  {login.role.replace('_', ' '):<16} {login.user:<6} PIN {login.pin}   password {login.password}"
        for login in shop.kept.logins
    ]
    return "\n".join(
        (
            "",
            f"Vitrine is up ({house.took_s:.1f} s). Open:",
            *(f"  {name:<28} {url}" for name, url in pages),
            "Sign in (PIN at a store, password at the head office):",
            *people,
            f"Move pieces, walk out, break readers: {shop.simulator_url}/",
            f"Logs: {shop.folder / 'logs'}   Stop: Ctrl-C",
        )
    )


def _say(text: str) -> None:
    print(f"  {text}", flush=True)
