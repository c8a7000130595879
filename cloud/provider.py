"""The payment provider as the office sees it: every act names the payment by our key and may be repeated."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Protocol

import httpx
import msgspec

from contract.ids import OrderId, PieceId, StoreId

TIMEOUT_S: Final = 10.0
PAYMENTS_BYTES_MAX: Final = 64 << 20


class PaymentState(StrEnum):
    """Where a payment stands at the provider; `absent` is: it never heard of the key."""

    AUTHORISED = "authorised"
    DECLINED = "declined"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"
    ABSENT = "absent"


MONEY_MOVED: Final = (PaymentState.CAPTURED, PaymentState.REFUNDED)


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One payment as the provider tells it."""

    key: str
    state: PaymentState
    amount_minor: int = 0
    currency: str = ""


def payment_key(order: OrderId, store: StoreId, piece: PieceId) -> str:
    """The provider's key says what it is for, so that a restored office can read it back."""
    return f"{order}:{store}:{piece}"


def read_key(key: str) -> tuple[OrderId, StoreId, PieceId]:
    """Order, store and piece of a payment; a key that is not ours is an order of its own, about nothing."""
    order, _, rest = key.partition(":")
    store, _, piece = rest.partition(":")
    return OrderId(order), StoreId(store), PieceId(piece)


class ProviderDownError(Exception):
    """No answer, or none we understand: nothing is known. Ask again later; until then the order stays as it is."""


class Provider(Protocol):
    """Each returns how the payment stands after it. All raise `ProviderDownError`."""

    def authorise(self, key: str, amount_minor: int, currency: str) -> PaymentState: ...

    def capture(self, key: str) -> PaymentState: ...

    def void(self, key: str) -> PaymentState:
        """VOIDED or ABSENT: no money will ever move under this key. CAPTURED: it has moved."""

    def payments(self) -> Mapping[str, Payment]:
        """Every payment it knows, for the reconciliation after a restore."""


class NoProvider:
    """An office without a web shop: nothing can be authorised."""

    def authorise(self, key: str, amount_minor: int, currency: str) -> PaymentState:
        del key, amount_minor, currency
        return PaymentState.DECLINED

    def capture(self, key: str) -> PaymentState:
        del key
        return PaymentState.ABSENT

    def void(self, key: str) -> PaymentState:
        del key
        return PaymentState.ABSENT

    def payments(self) -> Mapping[str, Payment]:
        return {}


class HttpProvider:
    """JSON over HTTP: POST /authorise, /capture, /void with our key, GET / for all. Every call has a deadline."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url.rstrip("/")
        self._http = httpx.Client(timeout=TIMEOUT_S, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def authorise(self, key: str, amount_minor: int, currency: str) -> PaymentState:
        asked = {"key": key, "amount_minor": amount_minor, "currency": currency}
        return self._read(self._send("POST", "/authorise", asked)).state

    def capture(self, key: str) -> PaymentState:
        return self._act("/capture", key)

    def void(self, key: str) -> PaymentState:
        return self._act("/void", key)

    def payments(self) -> Mapping[str, Payment]:
        response = self._send("GET", "", None)
        if response.status_code != httpx.codes.OK or len(response.content) > PAYMENTS_BYTES_MAX:
            raise ProviderDownError(f"the provider answered {response.status_code} when asked for its payments")
        try:
            return {each.key: each for each in msgspec.json.decode(response.content, type=list[Payment])}
        except msgspec.DecodeError as error:
            raise ProviderDownError(f"the provider's payments are not of the agreed form: {error}") from error

    def _act(self, path: str, key: str) -> PaymentState:
        response = self._send("POST", path, {"key": key})
        if response.status_code == httpx.codes.NOT_FOUND:
            return PaymentState.ABSENT
        if response.status_code == httpx.codes.CONFLICT:  # it does not fit how the payment stands: ask how that is
            response = self._send("GET", f"/{key}", None)
        return self._read(response).state

    def _send(self, method: str, path: str, body: object) -> httpx.Response:
        try:
            return self._http.request(method, self._base + path, json=body)
        except httpx.HTTPError as error:
            raise ProviderDownError(f"the payment provider does not answer ({type(error).__name__})") from error

    def _read(self, response: httpx.Response) -> Payment:
        if response.status_code != httpx.codes.OK:
            raise ProviderDownError(f"the provider answered {response.status_code}: {response.text[:200]}")
        try:
            return msgspec.json.decode(response.content, type=Payment)
        except msgspec.DecodeError as error:
            raise ProviderDownError(f"the provider's answer is not of the agreed form: {error}") from error
