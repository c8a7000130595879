"""JSON routes of devices: a token for a new one, its enrolment, its next key, and its end."""

from dataclasses import dataclass
from typing import Annotated, Final

import structlog
from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from contract.feed import Permission
from edge.api import bodies
from edge.api.proving import tokens
from edge.api.proving.devices import DEVICES_MAX, ENDED_KEPT_US
from edge.api.proving.proof import as_bytes, enrolment_words, is_key, rotation_words, signed
from edge.api.shop import Shop, the_shop
from edge.books import local
from web.logins import Login
from web.policy import allow, public
from web.problems import ProblemError
from web.words import _

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/api/v1", tags=["devices"])
Manager = Annotated[Login, allow(Permission.PINS)]
TheShop = Annotated[Shop, the_shop()]
NAME_MAX: Final = 60
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{87}$")]
"""The point of P-256, uncompressed, in base64url."""
Signature = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{86}$")]
"""ECDSA with SHA-256, r and s, in base64url."""


class TokenBody(bodies.Body):
    """`till`: which till the new device is to be; without, it is a phone or a wall and no till of its own."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_MAX, pattern=bodies.PLAIN)]
    till: bodies.Id | None = None


class EnrolBody(bodies.Body):
    """`signature` of the new key: three lines after `vitrine device is new`: store, token, public key."""

    token: Annotated[str, Field(min_length=1, max_length=40)]
    public_key: Key
    signature: Signature


class KeyBody(bodies.Body):
    """`signature` of the present key: after `vitrine device changes its key` store, device, the next public key."""

    public_key: Key
    signature: Signature


@dataclass(frozen=True, slots=True)
class TokenView:
    """Shown once; only its hash is kept."""

    token: str
    seconds: int


@dataclass(frozen=True, slots=True)
class DeviceView:
    """`till`: empty, when it is none. `ended_us`: 0 while it stands."""

    device: str
    name: str
    till: str
    by: str
    since_us: int
    key_us: int
    ended_us: int
    ended_by: str


@dataclass(frozen=True, slots=True)
class EnrolledView:
    """`store` and `device` are what every proof names."""

    store: str
    device: str
    name: str
    till: str


@router.post("/devices/tokens", status_code=201)
async def make_token(body: TokenBody, who: Manager, shop: TheShop) -> TokenView:
    """For one new device, within ten minutes."""
    token = await token_for(shop, body.name, body.till or "", who)
    return TokenView(token=token, seconds=tokens.GOOD_US // 1_000_000)


@router.post("/devices", status_code=201, dependencies=[public()])
async def enrol(body: EnrolBody, shop: TheShop) -> EnrolledView:
    """A device that has made its key and was told a token. 403 when the token is used, over or not one."""
    token, public_key = tokens.read_token(body.token), as_bytes(body.public_key)
    store = shop.config.store
    if not is_key(public_key) or not signed(
        public_key, enrolment_words(store, token, public_key), as_bytes(body.signature)
    ):
        raise ProblemError(422, "key", _("This key cannot be used"), _("Update the browser of this device."))
    device, now_us, said = shop.new_id(), shop.clock.wall_us(), tokens.token_hash(token)

    def keep() -> bool:
        _room(shop)
        added = local.add_device(shop.store.books, said, device=device, public_key=public_key, now_us=now_us)
        shop.store.note_devices()
        return added

    # Looked up first: whoever guesses in the shop's Wi-Fi must not take turns from sales.
    if not local.device_token_stands(shop.db, said, now_us) or not await shop.on_house(keep):
        mend = _("It is good for ten minutes and one device. Let somebody make another one under Devices.")
        raise ProblemError(403, "token", _("This code cannot be used"), mend)
    row = local.device(shop.db, device)
    assert row is not None, "it was kept a moment ago"
    log.info("device_enrolled", device=device, till=row.till, by=row.by)
    shop.bulletin.tell("people")
    return EnrolledView(store=store, device=device, name=row.name, till=row.till)


@router.post("/devices/{device}/key", status_code=204, dependencies=[public()])
async def change_key(device: str, body: KeyBody, shop: TheShop) -> Response:
    """Its next key, signed with the present one, which is good for nothing afterwards. Again: the same answer."""
    row, after = local.device(shop.db, device), as_bytes(body.public_key)
    if row is None or row.ended_us:
        raise ProblemError(404, "device", "No such device", "Enrol it with a token from the page Devices.")
    if row.public_key == after:
        return Response(status_code=204)
    words = rotation_words(shop.config.store, device, after)
    if not is_key(after) or not signed(row.public_key, words, as_bytes(body.signature)):
        raise ProblemError(403, "key", "This is not signed by the device's key", "Enrol it with a token.")
    before, now_us = row.public_key, shop.clock.wall_us()
    books = shop.store.books

    def change() -> bool:
        changed = local.change_device_key(books, device, before=before, after=after, now_us=now_us)
        shop.store.note_devices()
        return changed

    if not await shop.on_house(change):
        raise ProblemError(409, "key", "The device has another key by now", "Ask again.")
    log.info("device_key_changed", device=device)
    return Response(status_code=204)


@router.get("/devices")
async def devices(who: Manager, shop: TheShop) -> list[DeviceView]:
    """Those that stand first; of those that were ended, the last year's."""
    del who
    return listed(shop)


@router.post("/devices/{device}/end")
async def end(device: str, who: Manager, shop: TheShop) -> list[DeviceView]:
    """Its logins and streams end at once, and nobody signs in at it any more."""
    await ended(shop, device, who)
    return listed(shop)


def listed(shop: Shop) -> list[DeviceView]:
    return [
        DeviceView(
            device=row.device, name=row.name, till=row.till, by=row.by, since_us=row.since_us, key_us=row.key_us,
            ended_us=row.ended_us, ended_by=row.ended_by,
        )
        for row in local.devices(shop.db)
    ]  # fmt: skip


def _room(shop: Shop) -> None:
    """Asked for a code and again at its use, since several codes may be open. Raises a 409 problem."""
    if local.devices_live(shop.store.books.db) >= DEVICES_MAX:
        raise ProblemError(409, "devices", _("There are as many devices as may be"), _("End those that are not used."))


async def token_for(shop: Shop, name: str, till: str, who: Login) -> str:
    """Raises a problem for a till that this store has not, and when there are as many devices as may be."""
    if till:
        shop.till(till)
    _room(shop)
    books, now_us = shop.store.books, shop.clock.wall_us()
    return await shop.on_house(lambda: tokens.new_token(books, name=name, till=till, by=who.user, now_us=now_us))


async def ended(shop: Shop, device: str, who: Login) -> None:
    """Raises a 404 problem when no such device stands."""
    books, now_us = shop.store.books, shop.clock.wall_us()

    def end_it() -> list[bytes] | None:
        before_us = now_us - ENDED_KEPT_US
        if not local.end_device(books, device, by=who.user, now_us=now_us, forget_before_us=before_us):
            return None
        shop.store.note_devices()
        return [each.token for each in local.logins_at(books.db, device)]

    logins = await shop.on_house(end_it)
    if logins is None:
        raise ProblemError(404, "device", "No such device", "Look at the page Devices for those that stand.")
    for token in logins:
        shop.logins.end_row(token)
    log.info("device_ended", device=device, by=who.user)
    shop.bulletin.tell("people")
