"""What clients are called on lists of something else: orders, appointments."""

from collections.abc import Collection
from functools import partial
from typing import Final

from contract.facts import ClientLooked
from contract.feed import Permission
from contract.ids import PersonId
from edge.api.shop import Shop
from web.logins import Login

LIST: Final = "till list"


async def called(shop: Shop, persons: Collection[PersonId], who: Login) -> dict[PersonId, str]:
    """Names as this box keeps them: none for who may not see clients. Give it those of one page: each is opened, and
    that so many were shown is kept as a look.
    """

    async def noted(found: int) -> None:
        looked = [ClientLooked(how=LIST, found=found)]
        await shop.on_house(partial(shop.store.say_of_clients, looked, "client.looked", who.user))

    return await shop.clients.called(persons, noted=noted) if who.may(Permission.SEE_CLIENTS) else {}
