"""The edges' door for clients: their slice, searches of tills, and keys of who was kept at a store first.

Every body and every answer is sealed inside; nothing of a person stands in an address or a log.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from starlette.responses import Response

from cloud import remarks
from cloud.client_standings import ClientStandings
from cloud.desk import Desk
from cloud.doors import JSON, Body, TheBox
from cloud.people import Keyring
from cloud.pos.clients import slices
from cloud.pos.clients.desk import UnknownClientError
from cloud.sealing import SealedError
from contract import remarks as remarks_wire
from contract.clients import KEYS_PER_MESSAGE_MAX, QUERY_LENGTH_MAX, ClientsAsked, PersonKeys, SliceAsked
from contract.messages import MESSAGE_BYTES_MAX
from contract.remarks import RemarkKeys
from web.problems import ProblemError
from web.sealed import KEY_BYTES, SealBrokenError, from_text

HEADERS: Final = {"Cache-Control": "no-store"}
_slice = msgspec.json.Decoder(SliceAsked).decode
_search = msgspec.json.Decoder(ClientsAsked).decode
_keys = msgspec.json.Decoder(PersonKeys).decode
_remarks = msgspec.json.Decoder(RemarkKeys).decode


def add_clients(app: FastAPI, desk: Desk, ring: Keyring, standings: ClientStandings) -> None:
    """Onto the app of `create_door`."""

    @app.post("/edge/v1/clients")
    def give_slice(box: TheBox, body: Body) -> Response:
        """The next page of the clients this store's box may keep."""
        asked = _read(_slice, body)
        with _answered(), desk.work() as work:
            return _told(slices.page(work, ring, box, asked, standings.kept(work, box)))

    @app.post("/edge/v1/clients/search")
    def search(box: TheBox, body: Body) -> Response:
        """Clients of the whole house, for somebody at a till; that they looked is kept."""
        asked = _read(_search, body)
        if len(asked.query) > QUERY_LENGTH_MAX or not asked.by:
            raise ProblemError(422, "contract", "Not a search", "Say who asks, in a few words.")
        tell = standings.seen if asked.person else standings.kept
        with _answered(), desk.work() as work:
            return _told(slices.search(work, ring, box, asked, tell(work, box)))

    @app.post("/edge/v1/clients/keys")
    def take_keys(box: TheBox, body: Body) -> Response:
        """Keys of people who were kept at this store before the office knew them."""
        del box
        told = _read(_keys, body)
        if len(told.keys) > KEYS_PER_MESSAGE_MAX:
            raise ProblemError(413, "too-large", "Too many keys", f"At most {KEYS_PER_MESSAGE_MAX} at once.")
        with _answered(), desk.work() as work:
            if any(len(from_text(each.key)) != KEY_BYTES for each in told.keys):
                raise SealBrokenError("a key has 32 bytes")
            return _told(slices.take_keys(work, ring, told))

    @app.post("/edge/v1/clients/remarks")
    def trade_remarks(box: TheBox, body: Body) -> Response:
        """Keys of what this store wrote of clients: new ones come, those that the box lacks go."""
        told = _read(_remarks, body)
        if len(told.keys) > remarks_wire.KEYS_PER_MESSAGE_MAX:
            raise ProblemError(413, "too-large", "Too many keys", f"At most {remarks_wire.KEYS_PER_MESSAGE_MAX}.")
        with _answered(), desk.work() as work:
            return _told(remarks.trade_keys(work, ring, box, told))


def _read(decode: Callable[[bytes], Any], body: bytes) -> Any:
    if len(body) > MESSAGE_BYTES_MAX:
        raise ProblemError(413, "too-large", "Too large", f"At most {MESSAGE_BYTES_MAX} bytes.")
    try:
        return decode(body)
    except msgspec.DecodeError as error:  # without its words: they may quote what stood there
        raise ProblemError(
            422, "contract", "Not a message of our contract", "Update this box or the office."
        ) from error


def _told(answer: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(answer), media_type=JSON, headers=HEADERS)


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except SealBrokenError as error:
        raise ProblemError(422, "sealed", "Not what a box seals", str(error)) from error
    except UnknownClientError as error:
        raise ProblemError(404, "not-found", "There is no such client", "Look for them by name.") from error
    except SealedError as error:
        raise ProblemError(503, "sealed", "Clients cannot be opened now", str(error)) from error
