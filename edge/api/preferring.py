"""Writes down for the office which language somebody chose for their pages."""

from contract.ids import UserId
from edge.api.shop import Shop
from edge.books import replica
from web.front import Prefers
from web.problems import ProblemError


def keeper(shop: Shop) -> Prefers:
    """A box that writes nothing now leaves it to the browser."""

    async def prefers(user: UserId, language: str) -> None:
        card = replica.staff(shop.db, user)
        if card is None or (shop.chosen.card(card) or card).language == language:
            return
        try:
            await shop.on_house(lambda: shop.store.prefer_language(user, language))
        except ProblemError:
            return
        shop.chosen.keep(card, language)

    return prefers
