"""How a store's box is let in over the network: a token for one use, then a certificate for the key that the box made.

The office keeps of a token a hash. Who signs is given by who starts the office: only an office that has the house's
authority at hand (`authority` in its configuration) can let boxes in by itself.
"""

import datetime as dt
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import wrap
from typing import Annotated, Final, Protocol

import sqlalchemy as sa
import structlog
from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from cloud.desk import Desk
from cloud.pos.http import Asked, found
from cloud.tables import enrol_token
from cloud.tables import store as stores
from cloud.work import Work
from contract.enrolment import (
    CSR_BYTES_MAX,
    FACE_NAMES_MAX,
    SECRET_BYTES,
    TOKEN_CHARS_MAX,
    TOKEN_LASTS_S,
    Enrolled,
    EnrolmentError,
    Token,
    kept_as,
    read_token,
)
from contract.feed import Permission
from contract.ids import StoreId, UserId
from web.front import render
from web.logins import Login
from web.policy import allow, public
from web.problems import ProblemError

NO_SIGNER: Final = "This office cannot sign: name the folder of the house's authority in its configuration."
NEAR: Final = ("local", "lan", "internal", "home.arpa")
"""Domains that end at the store's own network (RFC 6762, RFC 8375)."""
_log = structlog.get_logger(__name__)


class Signer(Protocol):
    """The house's certificate authority, as far as the office needs it."""

    def house(self) -> bytes:
        """The house's certificate, PEM."""

    def fingerprint(self) -> bytes:
        """SHA-256 of it, DER."""

    def sign(self, request: bytes, name: str, now: dt.datetime, /) -> bytes:
        """A client's certificate, PEM, for this request. Raises `EnrolmentError`."""

    def sign_pages(self, request: bytes, name: str, names: tuple[str, ...], now: dt.datetime, /) -> bytes:
        """A server's certificate, PEM, for these names and addresses. Raises `EnrolmentError`."""


class EnrolAsked(Asked):
    """What a box without a certificate sends; `csr` is PEM."""

    token: str = Field(max_length=TOKEN_CHARS_MAX)
    csr: str = Field(max_length=CSR_BYTES_MAX)


@dataclass(frozen=True, slots=True)
class LetIn:
    """The box's certificate and the house's, PEM."""

    store: str
    cert: str
    ca: str


@dataclass(frozen=True, slots=True)
class TokenRow:
    """Shown once; after `until_us` it is worth nothing."""

    store: str
    token: str
    until_us: int


def issue(work: Work, signer: Signer, to: StoreId, by: UserId, chance: Callable[[int], bytes]) -> TokenRow:
    """A token for one box of this store. Earlier ones that were not used are worth nothing from now on."""
    token = Token(to, chance(SECRET_BYTES), signer.fingerprint())
    unused = enrol_token.c.store == to, enrol_token.c.used_us == 0, enrol_token.c.until_us > work.now_us
    work.tx.run(enrol_token.update().where(*unused).values(until_us=work.now_us))
    until_us = work.now_us + TOKEN_LASTS_S * 1_000_000
    work.tx.add(
        enrol_token,
        {"hash": kept_as(token.secret), "store": to, "by": by, "at_us": work.now_us, "until_us": until_us},
    )
    return TokenRow(to, str(token), until_us)


def redeem(work: Work, signer: Signer, text: str, csr: str) -> Enrolled:
    """The certificate that this token is good for, once. Raises `EnrolmentError`; then the token is as good as before.

    The request is signed in the transaction that uses the token up: of two that come at once one is refused.
    """
    token = read_token(text)
    mine = enrol_token.c.hash == kept_as(token.secret), enrol_token.c.store == token.store
    fresh = enrol_token.c.used_us == 0, enrol_token.c.until_us > work.now_us
    if work.tx.run(enrol_token.update().where(*mine, *fresh).values(used_us=work.now_us)) != 1:
        raise EnrolmentError(
            "This token was used, is older than a quarter of an hour, or was never given: take a new one from the "
            "store's page at the office."
        )
    return signed(work, signer, token.store, csr)


def signed(work: Work, signer: Signer, to: StoreId, csr: str) -> Enrolled:
    """Raises `EnrolmentError`."""
    cert = signer.sign(csr.encode(), to, dt.datetime.fromtimestamp(work.now_us / 1e6, dt.UTC))
    _log.info("certificate_signed", store=to)
    return Enrolled(store=to, cert=cert.decode(), ca=signer.house().decode())


