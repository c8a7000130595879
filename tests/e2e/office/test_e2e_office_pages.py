"""Every page of the office is looked at by a browser: by its address, or at the end of a link that is named here."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cloud.app import Cloud
from web.policy import declared

HERE = Path(__file__).parent
NO_PAGES = re.compile(
    r"/(healthz|metrics|ticket/.*|.*/calendar|.*/export|pieces/(export|template)\..*|.*\.csv|.*/proof|.*/papers/.*)$"
)
"""Files, and what programs ask for."""
PARTS = (
    "/client-orders/of/{person}", "/loyalty/of/{person}", "/next-pieces/{person}", "/purchases/past/{piece}",
    "/segments/of/{person}",
)  # fmt: skip
"""What a page fetches into itself: it is looked at there."""
BY_A_LINK = ("/pieces/import/{list_id}", "/sign-in", "/your-history", "/your-order")
"""Where tests come by a link, a button or a name of the contract's."""
NOT_YET = (
    "/campaigns/{campaign}/edit", "/commissions/{associate}", "/compliance/closings/{store}/{number}",
    "/ledger/accounts/{account}", "/owed/{account}", "/stores/{store}/enrol",
)  # fmt: skip
"""Nobody looks at these yet. It may only become shorter."""


def words(tree: ast.AST) -> Iterator[str]:
    """Every text of a program; what is put into an f-string is `*`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "*" for each in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def addresses(texts: Iterable[str]) -> set[str]:
    """What looks like the path of a page, without host and query."""
    found = (re.fullmatch(r"\*?\**(/[^\s?#]*)(?:[?#].*)?", text) for text in texts)
    return {match[1] for match in found if match}


def unseen(pages: Iterable[str], opened: set[str]) -> list[str]:
    """Pages that none of these addresses opens; a part of an address that is only known later fits any word."""
    fits = {page: re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(page)) + "/?") for page in pages}
    return sorted(page for page, fit in fits.items() if not any(fit.fullmatch(each) for each in opened))


def test_every_page_of_the_office_is_opened_by_a_browser(tmp_path: Path, make_office: Callable[[Path], Cloud]) -> None:
    cloud = make_office(tmp_path)
    gets = {each.path for each in declared(cloud.app) if each.method == "GET"}
    cloud.office.close()
    pages = {path for path in gets if not path.startswith(("/api/", "/static")) and not NO_PAGES.match(path)}
    sources = [path for path in HERE.glob("*.py") if path != Path(__file__)]
    opened = addresses(text for path in sources for text in words(ast.parse(path.read_text(encoding="utf-8"))))
    known = {*PARTS, *BY_A_LINK, *NOT_YET}
    assert unseen(pages, opened) == sorted(known), "open it in a test of this folder, and look at it (`look_at`)"
    assert unseen([*pages, "/forgotten/{name}"], opened) == sorted({*known, "/forgotten/{name}"}), "the control"
