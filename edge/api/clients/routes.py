"""JSON routes of clients at a till. What is looked for stands in the body: names in addresses stay in logs."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import APIRouter

from contract.clients import ClientCard, ClientEdit
from contract.feed import Permission
from contract.ids import PersonId
from edge.api.bodies import Id
from edge.api.client_desk import Shown
from edge.api.clients import acts, bodies
from edge.api.shop import Shop, the_shop
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

Seer = Annotated[Login, allow(Permission.SEE_CLIENTS)]
Keeper = Annotated[Login, allow(Permission.CLIENTS)]
TheShop = Annotated[Shop, the_shop()]
router = APIRouter(prefix="/api/v1/clients", tags=["clients"])


@dataclass(frozen=True, slots=True)
class ClientsView:
    """`source`: `office`, or `box` as it was `heard_us`, when the office does not answer."""

    source: str
    heard_us: int
    more: bool
    clients: list[dict[str, object]]


@router.post("/search")
async def search(body: bodies.SearchBody, who: Seer, shop: TheShop) -> ClientsView:
    """By beginnings of names, an e-mail address, a phone number or an id. The nearest first."""
    return _view(await acts.find(shop, body.query, who))


@router.get("/{person}")
async def one(person: Id, who: Seer, shop: TheShop) -> ClientsView:
    """A profile; that it was opened is kept."""
    return _view(await acts.look(shop, PersonId(person), who))


@router.post("", status_code=201)
async def make(body: bodies.NewBody, who: Keeper, shop: TheShop) -> dict[str, str]:
    """Somebody new, with or without a line to the office. 409 when they may be a client already, unless `sure`."""
    edit = bodies.new_edit(body)
    if not body.sure and (found := await acts.alike(shop, edit, who)):
        names = ", ".join(card.person for card in found)
        raise ProblemError(409, "alike", "They may be a client already", f"Look at {names}; or say that you are sure.")
    return {"person": await acts.make(shop, edit, who)}


@router.patch("/{person}", status_code=204)
async def change(person: Id, body: bodies.FieldsBody, who: Keeper, shop: TheShop) -> None:
    """Sets the fields that are given, and leaves the others."""
    edit = bodies.edit_of(body)
    if edit != ClientEdit():
        await acts.edit(shop, PersonId(person), edit, who)


@router.post("/{person}/notes", status_code=204)
async def note(person: Id, body: bodies.NoteBody, who: Keeper, shop: TheShop) -> None:
    await acts.edit(shop, PersonId(person), ClientEdit(notes=(body.text.strip(),)), who)


@router.post("/{person}/wishes", status_code=204)
async def wish(person: Id, body: bodies.WishBody, who: Keeper, shop: TheShop) -> None:
    await acts.edit(shop, PersonId(person), bodies.wish_of(body), who)


@router.post("/{person}/sizes", status_code=204)
async def size(person: Id, body: bodies.SizeBody, who: Keeper, shop: TheShop) -> None:
    """Of one finger; it takes the place of what was known of that finger."""
    await acts.edit(shop, PersonId(person), bodies.size_of(body), who)


@router.post("/{person}/consents", status_code=204)
async def consent(person: Id, body: bodies.ConsentBody, who: Keeper, shop: TheShop) -> None:
    """One word of the client about one channel; a no wins over every yes that was said before it."""
    await acts.consent(
        shop, PersonId(person), body.channel, body.proof, who, given=body.given, text_version=body.text_version
    )


def _view(shown: Shown) -> ClientsView:
    source = "office" if shown.office else "box"
    return ClientsView(source, shown.heard_us, shown.more, [_plain(card) for card in shown.cards])


def _plain(card: ClientCard) -> dict[str, object]:
    told: dict[str, object] = msgspec.to_builtins(card)
    return told | {"name": card.name}
