"""Help of both faces: the words that pages use, a card for each role to print, and what to do first."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from web.first_steps import first_steps
from web.front import render
from web.glossary import TERMS
from web.policy import signed_in
from web.problems import ProblemError
from web.quick_cards import CARDS
from web.words import _

router = APIRouter(include_in_schema=False, dependencies=[signed_in()])


@router.get("/help")
async def show(request: Request) -> Response:
    terms = sorted(TERMS.items(), key=lambda each: str(each[1].word).casefold())
    return render(request, "web/help.html", terms=terms, cards=CARDS, steps=await first_steps(request))


@router.get("/help/cards/{role}")
async def card(request: Request, role: str) -> Response:
    """One sheet of paper. Raises a 404 problem."""
    if role not in CARDS:
        raise ProblemError(404, "card", _("There is no card for this role"), _("Choose one on the page Help."))
    return render(request, "web/quick_card.html", card=CARDS[role])
