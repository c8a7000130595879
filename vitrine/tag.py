"""`vitrine tag`: a person at the pad with a terminal. Talks to the store's running box by its API."""

import hashlib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import httpx
import msgspec

from edge.config import EdgeConfig
from edge.tags import key as tag_key
from vitrine import this_device
from vitrine.problems import PersonError, in_words

LOOK_EVERY_S: Final = 0.3
TIMEOUT_S: Final = 20.0
NOT_ENROLLED: Final = "urn:vitrine:problem:device"
ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 — to dial it, not to listen on it
T = TypeVar("T")


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of an answer of /api/v1/tags."""

    job: str
    piece: str
    title: str
    state: str
    sentence: str
    trouble: str
    epc: str


class Untagged(msgspec.Struct, frozen=True, kw_only=True):
    piece: str


class Tags(msgspec.Struct, frozen=True, kw_only=True):
    queue: tuple[Untagged, ...]
    why_not: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    type: str = ""
    title: str = ""
    detail: str = ""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    token: str


class Box:
    """The API of a store's box under one login. Raises `PersonError` with the box's own words."""

    def __init__(self, url: str, http: httpx.Client) -> None:
        self._url = url
        self._http = http

    def sign_in(self, user: str, pin: str) -> None:
        token = self.ask("POST", "/api/v1/login", Token, {"user": user, "pin": pin}).token
        self._http.headers["authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, kind: type[T], body: object = None) -> T:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise PersonError(
                f"The store's box does not answer at {self._url} ({error}): start `vitrine edge`, or give --url."
            ) from error
        try:
            if answer.is_success:
                return msgspec.json.decode(answer.content or b"null", type=kind)
            told = msgspec.json.decode(answer.content, type=Problem)
        except msgspec.MsgspecError as error:
            raise PersonError(f"What answers at {self._url} is no box of Vitrine: give its --url.") from error
        if told.type == NOT_ENROLLED:
            raise PersonError(f"{told.title}: {this_device.ENROL}.")
        raise PersonError(f"{told.title}: {told.detail}" if told.detail else told.title)


@contextmanager
def box_of(config: EdgeConfig, url: str = "", *, enrolled: bool = True) -> Iterator[Box]:
    """The box of this configuration, or the one at `url`. Over HTTPS it is known by the house's own certificate.

    enrolled: with the key of this terminal, where it has one (docs/adr/0043). Raises `PersonError`.
    """
    scheme = "http" if config.tls_cert is None else "https"
    address = url or f"{scheme}://{ANY_ADDRESS.get(config.http_host, config.http_host)}:{config.http_port}"
    trusted = ssl.create_default_context()
    if config.uplink is not None:
        trusted.load_verify_locations(config.uplink.ca)
    with httpx.Client(base_url=address, timeout=TIMEOUT_S, trust_env=False, verify=trusted) as http:
        box = Box(address, http)
        kept = this_device.renewed(box, config, int(time.time())) if enrolled else None
        if kept is not None:
            http.auth = this_device.Proofs(kept)
        yield box


def write(box: Box, pieces: list[str], *, all_untagged: bool, zone: str, say: Callable[[str], None]) -> bool:
    """A tag for each piece, one after the other; True when all are bound. Stops at nothing but the box itself."""
    told = box.ask("GET", "/api/v1/tags", Tags)
    if told.why_not:
        raise PersonError(f"{told.why_not}.")
    wanted = [*pieces, *(each.piece for each in told.queue if all_untagged and each.piece not in pieces)]
    if not wanted:
        raise PersonError("Every piece here has its tag. Name a piece to give it a new one.")
    bound = [_write_one(box, piece, zone, f"{n}/{len(wanted)}", say) for n, piece in enumerate(wanted, 1)]
    say(f"{sum(bound)} of {len(bound)} bound.")
    return all(bound)


def _write_one(box: Box, piece: str, zone: str, place: str, say: Callable[[str], None]) -> bool:
    body = {"piece": piece, "zone": zone} if zone else {"piece": piece}
    try:
        job = box.ask("POST", "/api/v1/tags", Job, body)
    except PersonError as error:
        say(f"{place} {piece}: refused. {error}")
        return False
    said = ""
    try:
        while job.state == "running":
            now = job.sentence + (f" (begun again: {job.trouble})" if job.trouble else "")
            if now != said:
                said = now
                say(f"{place} {job.title} ({piece}): {now}")
            time.sleep(LOOK_EVERY_S)
            job = box.ask("GET", f"/api/v1/tags/{job.job}", Job)
    except KeyboardInterrupt:
        box.ask("DELETE", f"/api/v1/tags/{job.job}", Job)
        raise
    if job.state == "done":
        say(f"{place} {job.title} ({piece}): bound to {job.epc}. Take the tag away.")
        return True
    say(f"{place} {job.title} ({piece}): refused. {job.sentence}.")
    return False


def key_words(config: EdgeConfig, *, show: bool) -> str:
    """What there is to know of the store's tag key; the key itself only with `show`. Raises `PersonError`."""
    with in_words(tag_key.KeyFileError):
        key = tag_key.read_key(config.data_dir)
    told = (
        f"The tag key of {config.store} is {config.data_dir / tag_key.FILE}, mark {mark(key)}. Without it the tags it "
        "locked are read as before and never written again: keep a copy where the safe's code is kept, not with the "
        "backups. `vitrine tag key --show` prints it, `vitrine tag key --take` puts a copy back on a new box."
    )
    return f"{told}\n{key.hex()}" if show else told


def take_key(config: EdgeConfig, text: str) -> str:
    """Put a kept copy where this box has no key yet; gives its mark. Raises `PersonError`."""
    try:
        key = bytes.fromhex(text)
    except ValueError as error:
        raise PersonError(f"A tag key is {2 * tag_key.KEY_BYTES} hex digits.") from error
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
    with in_words(tag_key.KeyFileError):
        tag_key.keep_key(config.data_dir, key)
    return mark(key)


def mark(key: bytes) -> str:
    """Tells two keys apart and gives neither away."""
    return hashlib.sha256(b"vitrine/tag-key-mark/" + key).hexdigest()[:8]
