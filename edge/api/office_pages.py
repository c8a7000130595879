"""From the register to a page of the office, by a ticket for one opening."""

from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from contract.tickets import PAGES, PATH_CHARS_MAX
from edge.api.shop import Shop, the_shop
from edge.sync.office import Office, OfficeUnreachableError
from web.front import render
from web.logins import Login
from web.policy import signed_in
from web.problems import ProblemError
from web.words import _

router = APIRouter(include_in_schema=False)
TheShop = Annotated[Shop, the_shop()]
Anyone = Annotated[Login, signed_in()]
AWAY: Final = "office-away"
log = structlog.get_logger(__name__)


@router.post("/office")
async def open_page(
    request: Request, who: Anyone, shop: TheShop, page: Annotated[str, Form(max_length=PATH_CHARS_MAX)]
) -> Response:
    """Asks for a ticket and sends the browser there. Raises a 422 problem for a page no till opens, 503 alone."""
    if PAGES.fullmatch(page) is None:
        raise ProblemError(422, "page", _("No till opens this page"), _("Sign in at the office for it."))
    uplink = shop.config.uplink
    if uplink is None:
        raise ProblemError(503, AWAY, _("This box has no office"), _("Nothing more is known of it than stands here."))
    try:
        async with Office(uplink) as office:
            ticket = await office.ticket(who.user, page)
    except OfficeUnreachableError as error:
        log.info("no_ticket", why=str(error))
        title = _("The office gave no ticket for its page")
        raise ProblemError(503, AWAY, title, _("Go on here, and try again when the office answers.")) from error
    # a form's answer may not lead to another site (CSP form-action), a page's own refresh may
    return render(request, "edge/to_office.html", to=ticket.url)
