"""What somebody at a till does with clients: every act a fact in the journal, sealed with the person's key."""

import asyncio
import secrets
from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec

from contract.clients import EDIT, ClientCard, ClientConsent, ClientEdit
from contract.facts import ClientConsented, ClientLooked, ClientTold
from contract.ids import PersonId
from edge.api.client_desk import Shown
from edge.api.shop import Shop
from edge.clients.edits import TEXTS, Written
from edge.clients.slice import ClosedError
from trade.consent import Channel, Proof
from web.logins import Login
from web.problems import ProblemError
from web.sealed import KEY_BYTES, NONCE_BYTES, key_id, seal, to_text

LOOK, SEARCH = "till", "till search"
ALIKE_MAX: Final = 5


async def find(shop: Shop, query: str, who: Login) -> Shown:
    """Raises a 503 problem."""

    async def noted(found: int) -> None:
        await _say(shop, [ClientLooked(how=SEARCH, found=found)], "client.looked", who)

    return await shop.clients.find(query, who.user, up=shop.uplink.up, noted=noted)


async def look(shop: Shop, person: PersonId, who: Login) -> Shown:
    """One profile. Raises a 404 or 503 problem."""

    async def noted(found: int) -> None:
        del found
        await _say(shop, [ClientLooked(how=LOOK, person=person)], "client.looked", who)

    return await shop.clients.one(person, who.user, up=shop.uplink.up, noted=noted)


async def alike(shop: Shop, edit: ClientEdit, who: Login) -> list[ClientCard]:
    """Clients who have one of these numbers or addresses, or both these names."""
    found: dict[PersonId, ClientCard] = {}
    names = f"{edit.given_name or ''} {edit.family_name or ''}".strip()
    for query in (*(edit.phones or ()), *(edit.emails or ()), names if " " in names else ""):
        for card in (await find(shop, query, who)).cards if query else ():
            exact = names.casefold() == f"{card.given_name} {card.family_name}".strip().casefold()
            if query != names or exact:
                found[card.person] = card
    return list(found.values())[:ALIKE_MAX]


async def make(shop: Shop, edit: ClientEdit, who: Login) -> PersonId:
    """Somebody new, with or without a line to the office. Raises a 503 problem."""
    kept = shop.clients.slice()
    person, key = PersonId(shop.new_id()), secrets.token_bytes(KEY_BYTES)
    told = {name: value for name in TEXTS if (value := getattr(edit, name)) is not None}
    new = msgspec.structs.replace(edit, made=True)
    try:
        at_us = shop.clock.wall_us()
        await asyncio.to_thread(partial(kept.make, ClientCard(person=person, **told), key, at_us=at_us))
    except ClosedError as error:
        raise ProblemError(503, "clients", "Clients cannot be kept now", str(error)) from error
    try:
        await _say(shop, [_told(person, key, new)], "client.made", who)
    except ProblemError:
        await asyncio.to_thread(kept.unmake, person)
        raise
    shop.clients.made()
    return person


async def edit(shop: Shop, person: PersonId, told: ClientEdit, who: Login) -> None:
    """Field by field; the office takes it into the profile. Raises 404, 503 problems."""
    head, key = await shop.clients.key(person, who.user)
    at_us = await _say(shop, [_told(head, key, told)], "client.told", who)
    await asyncio.to_thread(shop.clients.slice().write, head, Written(at_us=at_us, by=who.user, edit=told))


async def consent(
    shop: Shop, person: PersonId, channel: Channel, proof: Proof, who: Login, *, given: bool, text_version: str
) -> None:
    """One word of a client about one channel. Raises 404, 503 problems."""
    head, _ = await shop.clients.key(person, who.user)
    now_us = shop.clock.wall_us()
    said = ClientConsented(
        person=head, channel=channel, given=given, said_us=now_us, proof=proof, text_version=text_version
    )
    at_us = await _say(shop, [said], "client.consented", who)
    word = ClientConsent(channel=channel, given=given, said_us=now_us)
    await asyncio.to_thread(shop.clients.slice().write, head, Written(at_us=at_us, by=who.user, consent=word))


def _told(person: PersonId, key: bytes, told: ClientEdit) -> ClientTold:
    sealed = seal(key, person, EDIT, msgspec.json.encode(told), secrets.token_bytes)
    nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    return ClientTold(person=person, key_id=key_id(key), nonce=to_text(nonce), bytes=to_text(body))


async def _say(shop: Shop, facts: Sequence[ClientTold | ClientConsented | ClientLooked], why: str, who: Login) -> int:
    return await shop.on_house(partial(shop.store.say_of_clients, facts, why, who.user))
