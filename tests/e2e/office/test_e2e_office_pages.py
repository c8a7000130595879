"""Every page of the office is looked at by a browser and read by axe."""

import re
import runpy
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cloud.app import Cloud
from web.policy import declared

HERE = Path(__file__).parent
NO_PAGES = re.compile(
    r"/(healthz|metrics|ticket/.*|.*/calendar|.*/export|pieces/(export|template)\..*|.*\.csv|.*/proof|.*/papers/.*"
    r"|compliance/closings/.*)$"
)
"""Files, and what programs ask for."""
PARTS = (
    "/client-orders/of/{person}", "/loyalty/of/{person}", "/next-pieces/{person}", "/purchases/past/{piece}",
    "/segments/of/{person}",
)  # fmt: skip
"""What a page fetches into itself: it is looked at there."""
LEADS_ON = ("/clients/appraisals/{appraisal}",)
"""An address that leads to another page at once."""


def looked_at(sources: Iterable[Path]) -> Iterator[str]:
    """Addresses that the tests' marks `looks_at` name. A test that does not look at what it names fails (`look_at`)."""
    for source in sources:
        for each in runpy.run_path(str(source)).values():
            for mark in getattr(each, "pytestmark", ()):
                if mark.name == "looks_at":
                    yield from mark.args


def unseen(pages: Iterable[str], addresses: Iterable[str]) -> list[str]:
    """Pages that none of these addresses opens. Of pages that an address fits, it opens the one with most words."""
    fits = {page: re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(page)) + "/?") for page in pages}
    opened = set()
    for address in addresses:
        path = address.partition("?")[0]
        opened.add(min((page for page, fit in fits.items() if fit.fullmatch(path)), key=lambda page: page.count("{")))
    return sorted(fits.keys() - opened)


def test_every_page_of_the_office_is_read_by_axe(tmp_path: Path, make_office: Callable[[Path], Cloud]) -> None:
    cloud = make_office(tmp_path)
    gets = {each.path for each in declared(cloud.app) if each.method == "GET"}
    cloud.office.close()
    pages = {path for path in gets if not path.startswith(("/api/", "/static")) and not NO_PAGES.match(path)}
    addresses = set(looked_at(path for path in HERE.glob("test_*.py") if path != Path(__file__)))
    assert unseen(pages, addresses) == sorted([*PARTS, *LEADS_ON]), (
        "look at it in a test of this folder (`look_at`), and name it there"
    )
    assert unseen([*pages, "/forgotten/{name}"], addresses) == sorted([*PARTS, *LEADS_ON, "/forgotten/{name}"]), (
        "the control"
    )
