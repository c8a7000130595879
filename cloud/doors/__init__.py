"""The edges' door: HTTPS with client certificates, for the bulk that does not belong on MQTT. Bytes in, contract out.

A box is known by the CN of its certificate, which is its store; it may speak for no other.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from cryptography import x509
from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from cloud import audit, feed, logs
from cloud.db import ContentionError
from cloud.desk import Desk
from cloud.ingest import Ingest, UnstorableError
from cloud.logs import Name
from cloud.pos.stores.enrolment import NO_SIGNER, Signer, faced, signed
from cloud.rejoin import Rejoins
from cloud.work import UnknownStoreError
from contract.enrolment import EnrolmentError, FacePages, Renew
from contract.facts import Stream
from contract.feed import encode_page
from contract.ids import Epoch, StoreId
from contract.messages import MESSAGE_BYTES_MAX, JournalRows, Refusal, Rejoin, encode
from web import problems
from web.problems import ProblemError

REJOIN_BYTES_MAX: Final = 64 << 20
"""A rejoin carries the custody of a whole store: about 150 bytes a piece."""
CN_KEY: Final = "vitrine.client_cn"
SERIAL_KEY: Final = "vitrine.client_serial"
JSON: Final = "application/json"

_decode_rows = msgspec.json.Decoder(JournalRows).decode
_decode_renew = msgspec.json.Decoder(Renew).decode
_decode_face = msgspec.json.Decoder(FacePages).decode
_decode_rejoin = msgspec.json.Decoder(Rejoin).decode


class NamedApp:
    """Puts CN and serial number of this connection's certificate into every request's scope."""

    def __init__(self, app: ASGIApp, name: str, serial: int) -> None:
        self._app = app
        self._name = name
        self._serial = serial

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, CN_KEY: self._name, SERIAL_KEY: self._serial}, receive, send)


class CertificateProtocol(H11Protocol):
    """uvicorn's HTTP protocol, which knows the client certificate but does not tell (give it as `http=`)."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        certificate = transport.get_extra_info("peercert")
        self.app = NamedApp(self.app, common_name(certificate), serial_number(certificate))


def common_name(certificate: Any) -> str:
    """The CN of a certificate as `ssl` gives it; empty when there is none."""
    pairs = [pair for group in (certificate or {}).get("subject", ()) for pair in group]
    return next((str(value) for name, value in pairs if name == "commonName"), "")


def serial_number(certificate: Any) -> int:
    """Its serial number; 0 when there is none."""
    return int((certificate or {}).get("serialNumber", "0"), 16)


class Revoked:
    """The house's revocation list, read again when its file has changed: it holds for connections that are open too."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._read_ns = -1
        self._serials: frozenset[int] = frozenset()

    def __contains__(self, serial: int) -> bool:
        """Raises `OSError` or `ValueError` when the list cannot be read: then nobody is known to be welcome."""
        if self._path is None:
            return False
        changed_ns = self._path.stat().st_mtime_ns
        if changed_ns != self._read_ns:
            listed = x509.load_pem_x509_crl(self._path.read_bytes())
            self._serials, self._read_ns = frozenset(entry.serial_number for entry in listed), changed_ns
        return serial in self._serials


class Box:
    """The policy of every route of this door: who speaks is the store its certificate names."""

    def __call__(self, request: Request) -> StoreId:
        name = str(request.scope.get(CN_KEY, ""))
        if not name:
            raise ProblemError(401, "certificate", "No client certificate", "Enrol this box; its key opens this door.")
        if request.scope.get(SERIAL_KEY, 0) in request.app.state.revoked:
            raise ProblemError(401, "revoked", "This certificate was revoked", "Enrol the box anew with a token.")
        return StoreId(name)


async def _body(request: Request) -> bytes:
    """The request's bytes, up to the largest message there is."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > REJOIN_BYTES_MAX:
            raise ProblemError(413, "too-large", "Too large", f"At most {REJOIN_BYTES_MAX} bytes.")
    return bytes(body)


TheBox = Annotated[StoreId, Depends(Box())]
Body = Annotated[bytes, Depends(_body)]


