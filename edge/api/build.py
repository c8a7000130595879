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
from edge.api.counts import routes as count_routes
from edge.api.history import routes as history_routes
from edge.api.looks import routes as look_routes
from edge.api.passes import routes as pass_routes
from edge.api.receipts import routes as receipt_routes
from edge.api.returns import routes as return_routes
from edge.api.shifts import routes as shift_routes
from edge.api.shop import Shop
from edge.api.tags import labels as label_routes
from edge.api.tags import routes as tag_routes
from edge.api.watch import routes as watch_routes
from edge.api.zones import routes as zone_routes
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
    app.include_router(routes.open_router)
    app.include_router(routes.router)
    app.include_router(approving.router)
    app.include_router(approving.page_router)
    app.include_router(pages_discounts.router)
    app.include_router(pages_shares.router)
    app.include_router(people.router)
    app.include_router(people.page_router)
    app.include_router(pages_pictures.router)
    app.include_router(count_routes.router)
    app.include_router(history_routes.router)
    app.include_router(label_routes.router)
    app.include_router(pass_routes.router)
    app.include_router(look_routes.router)
    app.include_router(trade_routes.router)
    app.include_router(receipt_routes.router)
    app.include_router(return_routes.router)
    app.include_router(value_routes.router)
    app.include_router(shift_routes.router)
    app.include_router(tag_routes.router)
    app.include_router(watch_routes.router)
    app.include_router(witnessing.router)
    app.include_router(zone_routes.router)
    pages.dress(
        app,
        store=shop.config.store,
        name=shop.config.name,
        time_zone=shop.config.time_zone,
        logins=shop.logins,
        secure=secure,
    )
    return app
