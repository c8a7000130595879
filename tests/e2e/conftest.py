"""A real browser, and a gallery: every page of the store rendered from typed samples, for looks and accessibility."""

import importlib.util
import os
import runpy
import socket
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import uvicorn
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from fastapi import FastAPI, Request
from playwright.sync_api import Browser, Page, expect, sync_playwright

from contract.facts import ReaderLink, Tender, TenderKind, Vision
from contract.facts.signals import InputKind, OutputKind
from contract.feed import Role, StaffCard
from contract.ids import UserId
from edge.api import shapes
from edge.api.asking import ApprovalNeededError
from edge.api.pages import OWN
from edge.api.passes import shapes as pass_shapes
from edge.api.plans.geometry import laid_out
from edge.config import ZoneKind
from trade.permissions import DEFAULTS, allowed
from vitrine.authority import Authority, Identity
from web.asking import who_asks
from web.assets import fetch
from web.fit import fit
from web.front import Front, NavLink, render
from web.logins import Logins, MemoryLogins
from web.policy import public
from web.powers import Powers
from web.problems import ProblemError
from web.receipts import page as paper
from web.sse import Bulletin
from web.templating import make_templates
from web.words import later, speak

for _name in ("hands", "boutique"):
    _spec = importlib.util.spec_from_file_location(f"house_{_name}", Path(__file__).with_name(f"{_name}.py"))
    sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules[_spec.name])
boutique, signed_in = sys.modules["house_boutique"].boutique, sys.modules["house_boutique"].signed_in

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium-headless-shell"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--js-flags=--no-opt --no-maglev"]  # fmt: skip
"""A page lives for a second: what its scripts and axe win by being compiled for speed is less than that costs. With that and
without the parts of a browser that nobody sees, the gallery takes a fifth less."""

expect.set_options(timeout=30_000)
"""A page on a busy machine is given time; Playwright's own 5 s were sometimes too few."""

NOON_US = 1_794_830_400_000_000


@pytest.fixture(scope="session")
def till_papers(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """A certificate for pages on 127.0.0.1, signed by a house whom the browser of these tests trusts."""
    now = datetime.now(UTC)
    return Authority.open(tmp_path_factory.mktemp("authority"), now).server("till", ["127.0.0.1"], now)


def pin_of(certificate: Path) -> str:
    """What Chromium calls the key of a certificate it is told to trust: it takes that one and no other."""
    key = load_pem_x509_certificate(certificate.read_bytes()).public_key()
    return b64encode(sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()).decode()


@pytest.fixture(scope="module")
def browser(till_papers: Identity) -> Iterator[Browser]:
    """One per module: while it lives this thread has a running event loop, which other suites cannot bear."""
    fetch(say=False)
    flags = [*FLAGS, f"--ignore-certificate-errors-spki-list={pin_of(till_papers.cert)}"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NODE_EXTRA_CA_CERTS", str(till_papers.ca))  # requests of a page's context do not go by Chromium
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
            yield chromium
            chromium.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[FastAPI], str]]:
    """Serves an app on a free loopback port until the session ends; gives its URL."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(app: FastAPI) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for server, _ in running:
        server.should_exit = True
    for _, thread in running:
        thread.join(timeout=10)


@pytest.fixture
def keep_shot() -> Callable[[Page, str], None]:
    """Keeps a picture of the whole page where $VITRINE_SHOTS says."""

    def keep(page: Page, name: str) -> None:
        folder = os.environ.get("VITRINE_SHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return keep


@pytest.fixture
def expected_errors() -> list[str]:
    """Words of console errors that the scene itself causes; a test adds them."""
    return []


@pytest.fixture
def open_page(browser: Browser, expected_errors: list[str]) -> Iterator[Callable[..., Page]]:
    """A page of a size and theme; whatever the browser's console calls an error fails the test."""
    contexts = []
    errors: list[str] = []

    def open_(url: str, *, size: tuple[int, int], theme: str = "light", touch: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=theme, reduced_motion="reduce", has_touch=touch
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url, wait_until="load")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert [error for error in errors if not any(word in error for word in expected_errors)] == []


