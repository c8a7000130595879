"""Stores over HTTP: opening one, looking at it, and a manager's word about its box."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, Field

from cloud.desk import Desk
from cloud.pos.http import Asked, conflicts, found
from cloud.pos.stores import queries
from cloud.pos.stores.desk import StoreExistsError, check_time_zone, open_store
from cloud.rejoin import Rejoins
from contract.feed import Role, StoreCard
from contract.ids import StoreId, check_slug
from web.logins import Login
from web.policy import allow, signed_in
from web.problems import ProblemError


class StoreAsked(Asked):
    """`store` is its slug for ever: certificate, topics and reports carry it."""

    store: Annotated[str, AfterValidator(check_slug)]
    name: str = Field(min_length=1, max_length=100)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    city: str = ""
    time_zone: Annotated[str, AfterValidator(check_time_zone)] = "UTC"


class ReplaceAsked(Asked):
    """“The box is gone, and so are its tills or they are in my hand. This machine serves the store now.”"""

    instance: str = Field(min_length=1, max_length=200)
    why: str = Field(min_length=3, max_length=500)
    nothing_left: bool = False
    """While the office recovers: no till and no disk of this store will ever tell more; do not wait for it."""


def router(desk: Desk, rejoins: Rejoins) -> APIRouter:
    routes = APIRouter(prefix="/stores", tags=["stores"])

    @routes.get("", dependencies=[signed_in()])
    def listing() -> list[queries.StoreRow]:
        """Every store, and how far it was heard."""
        with desk.look() as work:
            return queries.listing(work.tx)

    @routes.post("", dependencies=[allow(Role.ADMIN)], status_code=201)
    def create(asked: StoreAsked) -> queries.StoreDetail:
        """Open a store, warehouse, workshop or web stockroom; then enrol its box."""
        with conflicts(StoreExistsError, code="store-exists"), desk.work() as work:
            open_store(work, StoreCard(**{**asked.model_dump(), "store": StoreId(asked.store)}))
        return detail(asked.store)

    @routes.get("/{store}", dependencies=[signed_in()])
    def detail(store: str) -> queries.StoreDetail:
        """One store: its box, its logs, its readers."""
        with desk.look() as work:
            return found(queries.detail(work.tx, store), f"store {store}")

    @routes.post("/{store}/replace")
    def replace(
        store: str, asked: ReplaceAsked, who: Annotated[Login, allow(Role.ADMIN, Role.MANAGER)]
    ) -> queries.StoreDetail:
        """Fence the old box. Its pieces are frozen and come back where they are read."""
        detail(store)
        done = rejoins.replace(
            StoreId(store), asked.instance, by=who.user, why=asked.why, now_us=desk.now_us(),
            nothing_left=asked.nothing_left,
        )  # fmt: skip
        if not done:
            title = "The payment provider does not answer"
            raise ProblemError(503, "provider", title, "Web orders of this store must be ended first; try again soon.")
        return detail(store)

    return routes
