"""The office's pages of what was bought from the public, of scrap on its way to a refiner, and of metal prices."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from cloud import called, changes
from cloud.desk import Desk
from cloud.listing import answer, kept
from cloud.people import Keyring
from cloud.pos.http import conflicts, found
from cloud.pos.purchases import metals, queries
from cloud.pos.purchases.routes import ERRORS
from cloud.remarks import Remarks
from contract.feed import MetalPriceCard, Permission
from contract.ids import StoreId
from trade.melt import METALS
from web.forms import amount_minor, percent_bp, typed
from web.front import go, render
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError
from web.tables import Asked, asked

Reader = Annotated[Login, allow(Permission.LEDGER)]
Knower = Annotated[Login, allow(Permission.SEE_COST, of="house")]
Setter = Annotated[Login, allow(Permission.SETTINGS, of="everywhere")]
List = Annotated[Asked, Depends(asked)]
Word = Annotated[str, Query(max_length=100)]
Text = Annotated[str, Form(max_length=100)]
Why = Annotated[str, Form(max_length=changes.WHY_CHARACTERS_MAX)]


def router(desk: Desk, ring: Keyring, clients: called.Clients) -> APIRouter:
    routes = APIRouter(prefix="/purchases", include_in_schema=False)

    @routes.get("")
    def listing(request: Request, who: Reader, what: List, store: Word = "") -> Response:
        with desk.look() as work:
            people = called.people(work.tx)
            names = {name: title for name, title in called.stores(work.tx).items() if who.of(name)}
            table = queries.table(work.tx, what, names, people, called.clients(work.tx, who, clients), store=store)
            page = answer(
                request, table, "purchases/list.html", prices=metals.prices(work.tx), names=names, people=people,
                may_set=Permission.SETTINGS in who.powers.everywhere,
            )  # fmt: skip
        return kept(desk, who, page) if who.may(Permission.SEE_CLIENTS) else page

    @routes.get("/metals")
    def metal(request: Request, who: Setter, metal: Word = "gold", currency: Word = "EUR") -> Response:
        del who
        with desk.look() as work:
            card = next(
                (each for each in metals.prices(work.tx) if (each.metal, each.currency) == (metal, currency)), None
            )
        return form(request, shown(card, metal, currency))

    @routes.post("/metals")
    def keep(
        request: Request, who: Setter, *, metal: Text, currency: Text, price: Text, payout: Text, source: Text,
        why: Why = "",
    ) -> Response:  # fmt: skip
        """`price` of a kilogram of fine metal, quoted now."""
        given = {
            "metal": metal, "currency": currency, "price": price, "payout": payout, "source": source, "why": why,
            "standing": False,
        }  # fmt: skip
        try:
            money = currency.strip().upper()
            card = MetalPriceCard(
                metal=metal.strip(), currency=money, minor_per_kg=amount_minor(price, money, "A kilogram"),
                payout_bp=percent_bp(payout, "Offered"), source=source.strip(), quoted_us=desk.now_us(),
            )  # fmt: skip
            with desk.work() as work:
                metals.put(work, card, by=who.user, why=why)
        except ERRORS as error:
            return form(request, given, problem=str(error))
        except ProblemError as error:
            return form(request, given, problem=error.detail or error.title)
        return go(request, "/purchases")

    @routes.post("/metals/end")
    def end(request: Request, who: Setter, metal: Text, currency: Text, why: Why = "") -> Response:
        with conflicts(*ERRORS, code="metal-price"), desk.work() as work:
            metals.end(work, metal, currency, by=who.user, why=why)
        return go(request, "/purchases")

    @routes.get("/past/{piece}")
    def past(request: Request, who: Knower, piece: str) -> Response:
        """A piece of the page of a piece."""
        with desk.look() as work:
            rows = queries.past(work.tx, Remarks(work.tx, ring), piece)
            known = called.clients(work.tx, who, clients)(row.client for row in rows)
            return render(request, "purchases/_past.html", rows=rows, clients=known)

    @routes.get("/{store}/{purchase}")
    def one(request: Request, who: Reader, store: str, purchase: str) -> Response:
        with desk.look() as work:
            row, items = found(
                queries.one(work.tx, Remarks(work.tx, ring), StoreId(store), purchase),
                f"purchase {purchase} at {store}",
            )
            return render(
                request, "purchases/one.html", row=row, items=items, names=called.stores(work.tx),
                people=called.people(work.tx), clients=called.clients(work.tx, who, clients)([row.client]),
            )  # fmt: skip

    def form(request: Request, given: Mapping[str, object], *, problem: str = "") -> Response:
        return render(
            request, "purchases/metal.html", status=422 if problem else 200, given=given, problem=problem, metals=METALS
        )

    return routes


def shown(card: MetalPriceCard | None, metal: str, currency: str) -> dict[str, object]:
    """A price as a person types it."""
    return {
        "metal": metal, "currency": currency, "price": typed(card.minor_per_kg, currency) if card else "",
        "payout": f"{card.payout_bp / 100:g}" if card else "", "source": card.source if card else "",
        "standing": card is not None,
    }  # fmt: skip
