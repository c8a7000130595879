"""What office and stores do alike with sealed data of people: open, seal, and wrap a person's key for one box.

AES-256-GCM, a fresh nonce each, and person and field beside it, so that nothing opens in another's place. A key is
wrapped for a box by X25519 with a key of the moment, HKDF-SHA256, and the same cipher: only the box's private key,
which never leaves it, unwraps it.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
WORD_BYTES: Final = 16
PURPOSE: Final = b"vitrine person key for a box 1"
Chance = Callable[[int], bytes]


class SealBrokenError(Exception):
    """This was sealed under another key, or somebody changed it."""


def key_id(key: bytes) -> str:
    """Says which key it is, and nothing else of it."""
    return hashlib.sha256(b"vitrine person key\n" + key).hexdigest()[:16]


def seal(key: bytes, person: str, field: str, plain: bytes, chance: Chance) -> bytes:
    """Nonce, then what was sealed."""
    nonce = chance(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, _about(person, field))


def unseal(key: bytes, person: str, field: str, sealed: bytes) -> bytes:
    """Raises `SealBrokenError`."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _about(person, field))
    except (InvalidTag, ValueError) as error:
        raise SealBrokenError("it is not what was sealed, or was sealed under another key") from error


def wrap(key: bytes, person: str, box_public: bytes, chance: Chance) -> bytes:
    """For the box with this public key. Raises `SealBrokenError` for what is no key."""
    moment = X25519PrivateKey.from_private_bytes(chance(KEY_BYTES))
    public = moment.public_key().public_bytes_raw()
    try:
        shared = moment.exchange(X25519PublicKey.from_public_bytes(box_public))
    except ValueError as error:
        raise SealBrokenError("that is no public key of a box") from error
    return public + seal(_derived(shared, public, box_public), person, "box", key, chance)


def unwrap(wrapped: bytes, person: str, box_private: bytes) -> bytes:
    """Raises `SealBrokenError`."""
    private = X25519PrivateKey.from_private_bytes(box_private)
    mine, public = private.public_key().public_bytes_raw(), wrapped[:KEY_BYTES]
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise SealBrokenError("it was wrapped for another box") from error
    return unseal(_derived(shared, public, mine), person, "box", wrapped[KEY_BYTES:])


def public_of(box_private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(box_private).public_key().public_bytes_raw()


def word(key: bytes, text: str) -> bytes:
    """What stands in a table of search words for this normalised word."""
    return hmac.digest(key, text.encode(), "sha256")[:WORD_BYTES]


def dialled(e164: str) -> tuple[str, ...]:
    """Digits of a number with its country, and as it is dialled inside it, without the leading zero."""
    import phonenumbers  # noqa: PLC0415 - its tables take 50 ms, and only who keeps a number needs them

    digits = e164.removeprefix("+")
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return (digits,)
    return (digits, phonenumbers.national_significant_number(number).lstrip("0"))


def to_text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def from_text(text: str) -> bytes:
    """Raises `SealBrokenError`."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise SealBrokenError("it is not written as sealed things are") from error


def _derived(shared: bytes, public: bytes, box_public: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=public + box_public, info=PURPOSE).derive(shared)


def _about(person: str, field: str) -> bytes:
    return f"{person}:{field}".encode()