TARGET_PX = 24
SMALL_LINKS = """least => [...document.querySelectorAll(":is(td, th, dt, dd) a")]
    .map(link => [link.textContent.trim(), link.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.width < least || box.height < least))
    .map(([text, box]) => `“${text}” is ${box.width.toFixed(1)} × ${box.height.toFixed(1)} px: a finger misses it`)"""
"""Links in tables and lists of figures, each by itself: axe lets a smaller one pass where the next is far enough away
(WCAG 2.2 SC 2.5.8, its exception of spacing), and a row of them is what a thumb misses."""


@pytest.fixture(scope="session")
def check_accessible() -> Callable[..., list[str]]:
    """axe-core's violations of WCAG 2.2 A and AA and its good practice, one line each."""
    source = AXE.read_text(encoding="utf-8")

    def check(page: Page, only: tuple[str, ...] = ()) -> list[str]:
        if not page.evaluate("!!window.axe"):  # half a megabyte, sent once a page
            page.evaluate(f"(() => {{ {source} }})()")
        run_only = {"runOnly": list(only)} if only else {}
        found = page.evaluate("given => axe.run(document, given)", {"resultTypes": ["violations"], **run_only})
        told = [
            f"{each['id']}: {each['help']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
            for each in found["violations"]
            for node in each["nodes"]
        ]
        return told if only and "target-size" not in only else [*told, *page.evaluate(SMALL_LINKS, TARGET_PX)]

    return check


# --- the gallery's samples ---------------------------------------------------------------------------------

