"""Gathers every text that people read into the catalogues of translations, and says how far each language is.

Three kinds of texts: what templates and Python mark with `_()` and its kin; English sentences that rules and doors say
(`SENTENCES`: an f-string becomes a message with placeholders, found again by `web/phrases.py`); and tables of words of
rooms that know no language (`ENUMERATIONS`, `TABLES`).
"""

import ast
import datetime as dt
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple, TypeGuard

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from vitrine.problems import PersonError
from web.catalogues import HERE, LANGUAGES_WITH_CATALOGUE, TEMPLATE, po_of

ROOT: Final = HERE.parent.parent
ROOMS: Final = ("contract", "trade", "edge", "cloud", "web")
KEYWORDS: Final = {
    "_": None, "gettext": None, "later": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
JINJA: Final = {"trimmed": "true", "newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true"}
SENTENCES: Final = {"Refusal": (1,), "ProblemError": (2, 3)}
"""Whose arguments, counted from nought, are sentences for a person; of an error of ours, every argument is."""
FOR_PEOPLE: Final = (
    "contract/order_page.py", "contract/receipt_code.py", "trade/", "edge/api/", "edge/till/", "edge/counts/",
    "edge/floor/", "edge/payments/", "edge/clients/", "edge/receipts/", "cloud/pos/", "cloud/doors", "cloud/pages",
    "web/",
)  # fmt: skip
"""Whose refusals stand on pages. What a box says to whoever sets it up is English, as its log is."""
NOT_FOR_PEOPLE: Final = ("ConfigError", "ProtocolError", "AssertionError", "TypeError")
ENUMERATIONS: Final = frozenset({
    "AlarmKind", "AppointmentState", "CardRefundState", "CashKind", "Channel", "Condition", "CountPlace",
    "CountState", "Disposition", "FinenessUnit", "InputKind", "Likes", "LineKind", "MessageState", "OrderKind",
    "OrderState", "OutputKind", "Ownership", "PaperKind", "PaymentState", "Permission", "PresenceState", "Proof",
    "ReaderLink", "Relation", "Role", "SaleState", "Severity", "ShiftState", "Source", "TenderKind", "TransferState",
    "Unit", "Verdict", "Vision",
})  # fmt: skip
"""Whose members stand on pages, as words: `gift_card` as “gift card”."""
TABLES: Final = frozenset({
    "ADVICE", "CHOICES", "COUNT_WORDS", "DONE", "KINDS", "NAMES", "QUEUES", "SEEN", "STATE_WORDS", "STEPS", "TITLES",
    "TITLE_OF_STATUS", "TOLD", "TO_PARTIES", "TO_SEE", "UNITS", "WITH_REASONS", "WORDS",
})  # fmt: skip
"""Module-level tables whose values are words for people."""
WIDTH: Final = 110
MADE: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""A header that says when it was written would differ each time nothing else does."""


class Coverage(NamedTuple):
    """How far a language is."""

    language: str
    translated: int
    messages: int

    def __str__(self) -> str:
        return f"{self.language}: {self.translated} of {self.messages}"


def gathered(root: Path = ROOT) -> Catalog:
    """Every message of the source, without translations."""
    if not (root / "pyproject.toml").is_file():
        raise PersonError("the words are gathered from a checkout, and this is an installed copy: run it in a clone")
    catalogue = _empty("")
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        for message, context, comments, flags in _messages(path):
            catalogue.add(
                message, None, [(name, 0)], flags=flags, auto_comments=comments, context=context,
            )  # fmt: skip
    return catalogue


def text_of(catalogue: Catalog) -> str:
    """As it is kept: sorted, with the files each message stands in and no line numbers, so that it differs seldom."""
    out = BytesIO()
    write_po(out, catalogue, width=WIDTH, sort_output=True, ignore_obsolete=True, include_lineno=False)
    return out.getvalue().decode()


def renewed(language: str, source: Catalog) -> Catalog:
    """The catalogue of a language with the messages of the source, keeping every translation that still has one."""
    po = po_of(language)
    kept = read_po(BytesIO(po.read_bytes()), locale=language) if po.is_file() else _empty(language)
    new = _empty(language)
    for message in source:
        if message.id:
            had = kept.get(message.id, message.context)
            new.add(
                message.id, had.string if had else None, message.locations, flags=message.flags,
                context=message.context, user_comments=had.user_comments if had else (),
            )  # fmt: skip
    return new


def update() -> list[Coverage]:
    """Writes the template and every language's catalogue."""
    source = gathered()
    TEMPLATE.write_text(text_of(source), encoding="utf-8")
    for language in LANGUAGES_WITH_CATALOGUE:
        po = po_of(language)
        po.parent.mkdir(parents=True, exist_ok=True)
        po.write_text(text_of(renewed(language, source)), encoding="utf-8")
    return coverage()


def coverage() -> list[Coverage]:
    """Of each language as it is kept."""
    found = []
    for language in LANGUAGES_WITH_CATALOGUE:
        messages = [each for each in read_po(BytesIO(po_of(language).read_bytes()), locale=language) if each.id]
        done = sum(all(each.string) if isinstance(each.string, tuple) else bool(each.string) for each in messages)
        found.append(Coverage(language, done, len(messages)))
    return found


def _empty(language: str) -> Catalog:
    return Catalog(
        locale=language or None, domain="vitrine", project="Vitrine", version="1", copyright_holder="Vitrine",
        msgid_bugs_address="", creation_date=MADE, revision_date=MADE, last_translator="Vitrine",
        language_team=language or "none", charset="utf-8", fuzzy=False, header_comment="# Texts of Vitrine.",
    )  # fmt: skip


def _files(root: Path) -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted(path for path in (root / room).rglob("*") if path.suffix in {".py", ".html"})


Named = dict[str, list[ast.expr]]
Found = tuple[str | tuple[str, ...], str | None, list[str], set[str]]


def _messages(path: Path) -> Iterator[Found]:
    if path.suffix == ".html":
        for _line, message, comments, context in extract_from_file("jinja2", path, KEYWORDS, options=JINJA):
            yield message, context, comments, set()
        return
    text = path.read_text(encoding="utf-8")
    if "web.words" in text:
        for _line, message, comments, context in extract_from_file("python", path, KEYWORDS, ("Words:",)):
            yield message, context, comments, set()
    yield from ((each, None, [], set()) for each in labels(text))
    if path.relative_to(ROOT).as_posix().startswith(FOR_PEOPLE):
        yield from ((each, None, [], _flags(each)) for each in sentences(text))


def _flags(message: str) -> set[str]:
    return {"python-format"} if "%(" in message else set()


def labels(text: str) -> Iterator[str]:
    """Words of enumerations and tables that pages show with `| said`."""
    for node in ast.parse(text).body:
        match node:
            case ast.ClassDef(name=name, body=members) if name in ENUMERATIONS:
                for member in members:
                    if isinstance(member, ast.Assign) and isinstance(member.value, ast.Constant):
                        yield str(member.value.value).replace("_", " ")
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict(values=values)) if name in TABLES:
                for value in values:
                    parts = value.elts if isinstance(value, ast.Tuple) else [value]
                    yield from (str(each.value) for each in parts if _has_words(each))


