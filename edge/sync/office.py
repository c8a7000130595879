"""HTTPS to the head office's edge door: the bulk that does not belong on MQTT. No logic, every call has a deadline.

Identity is the client certificate; a cloud that cannot be reached, or answers with something else than our contract,
is `OfficeUnreachableError`: try again later, the store goes on alone.
"""

import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx
import msgspec

from contract.clients import ClientsAsked, ClientsFound, PersonKeys, PersonKeysTaken, SliceAsked, SlicePage
from contract.enrolment import Enrolled, FacePages, Renew
from contract.facts import Stream
from contract.feed import FeedPage, decode_page
from contract.ids import Epoch, UserId
from contract.messages import CONTRACT_VERSION, JournalRows, Refusal, Rejoin, Snapshot, TreeHead, encode
from contract.remarks import RemarkKeys, RemarkKeysKept
from contract.tickets import AskTicket, Ticket
from edge.config import UplinkConfig

TIMEOUT_S: Final = 15.0
PART_BYTES: Final = 256 << 10
"""Of a photo: what a line that breaks every few seconds still carries."""
REFUSAL_CHARS_MAX: Final = 300
ANSWER_BYTES_MAX: Final = 64 << 20
JSON: Final = {"content-type": "application/json"}
Answer = TypeVar("Answer")


class _Have(msgspec.Struct, frozen=True):
    have: int


class OfficeUnreachableError(Exception):
    """The head office did not answer as agreed; try again later. The store needs nothing of it to sell."""