def faced(
    work: Work, signer: Signer, to: StoreId, csr: str, names: tuple[str, ...], *, taken: frozenset[str] = frozenset()
) -> Enrolled:
    """A certificate for a box's own pages; `taken` are hosts of the office. Raises `EnrolmentError`.

    A store may call itself by its own name and by addresses of its own network: with another's name it could pass for
    the office, for another store, or, on phones that trust the house, for `paris.fr`.
    """
    if not 1 <= len(names) <= FACE_NAMES_MAX:
        raise EnrolmentError(f"Name 1 to {FACE_NAMES_MAX} names or addresses that tills dial, in tls_names.")
    for name in names:
        if host_of(name) in taken:
            raise EnrolmentError(f"{name} is the office's own: name in tls_names what tills call this store's box.")
        if not _own_address(name) and not _own_name(name.lower(), to):
            raise EnrolmentError(
                f"{name} is not this store's to have: use {to}.local, a name that begins with {to}. in a domain of the "
                "house, or an address of the store's own network."
            )
    cert = signer.sign_pages(csr.encode(), to, names, dt.datetime.fromtimestamp(work.now_us / 1e6, dt.UTC))
    _log.info("pages_certificate_signed", store=to, names=names)
    return Enrolled(store=to, cert=cert.decode(), ca=signer.house().decode())


def host_of(name: str) -> str:
    """As it is compared: `FD00::1` is `fd00::1`. A loopback address is everybody's own, and is none: empty."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return "" if name.lower() == "localhost" else name.lower()
    return "" if address.is_loopback else str(address)


def _own_name(name: str, store: StoreId) -> bool:
    """`paris`, `paris.local` or `paris.stores.maison.example`, but nobody's whole domain: `paris.fr` is the city's."""
    first, _dot, rest = name.partition(".")
    return first == store and (rest in ("", *NEAR) or "." in rest)


def _own_address(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_private
    except ValueError:
        return False


def router(desk: Desk, signer: Signer | None, chance: Callable[[int], bytes]) -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["stores"])

    def the_signer() -> Signer:
        if signer is None:
            raise ProblemError(409, "no-signer", "No authority at hand", NO_SIGNER)
        return signer

    @routes.post("/stores/{store}/enrolment", status_code=201)
    def give_token(store: str, who: Annotated[Login, allow(Permission.REPLACE_BOX)]) -> TokenRow:
        """A one-time token, good for a quarter of an hour, with which a box of this store gets its certificate."""
        with desk.work() as work:
            known = work.tx.value(sa.select(stores.c.store).where(stores.c.store == store))
            return issue(work, the_signer(), StoreId(found(known, f"store {store}")), who.user, chance)

    @routes.get("/enrolment/house", dependencies=[public()])
    def house() -> Response:
        """The house's certificate, PEM. Whoever fetches it holds it against the fingerprint in the token."""
        return Response(the_signer().house(), media_type="application/x-pem-file")

    @routes.post("/enrolment", dependencies=[public()])
    def enrol(asked: EnrolAsked) -> LetIn:
        """The certificate for the key that the box made; the token is used up."""
        try:
            with desk.work() as work:
                made = redeem(work, the_signer(), asked.token, asked.csr)
        except EnrolmentError as error:
            raise ProblemError(403, "enrolment", "This box is not let in", str(error)) from error
        return LetIn(made.store, made.cert, made.ca)

    return routes


def pages(desk: Desk, signer: Signer | None, chance: Callable[[int], bytes], office: str) -> APIRouter:
    """Where a manager takes a token for a box; it is shown once.

    `office`: these pages as boxes reach them; empty: as the manager's browser does.
    """
    routes = APIRouter(include_in_schema=False)

    def page(request: Request, store: str, given: TokenRow | None = None) -> Response:
        with desk.look() as work:
            named = found(work.tx.row(sa.select(stores).where(stores.c.store == store)), f"store {store}")
            last = work.tx.value(sa.select(sa.func.max(enrol_token.c.used_us)).where(enrol_token.c.store == store))
        return render(
            request, "stores/enrol.html", store=named, given=given, last_us=last or 0, ready=signer is not None,
            office=office or str(request.base_url).rstrip("/"),
            fingerprint="" if signer is None else " ".join(wrap(signer.fingerprint().hex().upper(), 4)),
        )  # fmt: skip

    @routes.get("/stores/{store}/enrol", dependencies=[allow(Permission.REPLACE_BOX)])
    def look(request: Request, store: str) -> Response:
        return page(request, store)

    @routes.post("/stores/{store}/enrol")
    def take(request: Request, store: str, who: Annotated[Login, allow(Permission.REPLACE_BOX)]) -> Response:
        if signer is None:
            return page(request, store)
        with desk.work() as work:
            known = work.tx.value(sa.select(stores.c.store).where(stores.c.store == store))
            given = issue(work, signer, StoreId(found(known, f"store {store}")), who.user, chance)
        return page(request, store, given)

    return routes