PLAN = (
    ("safe-1", "Safe 1", ZoneKind.SAFE, 0.4, 0.4, 0.9, 0.8, 204, 204),
    ("safe-2", "Safe 2", ZoneKind.SAFE, 1.9, 0.4, 0.9, 0.8, 198, 198),
    ("case-1", "Case 1, solitaires", ZoneKind.CASE, 0.5, 3.0, 1.6, 0.7, 161, 160),
    ("case-2", "Case 2, bands", ZoneKind.CASE, 2.5, 3.0, 1.6, 0.7, 158, 158),
    ("case-3", "Case 3, earrings", ZoneKind.CASE, 4.5, 3.0, 1.6, 0.7, 162, 71),
    ("case-4", "Case 4, necklaces", ZoneKind.CASE, 6.5, 3.0, 1.6, 0.7, 140, 140),
    ("case-5", "Case 5, bracelets", ZoneKind.CASE, 0.5, 6.0, 1.6, 0.7, 139, 139),
    ("case-6", "Case 6, pendants", ZoneKind.CASE, 2.5, 6.0, 1.6, 0.7, 160, 160),
    ("shelf-1", "Window shelf", ZoneKind.SHELF, 6.5, 6.0, 1.6, 0.5, 155, 155),
    ("pad-1", "Till pad", ZoneKind.PAD, 9.4, 3.2, 0.4, 0.3, 0, 0),
    ("gate", "Street door", ZoneKind.EXIT, 9.2, 7.2, 1.4, 0.6, 0, 0),
)
HUNG = {
    "safe-1": "its reference tag is read in 97% of rounds",
    "case-3": "the reference tag of Case 3, earrings has not been read for 40 s: look whether it still hangs there",
}
ZONES = tuple(
    shapes.ZoneView(
        zone=zone, name=name, kind=kind, x=x, y=y, width=w, height=h,
        vision=Vision.BLIND if zone == "case-3" else Vision.SEEING,
        why="91 of 162 pieces fell silent together at 14:02." if zone == "case-3" else "",
        expected=expected, present=present, missing=1 if zone == "case-1" else 0, hard_to_read=0,
        reference=HUNG.get(zone, ""),
    )
    for zone, name, kind, x, y, w, h, expected, present in PLAN
)  # fmt: skip
ZONE_NAMES = {zone.zone: zone.name for zone in ZONES}
TALLIES = {zone.zone: (zone.present, zone.expected) for zone in ZONES}
TILL = runpy.run_path(str(Path(__file__).with_name("samples_register.py")))
RING, SALE = TILL["RING"], TILL["SALE"]
WALK = pass_shapes.PassView(
    name="walk-1", zone="case-1", zone_name="Case 1, solitaires", reader="sled-1", typed=True, by="ana", open=True,
    began_us=NOON_US, expected=161, found=158, unknown_tags=2, reads=402, unreadable=1, unreadable_sample="3039606203C7",
    missing=(pass_shapes.PassPieceView("FL-000119", "Solitaire ring, 0.71 ct", "R-SOL-119", "case-1/02"), pass_shapes.PassPieceView("FL-000121", "Ring with a name so long that it has to be broken on a phone", "R-SOL-121", "")),
    strangers=(pass_shapes.PassPieceView("FL-001520", "Rivière necklace", "N-RIV-003", "", "lies in Case 4, necklaces"),), strangers_total=14,
)  # fmt: skip
ALL_FOUND = replace(WALK, found=161, missing=(), strangers=(), strangers_total=0, unknown_tags=0, unreadable=0)
SLEDS = (("sled-1", True, [(z, n) for z, n in ZONE_NAMES.items() if z[:4] in ("safe", "case")]), ("rfd40", False, [("case-1", "Case 1")]))  # fmt: skip
READERS = (
    shapes.ReaderView("safe-reader", ReaderLink.READING, "it reads while input 1 is high", "Impinj Speedway R420", "6.4.1", ("safe-1", "safe-2"), 0.2, 412.0, 1_912_331, 0, waits_for="input 1"),
    shapes.ReaderView("case-reader-1", ReaderLink.READING, "", "Impinj Speedway R420", "6.4.1", ("case-1", "case-2"), 0.1, 655.4, 2_712_004, 12, temperature_c=41, overflows_total=2, clock_behind_s=3.2, clock_jumps_total=1, serial="00:16:25:ff:fe:0a:0b:0c", was="Zebra FX9600 · 3.10", changed_us=NOON_US),
    shapes.ReaderView("gate-reader", ReaderLink.SILENT, "Nothing heard for 6 s; trying again.", "", "", ("gate",), 6.3, 0.0, 90_112, 0, "fan at rest", dark_since_us=NOON_US),
)  # fmt: skip
GAPS = (shapes.GapView("gate-reader", NOON_US - 3_600_000_000, NOON_US - 3_000_000_000, "nothing heard for 3.0 s"),)
SIGNALS = (
    shapes.SignalView("gate-reader", "in", 1, "Back door", InputKind.DOOR, "gate", on=True, why="found so", by="house", since_us=NOON_US),
    shapes.SignalView("gate-reader", "out", 1, "Gate lamp", OutputKind.LAMP, "gate", on=True, why="a piece left unsold", by="house", since_us=NOON_US),
    shapes.SignalView("case-reader-1", "out", 1, "Lock of case 1", OutputKind.LOCK, "case-1", on=False, why="showing the sapphire tray to a client", by="marc", by_name="Marc Oyelaran", since_us=NOON_US),
)  # fmt: skip
STORE = shapes.StoreView(
    store="flagship", name="Flagship, rue des Orfèvres", currency="EUR", mode="active", mode_why="", mood="running",
    business_day="2026-11-22", tills=("till-1", "till-2"), zones=ZONES, readers=READERS,
    uplink=shapes.UplinkView(configured=True, up=True, why_down="", standing="ok", unsent=3, feed_rev=2104),
    alarms_open=2, threshold_nats=22.0, alarms_per_month=0.4, unknown_tags=2, unknown_lying=1, strays=5, pieces=2000, signals=SIGNALS,
)  # fmt: skip
ALONE = replace(
    STORE,
    uplink=replace(
        STORE.uplink,
        up=False,
        why_down="No answer from the office.",
        unsent=418,
        sales_unsent=3,
        since_us=NOON_US - 1_200_000_000,
    ),
)
BARE = replace(STORE, zones=(), readers=(), signals=())
USERS = (
    shapes.UserView("ana", "Ana Lindqvist", (Role.ASSOCIATE,), has_pin=True),
    shapes.UserView("marc", "Marc Oyelaran", (Role.MANAGER,), has_pin=True),
    shapes.UserView("ines", "Inés Duarte", (Role.LOSS_PREVENTION,), has_pin=True),
)