class Office:
    """One connection pool to the cloud. Use as an async context manager."""

    def __init__(self, uplink: UplinkConfig) -> None:
        self._uplink = uplink
        self._tls: ssl.SSLContext | None = None
        if uplink.cloud_url.startswith("https"):
            self._tls = ssl.create_default_context(cafile=str(uplink.ca))
            self.show_papers()
        self._http = httpx.AsyncClient(
            base_url=uplink.cloud_url, verify=self._tls or False, timeout=TIMEOUT_S, trust_env=False
        )

    def show_papers(self) -> None:
        """Show, from the next connection on, the certificate that lies there now."""
        if self._tls is not None:
            self._tls.load_cert_chain(str(self._uplink.cert), str(self._uplink.key))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def feed(self, since: int) -> FeedPage:
        """Rows of the feed above `since`, one page."""
        asked: dict[str, str | int] = {"since": since, "contract": CONTRACT_VERSION}
        return _read(decode_page, await self._ask("GET", "/edge/v1/feed", params=asked))

    async def hand_over(self, rows: JournalRows) -> None:
        """Give the cloud rows this disk has (custody.md §2.1); taken even where a rejoin is refused."""
        await self._ask("POST", "/edge/v1/journal", content=encode(rows))

    async def fetch(self, epoch: Epoch, stream: Stream, first_seq: int) -> JournalRows:
        """Rows of one of our logs back from the cloud, from `first_seq` on; an empty page ends it."""
        asked: dict[str, str | int] = {"epoch": str(epoch), "stream": str(stream), "from": first_seq}
        return _read(_decode_rows, await self._ask("GET", "/edge/v1/journal", params=asked))

    async def tree(self, epoch: Epoch, stream: Stream, size: int) -> TreeHead:
        """The head of the cloud's tree over one of our logs, proved against the `size` rows we have."""
        asked: dict[str, str | int] = {"epoch": str(epoch), "stream": str(stream), "size": size}
        return _read(_decode_tree, await self._ask("GET", "/edge/v1/tree", params=asked))

    async def renew(self, csr: str) -> Enrolled:
        """The next certificate of this box, for the key that this request names."""
        return _read(_decode_enrolled, await self._ask("POST", "/edge/v1/certificate", content=encode(Renew(csr=csr))))

    async def face(self, csr: str, names: tuple[str, ...]) -> Enrolled:
        """The certificate of this box's own pages, for what tills dial."""
        asked = encode(FacePages(csr=csr, names=names))
        return _read(_decode_enrolled, await self._ask("POST", "/edge/v1/pages-certificate", content=asked))

    async def ticket(self, user: UserId, path: str) -> Ticket:
        """A ticket with which this person opens that page of the office, once."""
        asked = encode(AskTicket(user=user, path=path))
        return _read(_decode_ticket, await self._ask("POST", "/edge/v1/tickets", content=asked))

    async def blob(self, sha256: str) -> bytes:
        """A photo or paper, by its hash, which the caller checks."""
        return await self._ask("GET", f"/edge/v1/blobs/{sha256}")

    async def upload(self, sha256: str, body: bytes, *, piece: str, kind: str, name: str, by: str) -> str:
        """Bring a photo in parts, from where the last attempt ended. Why it is refused for ever; empty: it is there."""
        await self._bring(sha256, body)
        said: dict[str, str | int] = {"piece": piece, "kind": kind, "name": name, "by": by}
        return _told(await self._send("POST", f"/edge/v1/uploads/{sha256}/whole", params=said))

    async def bring_paper(
        self, sha256: str, body: bytes, *, order: str, kind: str, media: str, by: str, item: str, version: int
    ) -> str:
        """Bring a paper of an order likewise. Why it is refused for ever; empty: it is there."""
        await self._bring(sha256, body)
        said: dict[str, str | int] = {
            "order": order, "kind": kind, "media": media, "by": by, "item": item, "version": version,
        }  # fmt: skip
        return _told(await self._send("POST", f"/edge/v1/uploads/{sha256}/order", params=said))

    async def paper(self, order: str, sha256: str) -> bytes:
        """A paper of an order of this store, by its hash, which the caller checks."""
        return await self._ask("GET", f"/edge/v1/orders/{order}/papers/{sha256}")

    async def clients(self, asked: SliceAsked) -> SlicePage:
        """A page of the clients this box may keep, each sealed for it."""
        return _read(_decode_slice, await self._ask("POST", "/edge/v1/clients", content=encode(asked)))

    async def search_clients(self, asked: ClientsAsked) -> ClientsFound:
        """Clients of the whole house, for somebody at a till."""
        return _read(_decode_clients, await self._ask("POST", "/edge/v1/clients/search", content=encode(asked)))

    async def bring_keys(self, told: PersonKeys) -> PersonKeysTaken:
        """Keys of people who were kept here first; those that the office has now."""
        return _read(_decode_taken, await self._ask("POST", "/edge/v1/clients/keys", content=encode(told)))

    async def remark_keys(self, told: RemarkKeys) -> RemarkKeysKept:
        """Keys of what was written here of clients, and those that this box lacks."""
        return _read(_decode_remarks, await self._ask("POST", "/edge/v1/clients/remarks", content=encode(told)))

    async def rejoin(self, message: Rejoin) -> Snapshot | Refusal:
        """Idempotent by its nonce: a repeat gets the same answer."""
        response = await self._send("POST", "/edge/v1/rejoin", content=encode(message))
        if response.status_code == httpx.codes.CONFLICT:
            return _read(_decode_refusal, response.content)
        return _read(_decode_snapshot, _good(response))

    async def _bring(self, sha256: str, body: bytes) -> None:
        path = f"/edge/v1/uploads/{sha256}"
        at = _read(_decode_have, await self._ask("GET", path)).have
        while at < len(body):
            part = body[at : at + PART_BYTES]
            at = _read(_decode_have, await self._ask("PUT", path, params={"at": at}, content=part)).have

    async def _ask(
        self, method: str, path: str, *, params: dict[str, str | int] | None = None, content: bytes | None = None
    ) -> bytes:
        return _good(await self._send(method, path, params=params, content=content))

    async def _send(
        self, method: str, path: str, *, params: dict[str, str | int] | None = None, content: bytes | None = None
    ) -> httpx.Response:
        try:
            response = await self._http.request(method, path, params=params, content=content, headers=JSON)
        except httpx.HTTPError as error:
            raise OfficeUnreachableError(f"{method} {path}: {str(error) or type(error).__name__}") from error
        if len(response.content) > ANSWER_BYTES_MAX:
            raise OfficeUnreachableError(f"{method} {path}: answer above {ANSWER_BYTES_MAX} bytes")
        return response


_decode_have = msgspec.json.Decoder(_Have).decode
_decode_rows = msgspec.json.Decoder(JournalRows).decode
_decode_tree = msgspec.json.Decoder(TreeHead).decode
_decode_snapshot = msgspec.json.Decoder(Snapshot).decode
_decode_ticket = msgspec.json.Decoder(Ticket).decode
_decode_enrolled = msgspec.json.Decoder(Enrolled).decode
_decode_slice = msgspec.json.Decoder(SlicePage).decode
_decode_clients = msgspec.json.Decoder(ClientsFound).decode
_decode_taken = msgspec.json.Decoder(PersonKeysTaken).decode
_decode_remarks = msgspec.json.Decoder(RemarkKeysKept).decode
_decode_refusal = msgspec.json.Decoder(Refusal).decode


def _told(response: httpx.Response) -> str:
    """Why what was brought is refused for ever; empty: it is kept."""
    if response.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        return response.text[:REFUSAL_CHARS_MAX]
    _good(response)
    return ""


def _good(response: httpx.Response) -> bytes:
    if not response.is_success:
        told = response.text[:200]
        raise OfficeUnreachableError(f"{response.request.url.path} answered {response.status_code}: {told}")
    return response.content


def _read(decode: Callable[[bytes], Answer], body: bytes) -> Answer:
    try:
        return decode(body)
    except msgspec.DecodeError as error:
        raise OfficeUnreachableError(f"the cloud's answer is not of our contract: {error}") from error
