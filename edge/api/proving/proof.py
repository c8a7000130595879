"""What a device signs with its key, and how that is checked: ECDSA on P-256 with SHA-256, as WebCrypto makes it.

Signatures are r and s, 32 bytes each (IEEE P1363); a public key is its point, uncompressed (SEC 1 §2.3.3). Both travel
in base64url without padding. Pure: no clock, no books.
"""

import base64
import binascii
import re
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

GOOD_S: Final = 30
"""A proof says its second; it is good so long before and after. A copied one is good no longer than that."""
PROOF: Final = re.compile(r"([0-9a-f-]{8,64})\.([0-9]{1,12})\.([A-Za-z0-9_-]{86})")
KEY_BYTES: Final = 65
SIGNATURE_BYTES: Final = 64


class Proof(NamedTuple):
    """A device says that it was here at second `at_s` of the box's clock."""

    device: str
    at_s: int
    signature: bytes


def presence_words(store: str, device: str, at_s: int) -> bytes:
    """What is signed for every request."""
    return f"vitrine device is here\n{store}\n{device}\n{at_s}".encode()


def enrolment_words(store: str, token: str, public_key: bytes) -> bytes:
    """What a new device signs: that it has the key it asks for, and the token for just that key."""
    return f"vitrine device is new\n{store}\n{token}\n{as_text(public_key)}".encode()


def rotation_words(store: str, device: str, public_key: bytes) -> bytes:
    """What a device signs with the key it has, for the one it is to have."""
    return f"vitrine device changes its key\n{store}\n{device}\n{as_text(public_key)}".encode()


def read_proof(text: str) -> Proof | None:
    """`device.second.signature`; None for anything else."""
    found = PROOF.fullmatch(text)
    signature = as_bytes(found[3]) if found else b""
    if found is None or len(signature) != SIGNATURE_BYTES:
        return None
    return Proof(found[1], int(found[2]), signature)


def is_key(public_key: bytes) -> bool:
    """Whether these bytes are a point of P-256."""
    return len(public_key) == KEY_BYTES and _key(public_key) is not None


def signed(public_key: bytes, words: bytes, signature: bytes) -> bool:
    """Whether the key's owner signed these words."""
    key = _key(public_key)
    if key is None or len(signature) != SIGNATURE_BYTES:
        return False
    r, s = (int.from_bytes(part) for part in (signature[:32], signature[32:]))
    try:
        key.verify(encode_dss_signature(r, s), words, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def as_text(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def as_bytes(text: str) -> bytes:
    """Of `as_text`; empty for what is none."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _key(public_key: bytes) -> ec.EllipticCurvePublicKey | None:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    except ValueError:
        return None
