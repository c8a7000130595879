"""Adyen's protection of nexo messages between till and terminal: sealed with a key that both know.

Documented by Adyen ("Protect local communications"): of a passphrase come 80 bytes by PBKDF2-HMAC-SHA1, salt
`AdyenNexoV1Salt`, 4,000 rounds: 32 for HMAC-SHA-256 over the plain message, 32 for AES-256-CBC with PKCS #7, 16 that
make the IV, XORed with the nonce of the message. The header stays readable beside it, and is compared.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import pbkdf2_hmac, sha256
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

SALT: Final = b"AdyenNexoV1Salt"
ROUNDS: Final = 4_000
VERSION: Final = 1
BLOCK: Final = 16
KINDS: Final = ("SaleToPOIRequest", "SaleToPOIResponse")


class TamperedError(Exception):
    """The message is not what the holder of the key wrote: nothing in it counts."""


class SealingKey(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal's shared key, as its provider's site names it. The passphrase itself is not kept."""

    identifier: str
    version: int
    hmac_key: bytes
    cipher_key: bytes
    iv: bytes

    def __repr__(self) -> str:
        return f"SealingKey({self.identifier!r}, version {self.version})"


def sealing_key(passphrase: str, *, identifier: str, version: int) -> SealingKey:
    made = pbkdf2_hmac("sha1", passphrase.encode(), SALT, ROUNDS, 80)
    return SealingKey(identifier=identifier, version=version, hmac_key=made[:32], cipher_key=made[32:64], iv=made[64:])


def seal(message: bytes, key: SealingKey, *, chance: Callable[[int], bytes]) -> bytes:
    """A nexo message in JSON, sealed. chance: so many random bytes, new for every message."""
    kind, header = _header(message)
    nonce = chance(BLOCK)
    padder = PKCS7(8 * BLOCK).padder()
    padded = padder.update(message) + padder.finalize()
    encryptor = Cipher(AES256(key.cipher_key), CBC(_iv(key, nonce))).encryptor()
    trailer = {
        "AdyenCryptoVersion": VERSION,
        "KeyIdentifier": key.identifier,
        "KeyVersion": key.version,
        "Nonce": b64encode(nonce).decode(),
        "Hmac": b64encode(hmac.digest(key.hmac_key, message, sha256)).decode(),
    }
    blob = b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
    return msgspec.json.encode({kind: {"MessageHeader": header, "NexoBlob": blob, "SecurityTrailer": trailer}})


def unseal(sealed: bytes, key: SealingKey) -> bytes:
    """The message as it was written. Raises `TamperedError` for anything else, and for one that is not sealed."""
    try:
        kind, header = _header(sealed)
        body = msgspec.json.decode(sealed)[kind]
        trailer = body["SecurityTrailer"]
        nonce, told = (b64decode(trailer[name], validate=True) for name in ("Nonce", "Hmac"))
        blob = b64decode(body["NexoBlob"], validate=True)
        named = (trailer["AdyenCryptoVersion"], trailer["KeyIdentifier"], trailer["KeyVersion"])
        if named != (VERSION, key.identifier, key.version) or len(nonce) != BLOCK:
            raise TamperedError("sealed with another key: look at its name and version at both ends")
        decryptor = Cipher(AES256(key.cipher_key), CBC(_iv(key, nonce))).decryptor()
        padded = decryptor.update(blob) + decryptor.finalize()
        # before the padding is looked at nothing is believed of it, and every failure reads alike
        unpadder = PKCS7(8 * BLOCK).unpadder()
        message = unpadder.update(padded) + unpadder.finalize()
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, msgspec.DecodeError) as error:
        raise TamperedError("not a sealed message, or damaged on its way") from error
    if not hmac.compare_digest(told, hmac.digest(key.hmac_key, message, sha256)):
        raise TamperedError("not a sealed message, or damaged on its way")
    if _header(message) != (kind, header):
        raise TamperedError("its header is not the one that was sealed")
    return message


def _header(message: bytes) -> tuple[str, Any]:
    """Kind and header of a message. Raises `TamperedError` where there are none."""
    try:
        body = msgspec.json.decode(message)
    except (msgspec.DecodeError, RecursionError) as error:
        raise TamperedError("no nexo message") from error
    kind = next((each for each in KINDS if isinstance(body, dict) and isinstance(body.get(each), dict)), None)
    if kind is None or "MessageHeader" not in body[kind]:
        raise TamperedError("no nexo message")
    return kind, body[kind]["MessageHeader"]


def _iv(key: SealingKey, nonce: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(key.iv, nonce, strict=True))
