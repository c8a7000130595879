"""This terminal as a device of a store: its key in a file, shown to the box by signatures (docs/adr/0043).

What a browser does with WebCrypto and IndexedDB (`edge/api/static/device.js`) is done here with a file that only its
owner reads: enrolled by a one-time code, proven at every request, changed after ninety days.
"""

import email.utils
import fcntl
import os
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final, Protocol, TypeVar

import httpx
import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from edge.api.proving.devices import HEADER
from edge.api.proving.proof import as_text, enrolment_words, presence_words, rotation_words
from edge.api.proving.tokens import read_token
from edge.config import EdgeConfig
from vitrine.problems import PersonError

FILE: Final = "this-device.json"
KEY_LASTS_S: Final = 90 * 86_400
HALF_BYTES: Final = 32
ENROL: Final = "make a code under Devices, or by `vitrine device` on the box, and type it in `vitrine this-device`"
T = TypeVar("T")


class Asks(Protocol):
    """The API of a store's box."""

    def ask(self, method: str, path: str, kind: type[T], body: object = None) -> T: ...


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The file. Keys are PKCS #8 in PEM; `next` is one that the box may have heard of and did not confirm yet."""

    store: str
    device: str
    name: str
    key: str
    since_s: int
    next: str = ""


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of the box's answer."""

    device: str
    name: str
    till: str


class Proofs(httpx.Auth):
    """Signs the second at every request, by the box's clock as its answers tell it."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self._ahead_s = 0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        at_s = int(time.time()) + self._ahead_s
        signature = _sign(self.kept.key, presence_words(self.kept.store, self.kept.device, at_s))
        request.headers[HEADER] = f"{self.kept.device}.{at_s}.{signature}"
        answer = yield request
        told = email.utils.parsedate_tz(answer.headers.get("date", ""))
        if told is not None:
            self._ahead_s = email.utils.mktime_tz(told) - int(time.time())


def kept_at(config: EdgeConfig) -> Kept | None:
    """The key of this terminal; None where none was enrolled. Raises `PersonError` for a file that must not be used."""
    path = config.data_dir / FILE
    try:
        if path.stat().st_mode & 0o077:
            raise PersonError(f"Others than its owner may read {path}: take the right from them, and {ENROL}.")
        kept = msgspec.json.decode(path.read_bytes(), type=Kept)
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise PersonError(f"{path} is another user's: run this as the one who enrolled this terminal.") from error
    except msgspec.MsgspecError as error:
        raise PersonError(f"{path} is damaged: delete it, and {ENROL}.") from error
    if kept.store != config.store:
        raise PersonError(f"{path} is of store {kept.store}, not of {config.store}: {ENROL}.")
    return kept


def enrol(box: Asks, config: EdgeConfig, typed: str) -> tuple[Enrolled, Path]:
    """Make a key, show it to the box with the code, and keep it. Raises `PersonError` with the box's words."""
    token, key = read_token(typed), _new_key()
    public_key = _point(key)
    signature = _sign(key, enrolment_words(config.store, token, public_key))
    body = {"token": token, "public_key": as_text(public_key), "signature": signature}
    told = box.ask("POST", "/api/v1/devices", Enrolled, body)
    kept = Kept(store=config.store, device=told.device, name=told.name, key=key, since_s=int(time.time()))
    return told, _keep(config, kept)


def renewed(box: Asks, config: EdgeConfig, now_s: int) -> Kept | None:
    """The key of this terminal, changed when its days are over. One command changes it at a time, others go on.

    The next key is kept before the box is told: whichever of the two answers is lost, one of them is good.
    """
    kept = kept_at(config)
    if kept is None or (not kept.next and now_s - kept.since_s < KEY_LASTS_S):
        return kept
    with (config.data_dir / FILE).open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return kept
        kept = kept_at(config)
        if kept is None or (not kept.next and now_s - kept.since_s < KEY_LASTS_S):
            return kept
        return _changed(box, config, kept, now_s)


def _changed(box: Asks, config: EdgeConfig, kept: Kept, now_s: int) -> Kept:
    if not kept.next:
        kept = msgspec.structs.replace(kept, next=_new_key())
        _keep(config, kept)
    public_key = _point(kept.next)
    signature = _sign(kept.key, rotation_words(kept.store, kept.device, public_key))
    body = {"public_key": as_text(public_key), "signature": signature}
    try:
        box.ask("POST", f"/api/v1/devices/{kept.device}/key", type(None), body)
    except PersonError:
        return kept  # ended or unreachable: signing in says which, with the key it has
    after = msgspec.structs.replace(kept, key=kept.next, next="", since_s=now_s)
    _keep(config, after)
    return after


def _keep(config: EdgeConfig, kept: Kept) -> Path:
    """On the disk, whole or not at all, and nobody else's to read at any moment."""
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
    path = config.data_dir / FILE
    with tempfile.NamedTemporaryFile(dir=config.data_dir, prefix=f"{FILE}.", delete=False) as made:  # mode 0600
        made.write(msgspec.json.encode(kept))
        made.flush()
        os.fsync(made.fileno())
    Path(made.name).replace(path)
    return path


def _new_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _read(pem: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except ValueError as error:
        raise PersonError(f"The key of this terminal is damaged: {ENROL}.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PersonError(f"The key of this terminal is of another kind: {ENROL}.")
    return key


def _point(pem: str) -> bytes:
    return _read(pem).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _sign(pem: str, words: bytes) -> str:
    parts = decode_dss_signature(_read(pem).sign(words, ec.ECDSA(hashes.SHA256())))
    return as_text(b"".join(part.to_bytes(HALF_BYTES) for part in parts))
