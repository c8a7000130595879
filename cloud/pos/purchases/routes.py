"""Purchases from the public, and prices of metals, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from cloud import changes
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.http import ROWS_PER_PAGE, Asked, Limit, conflicts, found
from cloud.pos.purchases import metals, queries
from cloud.remarks import Remarks
from contract.feed import MetalPriceCard, Permission
from contract.ids import StoreId
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

Reader = Annotated[Login, allow(Permission.LEDGER)]
Setter = Annotated[Login, allow(Permission.SETTINGS, of="everywhere")]
Word = Annotated[str, Query(max_length=100)]
ERRORS = (metals.MetalError, changes.WhyError)


class MetalPriceAsked(Asked):
    """`minor_per_kg`: of a kilogram of fine metal; `payout_bp`: the part of it the house offers."""

    metal: Annotated[str, Field(max_length=30)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    minor_per_kg: int
    payout_bp: int
    source: Annotated[str, Field(max_length=metals.SOURCE_MAX)]
    quoted_us: Annotated[int, Field(ge=0, lt=2**62)]
    why: Annotated[str, Field(max_length=changes.WHY_CHARACTERS_MAX)]


def router(desk: Desk, ring: Keyring) -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["purchases"])

    @routes.get("/purchases")
    def listing(
        who: Reader, store: Word = "", client: Word = "", limit: Limit = ROWS_PER_PAGE
    ) -> list[queries.PurchaseRow]:
        """What stores bought from the public, newest first."""
        del who
        with desk.look() as work:
            return queries.listing(work.tx, store=store, client=client, limit=limit)

    @routes.get("/purchases/{store}/{purchase}")
    def one(who: Reader, store: str, purchase: str) -> dict[str, object]:
        """With its things: weight, fineness, the price that was frozen, and how long they lie untouched."""
        del who
        with desk.look() as work:
            row, items = found(
                queries.one(work.tx, Remarks(work.tx, ring), StoreId(store), purchase),
                f"purchase {purchase} at {store}",
            )
        return {"purchase": row, "items": items}

    @routes.get("/metal-prices")
    def prices(who: Reader) -> list[dict[str, object]]:
        """What the house says metals are worth, and offers of it."""
        del who
        with desk.look() as work:
            return [told(each) for each in metals.prices(work.tx)]

    @routes.put("/metal-prices")
    def put(body: MetalPriceAsked, who: Setter) -> dict[str, object]:
        """From the moment a store hears of it; what was bought before keeps the price of its moment."""
        given = body.model_dump(exclude={"why"})
        card = MetalPriceCard(**given)
        try:
            with desk.work() as work:
                metals.put(work, card, by=who.user, why=body.why)
        except ERRORS as error:
            raise ProblemError(422, "metal-price", "This cannot be right", str(error)) from error
        return told(card)

    @routes.delete("/metal-prices/{metal}/{currency}", status_code=204)
    def end(who: Setter, metal: str, currency: str, why: Annotated[str, Query(max_length=500)]) -> None:
        with conflicts(*ERRORS, code="metal-price"), desk.work() as work:
            metals.end(work, metal, currency, by=who.user, why=why)

    return routes


def told(card: MetalPriceCard) -> dict[str, object]:
    return {name: getattr(card, name) for name in card.__struct_fields__}
