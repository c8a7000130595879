"""How a box gets its certificate over the network: a one-time token from the office, a key made on the box, a request.

The token names the store, carries a secret for one use, and the fingerprint of the house's certificate, so that a box
which knows nobody yet can tell its own house from a stranger. The key never leaves the box; only the request does.
"""

import hashlib
from typing import Final, NamedTuple

import msgspec

from contract.ids import StoreId, check_slug

SECRET_BYTES: Final = 20
TOKEN_LASTS_S: Final = 900
"""A quarter of an hour to carry it from the office's page to the box."""
TOKEN_CHARS_MAX: Final = 160
CSR_BYTES_MAX: Final = 8 << 10
RENEW_AFTER: Final = 2 / 3
"""A box asks for its next certificate once so much of the life of the present one is over."""
FACE_NAMES_MAX: Final = 8
_DIGEST_HEX: Final = 64


class EnrolmentError(ValueError):
    """This token, or this request for a certificate, cannot be used; the message says what to do."""


class Token(NamedTuple):
    """`house` is the SHA-256 of the house's certificate, DER."""

    store: StoreId
    secret: bytes
    house: bytes

    def __str__(self) -> str:
        return f"{self.store}.{self.secret.hex()}.{self.house.hex()}"


class Enrol(msgspec.Struct, frozen=True, kw_only=True):
    """A box that has no certificate yet asks for one; `csr` is PEM."""

    token: str
    csr: str


class Renew(msgspec.Struct, frozen=True, kw_only=True):
    """A box asks for its next certificate, over the connection that its present one opened."""

    csr: str


class FacePages(msgspec.Struct, frozen=True, kw_only=True):
    """A box asks for the certificate of its own pages, for the names and addresses that tills dial; `csr` is PEM."""

    csr: str
    names: tuple[str, ...]


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to each: the box's certificate and the house's, PEM."""

    store: StoreId
    cert: str
    ca: str


def read_token(text: str) -> Token:
    """Raises `EnrolmentError`."""
    parts = text.strip().split(".")
    try:
        store, secret, house = parts
        token = Token(check_slug(store), bytes.fromhex(secret), bytes.fromhex(house))
    except ValueError as error:
        raise EnrolmentError(
            "This is no enrolment token: copy it whole from the store's page at the office, STORE.SECRET.FINGERPRINT."
        ) from error
    if len(token.secret) != SECRET_BYTES or len(token.house) * 2 != _DIGEST_HEX or str(token) != text.strip().lower():
        raise EnrolmentError("This token is cut or altered: copy it whole from the store's page at the office.")
    return token


def kept_as(secret: bytes) -> str:
    """What the office keeps of a token's secret; 160 bits of chance need no slow hash."""
    return hashlib.sha256(b"vitrine enrolment\n" + secret).hexdigest()
