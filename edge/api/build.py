"""The store's HTTP face: JSON API under /api/v1, pages, health and metrics, every route with its policy."""

from typing import Final

from fastapi import FastAPI

from edge.api import (
    approving,
    pages,
    pages_discounts,
    pages_pictures,
    pages_shares,
    people,
    routes,
    trade_routes,
    value_routes,
    witnessing,
)
from edge.api.appointments import routes as appointment_routes
from edge.api.balances import routes as balance_routes
from edge.api.buying import pages as buying_pages
from edge.api.buying import routes as buying_routes
from edge.api.clients import routes as client_routes
from edge.api.counts import routes as count_routes
from edge.api.devices import routes as device_routes
from edge.api.first_steps import steps_of
from edge.api.history import routes as history_routes
from edge.api.looks import routes as look_routes
from edge.api.losses import pages as losses
from edge.api.orders import routes as order_routes
from edge.api.passes import routes as pass_routes
from edge.api.receipts import routes as receipt_routes
from edge.api.returns import routes as return_routes
from edge.api.shifts import routes as shift_routes
from edge.api.shop import Shop
from edge.api.tags import labels as label_routes
from edge.api.tags import routes as tag_routes
from edge.api.things import routes as thing_routes
from edge.api.wall import routes as wall_routes
from edge.api.watch import routes as watch_routes
from edge.api.zones import routes as zone_routes
from web.fit import join
from web.serving import version

TITLE: Final = "Vitrine edge"


def create_api(shop: Shop, *, secure: bool) -> FastAPI:
    """`secure`: served over HTTPS, so that cookies say so."""
    app = FastAPI(
        title=TITLE,
        version=version(),
        description="One jewelry store: what lies where, who sold what, and what left its place.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.shop = shop
    join(
        app,
        routes.open_router,
        routes.router,
        approving.router,
        approving.page_router,
        pages_discounts.router,
        pages_shares.router,
        people.router,
        people.page_router,
        pages_pictures.router,
        buying_pages.router,
        count_routes.router,
        history_routes.router,
        label_routes.router,
        pass_routes.router,
        look_routes.router,
        order_routes.router,
        thing_routes.router,
        trade_routes.router,
        receipt_routes.router,
        return_routes.router,
        appointment_routes.router,
        value_routes.router,
        balance_routes.router,
        buying_routes.router,
        client_routes.router,
        device_routes.router,
        shift_routes.router,
        tag_routes.router,
        wall_routes.router,
        losses.json_router,
        watch_routes.router,
        witnessing.router,
        zone_routes.router,
    )
    pages.dress(app, shop, secure=secure)
    app.state.first_steps = steps_of(shop)
    return app