COMMON = {
    "people": {user.user: user.name for user in USERS},
    "store": STORE,
    "till": "till-1",
    "zones": ZONES,
    "sheet": laid_out(ZONES),
    "zone_names": ZONE_NAMES,
    "tallies": TALLIES,
}
PAID = shapes.PaymentView(
    payment="p1", sale="s1", terminal="desk-1", state="captured", amount_minor=2_000_000, captured_minor=1_000_000,
    counted_minor=1_000_000, currency="EUR", brand="visa", last4="4242", stored_offline=True, given_up="", why="",
)  # fmt: skip
TENDER = {
    **COMMON, "sale": SALE, "may_override": True, "terminal": "desk-1", "rest_minor": 1_105_000,
    "cash_due_minor": 1_105_000, "plain_rest": "11 050.00", "asks": (), "deposits": (), "rates": (),
    "notes": ((1_105_000, "11050"), (1_106_000, "11060"), (1_110_000, "11100")), "problem": "", "client": "", "client_name": "",
    "agrees": True, "tenders": (Tender(kind=TenderKind.CASH, amount_minor=1_105_000),),
    "payments": (
        replace(PAID, payment="p0", state="failed", captured_minor=0, last4="", stored_offline=False, why="Refusal: declined"),
        PAID,
        replace(PAID, payment="p2", state="in_doubt", captured_minor=0, last4="", stored_offline=False),
    ),
}  # fmt: skip
PASSING = {**COMMON, "lines_max": 100, "line_chars_max": 500}
GALLERY: dict[str, tuple[str, dict[str, object]]] = {
    "sign-in": (
        "edge/sign_in.html",
        {"users": USERS, "problem": "", "next": "/register", "chosen": "ana", "back": "", "only": False},
    ),
    "sign-in-wrong": (
        "edge/sign_in.html",
        {"users": USERS, "problem": "That PIN is not right.", "next": "", "chosen": "", "back": "", "only": True},
    ),
    "sign-in-nobody": (
        "edge/sign_in.html",
        {"users": (), "problem": "", "next": "", "chosen": "", "back": "/register", "only": True},
    ),
    "tender": ("edge/tender.html", {**TENDER, "terminal": ""}),
    "tender-terminal": ("edge/tender.html", TENDER),
    "approval": (
        "web/problem.html",
        {
            "problem": ApprovalNeededError(
                "a" * 64,
                "Take 3720.00 EUR (30 %) off Solitaire ring, 0.71 ct at 12400.00 EUR. This needs the role manager or admin",
                (StaffCard(user=UserId("marc"), name="Marc Oyelaran", roles=(Role.MANAGER,)),),
            )
        },
    ),
    "private-problem": (
        "web/private_problem.html",
        {"problem": ProblemError(404, "link", "This link opens nothing any more", "Ask the store for another.")},
    ),
    "pass-start": ("edge/pass_start.html", {**COMMON, "sleds": SLEDS, "passes": (WALK,)}),
    "pass-start-none": ("edge/pass_start.html", {**COMMON, "sleds": (), "passes": ()}),
    "pass": ("edge/pass.html", {**PASSING, "walk": WALK}),
    "pass-complete": ("edge/pass.html", {**PASSING, "walk": replace(ALL_FOUND, typed=False)}),
    "pass-ended": ("edge/pass.html", {**PASSING, "walk": replace(WALK, open=False)}),
    "pass-ended-complete": ("edge/pass.html", {**PASSING, "walk": replace(ALL_FOUND, open=False)}),
    "readers": ("edge/readers.html", {**COMMON, "store": ALONE, "gaps": GAPS, "may_open": True, "seconds": 5}),
    "readers-none": ("edge/readers.html", {**COMMON, "store": BARE, "gaps": ()}),
}


for _more in sorted(
    Path(__file__).parent.glob("samples_*.py")
):  # rooms with samples of their own: `pages(COMMON, RING)`
    GALLERY |= runpy.run_path(str(_more))["pages"](COMMON, RING)


