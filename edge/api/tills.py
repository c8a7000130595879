"""Which till a browser is, and who works at it: what the register's pages share."""

from typing import Final

from fastapi import Request

from contract.ids import TillId
from edge.api import views
from edge.api.shop import Shop
from web.logins import Login

TILL_COOKIE: Final = "vitrine-till"


def till_of(request: Request, shop: Shop, asked: str = "") -> TillId:
    """The one it is enrolled as; else what is asked for, what it was last, or the first."""
    login: Login | None = getattr(request.state, "login", None)
    own = shop.devices.till_of(login.device) if login is not None else ""
    for name in (own, asked, request.cookies.get(TILL_COOKIE, "")):
        if name in shop.config.tills:
            return TillId(name)
    return shop.config.tills[0]


def people(shop: Shop) -> dict[str, str]:
    """Names by user, to show who did what."""
    return {user.user: user.name for user in views.staff(shop)}
