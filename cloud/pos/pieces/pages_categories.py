"""The office's page of categories: what pieces of each say beside the rest, attribute by attribute, with its kind."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from cloud.desk import Desk
from cloud.pos.pieces import categories
from cloud.pos.pieces.categories import CategoryError
from cloud.pos.pieces.routes_record import MERCHANDISERS
from trade.attributes import RULES_MAX, AttributeKind, AttributeRule
from web.front import go, render
from web.logins import Login
from web.policy import allow

BLANK_ROWS: Final = 3
"""Empty lines of the form beside those that are filled: a longer list is kept and gone on with."""
BLANK: Final = AttributeRule(name="", kind=AttributeKind.TEXT)
Merchandiser = Annotated[Login, allow(*MERCHANDISERS)]


def router(desk: Desk) -> APIRouter:
    """Stands before the pages of one piece."""
    routes = APIRouter(prefix="/pieces", include_in_schema=False)

    def page(
        request: Request, category: str, rules: Sequence[AttributeRule] | None = None, *, problem: str = ""
    ) -> Response:
        with desk.look() as work:
            known = categories.listing(work.tx)
        kept = next((each.rules for each in known if each.category == category), ())
        shown = [*(kept if rules is None else rules), *[BLANK] * BLANK_ROWS][: RULES_MAX + BLANK_ROWS]
        return render(
            request, "pieces/categories.html", status=422 if problem else 200, known=known, category=category,
            rules=shown, kinds=tuple(AttributeKind), problem=problem,
        )  # fmt: skip

    @routes.get("/categories", dependencies=[allow(*MERCHANDISERS)])
    def show(request: Request, category: Annotated[str, Query(max_length=60)] = "") -> Response:
        return page(request, category)

    @routes.post("/categories")
    async def keep(request: Request, who: Merchandiser) -> Response:
        """The whole list of one category; a line without a name is left out."""
        return await run_in_threadpool(kept, request, await request.form(), who)

    def kept(request: Request, typed: FormData, who: Login) -> Response:
        category = _text(typed, "category").lower()
        rules = [rule for at in range(RULES_MAX + BLANK_ROWS) if (rule := _rule(typed, at)).name]
        try:
            with desk.work() as work:
                categories.set_rules(work, category, rules, by=who.user)
        except CategoryError as error:
            return page(request, category, rules, problem=str(error))
        return go(request, "/pieces/categories")

    return routes


def _rule(typed: FormData, at: int) -> AttributeRule:
    kind = _text(typed, f"kind-{at}")
    choices = [word for each in _text(typed, f"choices-{at}").split(",") if (word := each.strip())]
    return AttributeRule(
        name=_text(typed, f"name-{at}").lower(),
        kind=AttributeKind(kind) if kind in list(AttributeKind) else AttributeKind.TEXT,
        unit=_text(typed, f"unit-{at}"),
        choices=tuple(choices),
        required=_text(typed, f"required-{at}") == "yes",
    )


def _text(typed: FormData, name: str) -> str:
    value = typed.get(name, "")
    return " ".join(value.split()) if isinstance(value, str) else ""