def _has_words(node: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and any(map(str.isalpha, node.value))


def sentences(text: str) -> Iterator[str]:
    """What a file of Python says to people when it refuses: `f"Open a shift on {act.till} first"` → `… %(till)s …`.

    Also what a function names first, `why = f"…"`, and says then.
    """
    tree = ast.parse(text)
    found = dict.fromkeys(_said_in(tree, {}))
    for each in ast.walk(tree):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            found |= dict.fromkeys(_said_in(each, _named(each)))
    yield from found


def _said_in(scope: ast.AST, named: Named) -> Iterator[str]:
    for node in ast.walk(scope):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in SENTENCES:
            given = [node.args[at] for at in SENTENCES[name] if at < len(node.args)]
            given += [each.value for each in node.keywords if each.arg in {"title", "detail", "text"}]
        elif name.endswith("Error") and name not in NOT_FOR_PEOPLE:
            given = list(node.args)
        else:
            continue
        for each in given:
            for value in named.get(each.id, ()) if isinstance(each, ast.Name) else (each,):
                yield from filter(_is_sentence, _templates(value))


def _named(function: ast.AST) -> Named:
    """What each name of a function was given, in every place."""
    named: Named = {}
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                named.setdefault(name, []).append(value)
            case _:
                continue
    return named


def _is_sentence(message: str) -> bool:
    return " " in message.strip() and sum(each.isalpha() for each in message) >= 8


def _templates(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp(body=yes, orelse=no):
            yield from _templates(yes)
            yield from _templates(no)
        case ast.JoinedStr(values=parts):
            yield _template(parts)
        case _:
            return


def _template(parts: list[ast.expr]) -> str:
    said, names = "", set[str]()
    for part in parts:
        if isinstance(part, ast.Constant):
            said += str(part.value).replace("%", "%%")
            continue
        assert isinstance(part, ast.FormattedValue)
        name = wished = _name(part.value)
        number = 1
        while name in names:
            number += 1
            name = f"{wished}{number}"
        names.add(name)
        said += f"%({name})s"
    return said


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case ast.Call(func=ast.Attribute(value=inner, attr="replace" | "lower" | "upper" | "title" | "capitalize")):
            return _name(inner)
        case ast.Call(args=[inner, *_]) | ast.Subscript(value=inner) | ast.BinOp(left=inner):
            return _name(inner)
        case ast.BoolOp(values=[inner, *_]):
            return _name(inner)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
        case _:
            return "value"
