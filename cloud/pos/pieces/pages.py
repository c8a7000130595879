"""The office's pages that change pieces: the edit of a record, a set taken apart, an appraisal."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from cloud.appraising import Appraisal
from cloud.desk import Desk
from cloud.pos.http import CONTROL, found
from cloud.pos.pieces import appraisals, columns
from cloud.pos.pieces import desk as pieces
from cloud.pos.pieces.categories import rules_of
from cloud.pos.pieces.checks import RecordError
from cloud.pos.pieces.columns import BY_FIELD, COLUMNS, Backing
from cloud.pos.pieces.queries import houses as houses_of
from cloud.pos.pieces.record import FullRecord, full_record
from cloud.pos.pieces.routes_record import MERCHANDISERS, refusals
from contract.commands import CustodyState
from contract.feed import Condition, Ownership, Permission
from contract.ids import PieceId, StoreId
from web.forms import amount_minor
from web.front import go, render
from web.logins import Login
from web.policy import allow, require

Merchandiser = Annotated[Login, allow(*MERCHANDISERS)]
Why = Annotated[str, Form(min_length=1, max_length=500)]
FIXED: Final = frozenset({"piece", "epc", "tid"})
"""A name is for ever; tags are bound where they are read."""
LONG: Final = frozenset({"metals", "gems", "stones", "certificates", "attributes", "prices", "provenance"})
CHOICES: Final = {
    "ownership": tuple(Ownership), "condition": tuple(Condition), "second_hand": ("no", "yes"),
}  # fmt: skip
GROUPS: Final = (
    ("What it is", ("sku", "title", "category", "collection", "designer", "serial", "barcode", "attributes")),
    ("Metals and stones", ("metal", "fineness", "weight_g", "metals", "stones", "gems", "certificates")),
    ("Prices and taxes", ("price", "currency", "prices", "tax_percent", "tax", "second_hand")),
    ("How it stands", ("ownership", "condition", "set_of", "home_zone", "tray", "photo")),
    ("Known to the house only", ("cost", "cost_currency", "source", "provenance", "due_back")),
)  # fmt: skip
EDITED: Final = tuple(header for _, headers in GROUPS for header in headers)
FIELD_LENGTH_MAX: Final = 2000


def router(desk: Desk) -> APIRouter:  # noqa: PLR0915 - one short closure per page
    """Stands before the page of one piece."""
    routes = APIRouter(prefix="/pieces", include_in_schema=False)

    def look(piece: str) -> FullRecord:
        with desk.look() as work:
            return found(full_record(work.tx, PieceId(piece), with_cost=True), f"piece {piece}")

    def form(
        request: Request, who: Login, seen: FullRecord | None, given: dict[str, str], *, why: str = "",
        wrong: dict[str, str] | None = None, problem: str = "", store: str = "",
    ) -> Response:  # fmt: skip
        """Without a record the form of a new piece."""
        with desk.look() as work:
            houses = [] if seen else houses_of(work.tx)
            asked = {name: rules for name, rules in rules_of(work.tx).items() if rules}
        return render(
            request, "pieces/edit.html", status=422 if wrong or problem else 200, record=seen, given=given, why=why,
            wrong=wrong or {}, problem=problem, groups=GROUPS if who.may(Permission.SEE_COST) else GROUPS[:-1],
            columns=columns.BY_HEADER, long=LONG, choices=CHOICES,
            stores=houses, store=store, asked=asked,
        )  # fmt: skip

    @routes.get("/new")
    def new_page(request: Request, who: Merchandiser) -> Response:
        return form(request, who, None, {**columns.shown(columns.NO_CARD, Backing()), "price": ""})

    @routes.post("/new")
    async def bring_in(request: Request, who: Merchandiser) -> Response:
        """One piece by hand: like a list of one row."""
        return await run_in_threadpool(brought_in, request, await request.form(), who)

    def brought_in(request: Request, typed: FormData, who: Login) -> Response:
        given = {header: _text(typed, header) for header in (*EDITED, "piece", "epc")}
        given |= {} if who.may(Permission.SEE_COST) else dict.fromkeys(GROUPS[-1][1], "")
        store, name = _text(typed, "store"), given["piece"] or desk.new_id()
        require(who, Permission.PIECES, store=store)
        card, backing, unread = columns.read({**given, "piece": name})
        wrong = dict(unread) | {header: why_not for header in given if (why_not := _unkeepable(given[header]))}
        problem = ""
        if not wrong:
            with desk.work() as work:
                if pieces.records(work.tx, [PieceId(name)]):
                    wrong["piece"] = "there is a piece of this name: choose another, or change that one"
                else:
                    told = pieces.bring_in(
                        work, [card], StoreId(store), state=CustodyState.INCOMING, backings={card.piece: backing},
                        by=who.user, why="entered by hand",
                    )  # fmt: skip
                    by_field = {each.field: each.why for each in told.errors}
                    problem = by_field.pop("store", "")
                    wrong = _by_header(by_field)
        if wrong or problem:
            return form(request, who, None, given, wrong=wrong, problem=problem, store=store)
        return go(request, f"/pieces/{name}")

    @routes.get("/{piece}/edit")
    def edit_page(request: Request, piece: str, who: Merchandiser) -> Response:
        seen = look(piece)
        return form(request, who, seen, columns.shown(seen.card, seen.backing or Backing()))

    @routes.post("/{piece}/edit")
    async def change(request: Request, piece: str, who: Merchandiser) -> Response:
        """Whoever mistypes sees the form again, words beside each field, and everything kept."""
        typed = await request.form()
        return await run_in_threadpool(changed, request, piece, typed, who)

    def changed(request: Request, piece: str, typed: FormData, who: Login) -> Response:
        seen = look(piece)
        given = {header: _text(typed, header) for header in EDITED}
        if not who.may(Permission.SEE_COST):
            standing = columns.shown(seen.card, seen.backing or Backing())
            given |= {header: standing[header] for header in GROUPS[-1][1]}
        why, before = _text(typed, "why"), _text(typed, "changed_us")
        card, backing, unread = columns.read(given, seen.card, seen.backing)
        wrong = dict(unread) | {header: why_not for header in EDITED if (why_not := _unkeepable(given[header]))}
        if wrong:
            return form(request, who, seen, given, why=why, wrong=wrong)
        stamp = int(before) if before.isdecimal() else -1
        try:
            with desk.work() as work:
                pieces.edit(work, card, backing, by=who.user, why=why, changed_us=stamp)
        except RecordError as error:
            return form(request, who, seen, given, why=why, wrong=_by_header(dict(error.errors)))
        except pieces.StaleRecordError as error:
            return form(request, who, seen, given, why=why, problem=str(error))
        return go(request, f"/pieces/{piece}")

    @routes.post("/{piece}/apart")
    def take_apart(request: Request, piece: str, who: Merchandiser, why: Why) -> Response:
        with refusals(), desk.work() as work:
            pieces.take_apart(work, PieceId(piece), by=who.user, why=why)
        return go(request, f"/pieces/{piece}")

    @routes.post("/{piece}/appraisals")
    def appraise(
        request: Request,
        piece: str,
        who: Merchandiser,
        *,
        value: Annotated[str, Form(max_length=20)],
        currency: Annotated[str, Form(max_length=3)],
        purpose: Annotated[str, Form(max_length=200)],
        appraiser: Annotated[str, Form(max_length=200)],
        day: Annotated[str, Form(max_length=10)],
        note: Annotated[str, Form(max_length=1000)] = "",
    ) -> Response:
        told = Appraisal(
            value_minor=amount_minor(value, currency, "Value"), currency=currency, purpose=purpose.strip(),
            appraiser=appraiser.strip(), day=day, note=note.strip(),
        )  # fmt: skip
        with refusals(), desk.work() as work:
            appraisals.appraise(work, PieceId(piece), told, new_id=desk.new_id(), by=who.user)
        return go(request, f"/pieces/{piece}")

    return routes


def _by_header(wrong: Mapping[str, str]) -> dict[str, str]:
    return {BY_FIELD[field].header if field in BY_FIELD else field: why for field, why in wrong.items()}


def _unkeepable(text: str) -> str:
    if len(text) > FIELD_LENGTH_MAX:
        return f"at most {FIELD_LENGTH_MAX} signs"
    return "no control characters" if CONTROL.search(text) else ""


def _text(typed: FormData, name: str) -> str:
    """A field as it was typed, line ends as spaces; a file in its place is nothing."""
    value = typed.get(name, "")
    return " ".join(value.split()) if isinstance(value, str) else ""


assert {column.header for column in COLUMNS} == {*EDITED, *FIXED}, "a new column needs its place in the form"
