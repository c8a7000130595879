"""Whom somebody means by a client's number, parsed at the door."""

import re
from typing import Final

from contract.feed import ForgetCard
from contract.ids import PersonId
from edge.api.shop import Shop
from edge.books import replica
from web.logins import Login
from web.problems import ProblemError

NUMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
"""As ids are made anywhere; whoever types a name is told where numbers stand."""


async def the_client(shop: Shop, said: str, who: Login) -> PersonId:
    """The id they are known by now. Raises 404, 409 and 422 problems that say what to do.

    Somebody whom neither this box nor the office can tell of now is believed: a store without a line goes on selling.
    """
    number = said.strip()
    if not NUMBER.fullmatch(number):
        mend = "Look for them under Clients by name, e-mail or telephone, and take the number that stands there."
        raise ProblemError(422, "client", f"“{number[:40]}” is no client's number", mend)
    if replica.card(shop.db, ForgetCard, number) is not None:
        mend = "Serve them without a name, or make them a new client under Clients."
        raise ProblemError(409, "client", "This client was erased", mend)
    return await shop.clients.meant(number, who.user, up=shop.uplink.up)