def create_door(
    desk: Desk,
    ingest: Ingest,
    rejoins: Rejoins,
    *,
    signer: Signer | None = None,
    crl: Path | None = None,
    taken: frozenset[str] = frozenset(),
) -> FastAPI:
    """The app behind the edges' port."""
    app = FastAPI(title="Vitrine edge door", version="1", docs_url=None, redoc_url=None)
    app.state.revoked = Revoked(crl)
    problems.install(app)

    @app.get("/edge/v1/feed")
    def get_feed(
        box: TheBox, since: Annotated[int, Query(ge=0)] = 0, contract: Annotated[int, Query(ge=1)] = 1
    ) -> Response:
        """Rows of the feed above `since`, one page, as a box of this contract can read them; the first did not say."""
        with desk.look() as work:
            return Response(encode_page(feed.page(work.tx, box, since, contract=contract)), media_type=JSON)

    @app.post("/edge/v1/journal")
    def take_rows(box: TheBox, body: Body) -> Response:
        """Rows a disk hands over; answered by how far we have that log."""
        if len(body) > MESSAGE_BYTES_MAX:
            raise ProblemError(413, "too-large", "Too many rows", f"A page has at most {MESSAGE_BYTES_MAX} bytes.")
        rows = read_as(_decode_rows, body)
        _own(box, rows.store)
        return _answer(lambda: ingest.take(rows, desk.now_us()))

    @app.get("/edge/v1/journal")
    def give_rows(
        box: TheBox, epoch: str, stream: Stream, first_seq: Annotated[int, Query(alias="from", ge=1)]
    ) -> Response:
        """Rows of one of the store's logs from `from` on; an empty page ends it."""
        with desk.look() as work:
            page = logs.page(work.tx, Name(box, Epoch(epoch), stream), first_seq)
        return Response(encode(page), media_type=JSON)

    @app.get("/edge/v1/tree")
    def give_tree(box: TheBox, epoch: str, stream: Stream, size: Annotated[int, Query(ge=0)]) -> Response:
        """The head of our tree over one of the store's logs, proved against the `size` rows that its box has."""
        with desk.look() as work:
            return Response(encode(audit.tree_head(work.tx, Name(box, Epoch(epoch), stream), size)), media_type=JSON)

    @app.post("/edge/v1/certificate")
    def renew(box: TheBox, body: Body) -> Response:
        """The box's next certificate; the present one stays good until it ends, so that nothing is lost on the way."""
        if signer is None:
            raise ProblemError(409, "no-signer", "No authority at hand", NO_SIGNER)
        asked = read_as(_decode_renew, body)
        try:
            with desk.look() as work:
                return Response(encode(signed(work, signer, box, asked.csr)), media_type=JSON)
        except EnrolmentError as error:
            raise ProblemError(422, "enrolment", "Not a request we can sign", str(error)) from error

    @app.post("/edge/v1/pages-certificate")
    def face(box: TheBox, body: Body) -> Response:
        """The certificate of a box's own pages, so that tills and phones reach it over HTTPS."""
        if signer is None:
            raise ProblemError(409, "no-signer", "No authority at hand", NO_SIGNER)
        asked = read_as(_decode_face, body)
        try:
            with desk.look() as work:
                return Response(encode(faced(work, signer, box, asked.csr, asked.names, taken=taken)), media_type=JSON)
        except EnrolmentError as error:
            raise ProblemError(422, "enrolment", "Not a request we can sign", str(error)) from error

    @app.post("/edge/v1/rejoin")
    def take_rejoin(box: TheBox, body: Body) -> Response:
        """A snapshot, or 409 with the refusal that says what to wait for."""
        asked = read_as(_decode_rejoin, body)
        _own(box, asked.store)
        return _answer(lambda: rejoins.hear(asked, desk.now_us(), new_epoch=desk.new_id))

    return app


def _own(box: StoreId, store: StoreId) -> None:
    if box != store:
        raise ProblemError(
            403, "foreign-store", "Not your store", f"The certificate is {box}'s, the message {store}'s."
        )


def read_as(decode: Callable[[bytes], Any], body: bytes) -> Any:
    """Raises a 422 problem for what is no message of ours."""
    try:
        return decode(body)
    except msgspec.DecodeError as error:
        raise ProblemError(422, "contract", "Not a message of our contract", str(error)) from error


def _answer(act: Callable[[], Any]) -> Response:
    try:
        answer = act()
    except UnknownStoreError as error:
        raise ProblemError(404, "unknown-store", "The office does not know this store", str(error)) from error
    except UnstorableError as error:
        raise ProblemError(422, "contract", "Not a message we can keep", str(error)) from error
    except ContentionError as error:
        raise ProblemError(503, "busy", "The office is busy", str(error)) from error
    return Response(encode(answer), 409 if isinstance(answer, Refusal) else 200, media_type=JSON)
