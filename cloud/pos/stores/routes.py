"""Stores over HTTP: opening one, looking at it, and a manager's word about its box."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import AfterValidator, Field

from cloud import changes
from cloud.desk import Desk
from cloud.pos.http import Asked, conflicts, found
from cloud.pos.stores import queries
from cloud.pos.stores import settings as store_settings
from cloud.pos.stores.desk import StoreExistsError, check_time_zone, open_store
from cloud.rejoin import Rejoins
from contract.feed import Permission, SettingsCard, StoreCard, TaxRounding
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


class SettingsAsked(Asked):
    """Everything as it shall be; amounts in minor units of the store's currency."""

    tax_rounding: Literal["line", "receipt"] = "line"
    cash_step_minor: int = 1
    denominations: list[int] = Field(default=[], max_length=store_settings.DENOMINATIONS_MAX)
    margin_scheme: bool = False
    refund_days: int = 30
    refund_cash_minor_max: int = 0
    cash_minor_max: int = 0
    over_short_minor_max: int = 500
    offline_card_minor_max: int = 0
    offline_value_minor_max: int = 0
    value_months: int = 0
    order_deposit_bp: int = 3_000
    order_fee_bp: int = 1_000
    order_grace_days: int = 14
    layaway_days: int = 180
    receipt_foot: str = ""
    legal_name: str = ""
    tax_number: str = ""
    address: str = ""
    contact: str = ""
    language: str = "en"
    check_url: str = ""
    why: str = Field(max_length=changes.WHY_CHARACTERS_MAX)


class ReplaceAsked(Asked):
    """“The box is gone, and so are its tills or they are in my hand. This machine serves the store now.”"""

    instance: str = Field(min_length=1, max_length=200)
    why: str = Field(min_length=3, max_length=500)
    nothing_left: bool = False
    """While the office recovers: no till and no disk of this store will ever tell more; do not wait for it."""


def router(desk: Desk, rejoins: Rejoins) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/stores", tags=["stores"])

    @routes.get("")
    def listing(who: Annotated[Login, signed_in(of="house")]) -> list[queries.StoreRow]:
        """Every store, and how far it was heard; of who is of some stores only, those."""
        with desk.look() as work:
            return [row for row in queries.listing(work.tx) if who.of(row.store)]

    @routes.post("", dependencies=[allow(Permission.SETTINGS, of="everywhere")], status_code=201)
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
        store: str, asked: ReplaceAsked, who: Annotated[Login, allow(Permission.REPLACE_BOX)]
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

    @routes.get("/{store}/settings", dependencies=[signed_in()])
    def settings_of(store: str) -> store_settings.SettingsRow:
        """How the store sells."""
        with desk.look() as work:
            return found(store_settings.row(work.tx, StoreId(store)), f"store {store}")

    @routes.put("/{store}/settings")
    def put_settings(
        store: str, asked: SettingsAsked, who: Annotated[Login, allow(Permission.SETTINGS)]
    ) -> store_settings.SettingsRow:
        """Every till of the store sells so as soon as it hears of it; with what it heard last until then."""
        told = asked.model_dump(exclude={"why"})
        rounding, coins = TaxRounding(told.pop("tax_rounding")), tuple(told.pop("denominations"))
        card = SettingsCard(store=StoreId(store), tax_rounding=rounding, denominations=coins, **told)
        try:
            with desk.work() as work:
                store_settings.put_settings(work, card, by=who.user, why=asked.why)
        except LookupError as error:
            raise ProblemError(404, "not-found", str(error), "Open it first.") from error
        except (store_settings.SettingsError, changes.WhyError) as error:
            raise ProblemError(422, "settings", "This cannot be right", str(error)) from error
        return settings_of(store)

    return routes
