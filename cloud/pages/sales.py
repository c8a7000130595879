"""The office's pages of sales: the newest, and one with all its parts."""

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from cloud import called
from cloud.desk import Desk
from cloud.listing import answer
from cloud.pages import lists
from cloud.pos.http import conflicts, found
from cloud.pos.ledger import kept
from cloud.pos.ledger import queries as ledger
from cloud.pos.payments import queries as payments
from cloud.pos.prices.desk import told_e9
from cloud.pos.receipts import paper
from cloud.pos.sales import queries
from cloud.pos.sales.desk import NotQuarantinedError, resolve
from cloud.pos.stores import queries as stores
from cloud.screens import pad_said
from contract.feed import Permission
from contract.ids import SaleId, StoreId
from trade.disposition import WORDS
from web.front import go, render
from web.logins import Login
from web.policy import allow, signed_in
from web.tables import Asked, asked

Anyone = Annotated[Login, signed_in()]
Looker = Annotated[Login, allow(Permission.LEDGER)]
List = Annotated[Asked, Depends(asked)]
Word = Annotated[str, Query(max_length=100)]


def router(desk: Desk, clients: called.Clients) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sales")
    def sale_list(request: Request, who: Anyone, what: List, store: Word = "") -> Response:
        del who
        with desk.look() as work:
            houses, people = stores.listing(work.tx), called.people(work.tx)
            table = lists.of_sales(work.tx, what, _names(houses), people, store=store)
            return answer(request, table, "sales/list.html", names=_names(houses), people=people)

    @routes.get("/sales/{store}/{sale}")
    def one_sale(request: Request, store: str, sale: str, who: Anyone) -> Response:
        """Its postings are for who may see the ledger of their stores."""
        with desk.look() as work:
            seen = found(queries.detail(work.tx, store, sale), f"sale {sale} in {store}")
            posted = ledger.postings(work.tx, sale=sale)
            called_by = kept.naming(
                work.tx, ((leg.account, leg.by) for each in posted for leg in each.legs),
                clients=called.clients(work.tx, who, clients),
            )  # fmt: skip
            return render(
                request, "sales/sale.html", detail=seen, sale=seen.row, names=_names(stores.listing(work.tx)),
                people=called.people(work.tx), called_by=called_by, pad_said=pad_said, told_e9=told_e9, becomes=WORDS,
                payments=payments.listing(work.tx, store=store, sale=sale), given=paper.givens(work.tx, store, sale),
                postings=[each for each in reversed(posted) if who.may(Permission.LEDGER, store=each.store)],
                may_resolve=who.may(Permission.LEDGER, store=store), may_see=who.may(Permission.SEE_CLIENTS),
                clients=called.clients(work.tx, who, clients)([seen.client] if seen.client else ()),
            )  # fmt: skip

    @routes.post("/sales/{store}/{sale}/resolve")
    def end_case(
        request: Request,
        who: Looker,
        store: str,
        sale: str,
        *,
        money: Annotated[Literal["post", "redressed"], Form()],
        outcome: Annotated[str, Form(min_length=3, max_length=500)],
    ) -> Response:
        house, named, post_it = StoreId(store), SaleId(sale), money == "post"
        with conflicts(NotQuarantinedError, code="not-quarantined"), desk.work() as work:
            resolve(work, house, named, post_it=post_it, by=who.user, outcome=outcome)
        return go(request, f"/sales/{store}/{sale}")

    return routes


def _names(rows: Iterable[stores.StoreRow]) -> dict[str, str]:
    return {row.store: row.name for row in rows}