def make_gallery(*, still: bool = True) -> FastAPI:
    """An app that shows the samples; everybody is Marc. Not `still`: the caller gives the live routes itself."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    staff = {UserId("marc"): StaffCard(user=UserId("marc"), name="Marc Oyelaran", roles=(Role.MANAGER,))}
    powers = Powers(house=allowed(staff[UserId("marc")], "flagship", DEFAULTS).permissions)
    chance = {"now_us": lambda: NOON_US, "chance": lambda n: b"7" * n}
    logins = Logins(MemoryLogins(), staff.get, powers=lambda _: powers, **chance)
    static = {"/static/edge": ROOT / "edge" / "api" / "static", **paper.STATIC}
    folders = {"edge": ROOT / "edge" / "api" / "templates", "receipts": paper.TEMPLATES}
    templates = make_templates(folders, static, "Europe/Paris", lambda: NOON_US)
    words = (
        "register Register, orders Orders, appointments Appointments, counts Counts, pass Pass, tags Tags, "
        "looks Look for, wall Loss prevention, readers Readers"
    )
    nav = tuple(NavLink(f"/{each.partition(' ')[0]}", later(each.partition(" ")[2])) for each in words.split(", "))
    front = Front("gallery", "Vitrine", logins, templates, secure=False, nav=nav, place="Flagship", own=OWN)
    fit(app, front, static)
    marc = logins.begin(UserId("marc"))
    assert marc is not None
    app.state.marc = marc
    bulletin = Bulletin()

    if still:

        @app.get("/api/v1/events", dependencies=[public()])
        def events() -> object:
            return bulletin.response()

        # The pages fetch themselves again on `hello`; 204 leaves them as they are.
        @app.get("/register/board", status_code=204, dependencies=[public()])
        @app.get("/register/payments", status_code=204, dependencies=[public()])
        @app.get("/counts/{count}", status_code=204, dependencies=[public()])
        @app.get("/pass/{name}", status_code=204, dependencies=[public()])
        @app.get("/wall", status_code=204, dependencies=[public()])
        @app.get("/wall/alarms", status_code=204, dependencies=[public()])
        @app.get("/wall/floor", status_code=204, dependencies=[public()])
        @app.get("/wall/then", status_code=204, dependencies=[public()])
        @app.get("/closing", status_code=204, dependencies=[public()])
        @app.get("/readers", status_code=204, dependencies=[public()])
        @app.get("/register/receipt/{name}", status_code=204, dependencies=[public()])
        @app.get("/register/return/{name}", status_code=204, dependencies=[public()])
        @app.get("/tags", status_code=204, dependencies=[public()])
        @app.get("/api/v1/orders/{order}/papers/{sha256}", status_code=204, dependencies=[public()])
        @app.get("/looks", status_code=204, dependencies=[public()])
        @app.get("/appointments/{name}", status_code=204, dependencies=[public()])
        @app.get("/zones", status_code=204, dependencies=[public()])
        def unchanged() -> None:
            return None

    @app.get("/gallery/{name}", dependencies=[public()])
    async def show(request: Request, name: str, tongue: str = "") -> object:
        """`tongue`: one of `pseudo.py`."""
        if tongue:
            speak(runpy.run_path(str(Path(__file__).with_name("pseudo.py")))[tongue])
        await who_asks(request)
        template, values = GALLERY[name]
        request.state.login = None if name.startswith(("sign-in", "this-device")) else marc.login
        return render(request, template, **values)

    return app


@pytest.fixture(scope="session")
def gallery_pages() -> dict[str, tuple[str, dict[str, object]]]:
    """Name → template and what it shows."""
    return GALLERY


@pytest.fixture(scope="session")
def samples() -> dict[str, dict[str, object]]:
    return {name: values for name, (_, values) in GALLERY.items()}


@pytest.fixture(scope="session")
def gallery_app() -> Callable[..., FastAPI]:
    return make_gallery


@pytest.fixture(scope="session")
def gallery(serve: Callable[[FastAPI], str]) -> str:
    return serve(make_gallery()) + "/gallery/"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that ask for `gallery_page` run once for every page of the gallery."""
    if "gallery_page" in metafunc.fixturenames:
        metafunc.parametrize("gallery_page", sorted(GALLERY))
