"""A person's program at the public APIs: signs in, asks, waits. For the smoke run and for tests of whole houses."""

import time
from collections.abc import Callable
from typing import Any, Self, TypeVar

import httpx
import msgspec

from vitrine.shop import Login

T = TypeVar("T")
TIMEOUT_S = 20.0
LOOK_EVERY_S = 0.1
BUSY = "urn:vitrine:problem:busy"
BUSY_TRIES_MAX = 20
BUSY_WAIT_S = 0.5
"""A house that says it is busy has done nothing and asks to be asked again."""


class AskError(Exception):
    """The house answered something else than expected, or not in time."""


class Api:
    """One of the house's APIs under one login. Answers are read as the struct that the caller names."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False, transport=transport)

    def at_store(self, login: Login) -> Self:
        """Signs in by PIN."""
        return self._sign_in({"user": login.user, "pin": login.pin})

    def at_office(self, login: Login) -> Self:
        """Signs in by password."""
        return self._sign_in({"user": login.user, "password": login.password})

    def _sign_in(self, who: dict[str, str]) -> Self:
        token = self.post("/api/v1/login", _Token, who).token
        self._http.headers["authorization"] = f"Bearer {token}"
        return self

    def get(self, path: str, kind: type[T], **query: str) -> T:
        return self._read(self._ask("GET", path, params=query), kind)

    def post(self, path: str, kind: type[T], body: object = None) -> T:
        return self._read(self._ask("POST", path, json=body), kind)

    def put(self, path: str, kind: type[T], body: object = None) -> T:
        return self._read(self._ask("PUT", path, json=body), kind)

    def close(self) -> None:
        self._http.close()

    def _ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        for _ in range(BUSY_TRIES_MAX):
            answer = self._http.request(method, path, **given)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or BUSY not in answer.text:
                break
            time.sleep(BUSY_WAIT_S)
        return answer

    @staticmethod
    def _read(answer: httpx.Response, kind: type[T]) -> T:
        asked = f"{answer.request.method} {answer.request.url.path}"
        if not answer.is_success:
            raise AskError(f"{asked} answered {answer.status_code}: {answer.text[:300]}")
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.DecodeError as error:
            raise AskError(f"{asked} answered something else than a {kind}: {error}") from error


class _Token(msgspec.Struct, frozen=True):
    token: str


def wait(what: str, seconds: float, ask: Callable[[], T | None]) -> T:
    """Asks until there is an answer. Raises `AskError` naming what did not happen."""
    until = time.monotonic() + seconds
    while True:
        found = ask()
        if found is not None and found is not False:
            return found
        if time.monotonic() > until:
            raise AskError(f"{what}: did not happen within {seconds:.0f} s")
        time.sleep(LOOK_EVERY_S)
