"""The office's page of what it owes: gift cards, credit, deposits; and an account with its moves."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from cloud import called, changes, forfeits
from cloud.desk import Desk
from cloud.listing import answer, kept
from cloud.pos.http import found
from cloud.pos.value import by_hand, columns, queries
from contract.feed import Permission
from contract.ids import AccountId, StoreId
from web.forms import amount_minor
from web.front import go, render
from web.logins import Login
from web.policy import allow, require
from web.problems import ProblemError
from web.tables import Asked, asked

Reader = Annotated[Login, allow(Permission.LEDGER, of="house")]
List = Annotated[Asked, Depends(asked)]
Word = Annotated[str, Query(max_length=100)]


def router(desk: Desk, clients: called.Clients) -> APIRouter:
    routes = APIRouter(prefix="/owed", include_in_schema=False)

    @routes.get("")
    def listing(request: Request, who: Reader, what: List, kind: Word = "") -> Response:
        with desk.look() as work:
            names, known = called.stores(work.tx), called.clients(work.tx, who, clients)
            table = columns.of_accounts(work.tx, what, names, known, kind=kind)
            page = answer(
                request,
                table,
                "value/list.html",
                owed=queries.owed(work.tx),
                names=names,
                kinds=columns.KINDS,
                one=called.OWED,
            )
        return kept(desk, who, page) if who.may(Permission.SEE_CLIENTS) else page

    @routes.get("/{account}")
    def detail(request: Request, who: Reader, account: str) -> Response:
        with desk.look() as work:
            names = called.stores(work.tx)
            seen = found(queries.detail(work.tx, account), f"account {account}")
            acts = changes.listing(work.tx, what=forfeits.NOTED, subject=account)
            return render(
                request, "value/account.html", seen=seen, row=seen.row, acts=acts, names=names,
                name=called.OWED[seen.row.kind],
                people=called.people(work.tx),
                clients=called.clients(work.tx, who, clients)([seen.row.client] if seen.row.client else ()),
                mine={name: title for name, title in names.items() if Permission.LEDGER in who.powers.at(name)},
            )  # fmt: skip

    @routes.post("/{account}/block")
    def block(who: Reader, request: Request, account: str, why: Annotated[str, Form(max_length=200)] = "") -> Response:
        """Without a reason it is free again."""
        with desk.work() as work:
            found(by_hand.block(work, AccountId(account), why.strip(), by=who.user) or None, f"account {account}")
        return go(request, f"/owed/{account}")

    @routes.post("/{account}/until")
    def extend(
        who: Reader,
        request: Request,
        account: str,
        why: Annotated[str, Form(min_length=3, max_length=200)],
        day: Annotated[str, Form(max_length=10)] = "",
    ) -> Response:
        """Another last day on which it may be spent; none: for ever."""
        with desk.work() as work:
            wrong = by_hand.extend(work, AccountId(account), day.strip(), by=who.user, why=why)
            if wrong:
                raise ProblemError(409, "expiry", "It cannot be spent until then", wrong)
        return go(request, f"/owed/{account}")

    @routes.post("/{account}/forfeit")
    def forfeit(
        who: Reader, request: Request, account: str, why: Annotated[str, Form(min_length=3, max_length=200)]
    ) -> Response:
        """What is left of it is the house's."""
        with desk.work() as work:
            wrong = by_hand.forfeit(work, AccountId(account), ref=desk.new_id(), by=who.user, why=why)
            if wrong:
                raise ProblemError(409, "forfeit", "This cannot be forfeited", wrong)
        return go(request, f"/owed/{account}")

    @routes.post("/{account}/allow")
    def permit(
        request: Request,
        who: Reader,
        account: str,
        at: Annotated[str, Form(max_length=64)],
        amount: Annotated[str, Form(max_length=20)],
    ) -> Response:
        """So much of it may be spent at a store while it hears nothing from the office."""
        require(who, Permission.LEDGER, store=at)
        with desk.work() as work:
            row = found(queries.detail(work.tx, account), f"account {account}").row
            minor = amount_minor(amount, row.currency, "Amount")
            wrong = by_hand.allow(work, StoreId(at), AccountId(account), minor, by=who.user)
            if wrong:
                raise ProblemError(409, "allowance", "This cannot be allowed", wrong)
        return go(request, f"/owed/{account}")

    return routes
