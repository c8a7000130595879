"""Stripe Terminal, server-driven: the box asks Stripe, Stripe asks the reader, and the box looks what became of it.

A PaymentIntent is made by an idempotency key of the payment's own, so that asking for it again finds the same one for a
day at least; only `process_payment_intent` brings it before a client. Nothing is stored offline by this way. Refunds
carry the house's name in their metadata and are looked up by it. The key comes from a file and is in no message here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx
import msgspec

from edge.payments.port import (
    Ask,
    Captured,
    Failed,
    Kept,
    NotSentError,
    PaidBack,
    Pending,
    Returned,
    SilentError,
    Unknown,
)

URL: Final = "https://api.stripe.com"
CLIENT_S: Final = 120
"""So long a client may look for the card; then the payment is in doubt, and is asked about."""
POLL_S: Final = 1.0
TALK_S: Final = 20.0
TIMES_100: Final = frozenset({"ISK", "UGX"})
"""Without minor units, but written with two zeros on this wire."""
NOT_BEGUN: Final = frozenset({"terminal_reader_busy", "terminal_reader_offline", "terminal_reader_hardware_fault"})
"""The reader was shown nothing."""
REFUNDS_LISTED: Final = 100
_decode: Final = msgspec.json.Decoder().decode


class StripeTerminal:
    """One reader (`tmr_…`). sleep: between looks."""

    def __init__(
        self, http: httpx.AsyncClient, *, reader: str, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._http, self._reader, self._sleep = http, reader, sleep

    async def request(self, ask: Ask) -> Captured | Failed:
        intent = await self._intent(ask)
        way = f"/v1/terminal/readers/{self._reader}/process_payment_intent"
        try:
            await self._post(way, {"payment_intent": _text(intent, "id")}, f"{ask.name}-process")
        except _RefusedError as error:
            if error.code in NOT_BEGUN:
                raise NotSentError(f"the reader cannot be asked now: {error}") from error
            raise SilentError(f"Stripe said no to the reader: {error}") from error
        for _ in range(int(CLIENT_S / POLL_S)):
            found = await self._became(ask, intent)
            if isinstance(found, Captured | Failed):
                return found
            await self._sleep(POLL_S)
        raise SilentError("the client took too long")

    async def status(self, ask: Ask) -> Captured | Failed | Pending | Unknown:
        return await self._became(ask, await self._intent(ask))

    async def stop(self, ask: Ask) -> None:
        """The reader is cleared, if it shows this payment, and the intent can be paid by nobody any more."""
        intent = await self._intent(ask)
        name = _text(intent, "id")
        reader = await self._get(f"/v1/terminal/readers/{self._reader}")
        if _acts_on(reader, name) == "in_progress":
            await self._try(f"/v1/terminal/readers/{self._reader}/cancel_action", {}, f"{ask.name}-clear")
        await self._try(f"/v1/payment_intents/{name}/cancel", {}, f"{ask.name}-cancel")

    async def cancel(self, ask: Ask) -> Returned | Kept:
        """A captured intent is never cancelled, only refunded."""
        try:
            await self._post(f"/v1/payment_intents/{ask.reference}/cancel", {}, f"{ask.name}-void")
        except _RefusedError as error:
            return Kept(str(error))
        return Returned(ask.reference)

    async def refund(self, ask: Ask) -> Returned | Kept:
        answer = await self._refund(ask, f"{ask.name}-refund")
        return Returned(answer.reference) if isinstance(answer, PaidBack) else answer

    async def pay_back(self, ask: Ask) -> PaidBack | Kept:
        return await self._refund(ask, ask.name)

    async def paid_back(self, ask: Ask) -> PaidBack | Kept | Pending | Unknown:
        query = {"payment_intent": ask.reference, "limit": str(REFUNDS_LISTED)}
        listed = (await self._get("/v1/refunds", query)).get("data")
        for each in listed if isinstance(listed, list) else ():
            if _text(each, "metadata", "vitrine") == ask.name:
                return _refunded(each, ask)
        return Unknown()

    async def close(self) -> None:
        await self._http.aclose()

    async def _intent(self, ask: Ask) -> dict[str, Any]:
        asked = {
            "amount": str(_wire(ask.amount_minor, ask.currency)),
            "currency": ask.currency.lower(),
            "payment_method_types[]": "card_present",
            "capture_method": "automatic",
            "metadata[vitrine]": ask.name,
        }
        try:
            return await self._post("/v1/payment_intents", asked, f"{ask.name}-intent")
        except _RefusedError as error:
            raise SilentError(f"Stripe does not take this payment: {error}") from error

    async def _became(self, ask: Ask, intent: dict[str, Any]) -> Captured | Failed | Pending | Unknown:
        name = _text(intent, "id")
        now = await self._get(f"/v1/payment_intents/{name}", {"expand[]": "latest_charge"})
        state = _text(now, "status")
        if state == "succeeded":
            return _captured(now, ask)
        if state == "canceled":
            return Failed("stopped at the till")
        if state != "requires_payment_method":
            return Pending()
        if error := _text(now, "last_payment_error", "message"):
            return Failed(error[:200])
        reader = await self._get(f"/v1/terminal/readers/{self._reader}")
        match _acts_on(reader, name):
            case "in_progress" | "succeeded":
                return Pending()
            case "failed":
                return Failed(_text(reader, "action", "failure_message")[:200] or "the reader gave up")
            case _:
                return Unknown()

    async def _refund(self, ask: Ask, key: str) -> PaidBack | Kept:
        amount = str(_wire(ask.amount_minor, ask.currency))
        asked = {"payment_intent": ask.reference, "amount": amount, "metadata[vitrine]": ask.name}
        try:
            return _refunded(await self._post("/v1/refunds", asked, key), ask)
        except _RefusedError as error:
            return Kept(str(error))

    async def _try(self, way: str, asked: dict[str, str], key: str) -> None:
        try:
            await self._post(way, asked, key)
        except _RefusedError:
            return  # it is paid, or stopped: `status` says which

    async def _post(self, way: str, asked: dict[str, str], key: str) -> dict[str, Any]:
        return await self._say("POST", way, data=asked, headers={"Idempotency-Key": key})

    async def _get(self, way: str, query: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            return await self._say("GET", way, params=query or {})
        except _RefusedError as error:
            raise SilentError(f"Stripe does not say: {error}") from error

    async def _say(self, method: str, way: str, **more: Any) -> dict[str, Any]:
        try:
            response = await self._http.request(method, way, timeout=TALK_S, **more)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NotSentError("Stripe cannot be reached: look at the store's line") from error
        except httpx.HTTPError as error:
            raise SilentError(f"Stripe did not answer ({type(error).__name__})") from error
        try:
            body = _decode(response.content)
        except (msgspec.DecodeError, RecursionError) as error:
            raise SilentError("Stripe's answer is no JSON") from error
        if response.status_code == httpx.codes.OK and isinstance(body, dict):
            return body
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise NotSentError("Stripe does not take this key: put the right one into its file")
        code = _text(body, "error", "code")
        if response.status_code in {400, 402, 404} and _text(body, "error", "type") != "idempotency_error":
            raise _RefusedError(code, _text(body, "error", "message")[:200])
        raise SilentError(f"Stripe answered with status {response.status_code} {code}".strip())


class _RefusedError(Exception):
    """Stripe understood, and says no. Nothing was done by this request."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message or code or "no reason given")
        self.code = code


def _captured(intent: dict[str, Any], ask: Ask) -> Captured:
    paid = intent.get("amount_received")
    if not isinstance(paid, int) or _text(intent, "currency") != ask.currency.lower():
        raise SilentError("Stripe does not say how much was taken")
    card = ("latest_charge", "payment_method_details", "card_present")
    return Captured(
        amount_minor=_ours(paid, ask.currency),
        brand=_text(intent, *card, "brand"),
        last4=_text(intent, *card, "last4")[-4:],
        auth_code=_text(intent, *card, "receipt", "authorization_code"),
        reference=_text(intent, "id"),
    )


def _refunded(refund: dict[str, Any], ask: Ask) -> PaidBack | Kept:
    """`pending` is on its way to the card's bank; whether that takes it, Stripe says days later."""
    amount = refund.get("amount")
    if _text(refund, "status") not in {"succeeded", "pending"}:
        return Kept(_text(refund, "failure_reason") or "the card's bank does not take it back")
    if not isinstance(amount, int) or _ours(amount, ask.currency) > ask.amount_minor:
        raise SilentError("Stripe does not say how much went back")
    return PaidBack(amount_minor=_ours(amount, ask.currency), reference=_text(refund, "id"))


def _acts_on(reader: dict[str, Any], intent: str) -> str:
    """The state of the reader's action, if it is about this intent."""
    about = _text(reader, "action", "process_payment_intent", "payment_intent")
    return _text(reader, "action", "status") if about == intent else ""


def _wire(amount_minor: int, currency: str) -> int:
    return amount_minor * 100 if currency in TIMES_100 else amount_minor


def _ours(amount: int, currency: str) -> int:
    whole, rest = divmod(amount, 100) if currency in TIMES_100 else (amount, 0)
    if rest:
        raise SilentError("Stripe says an amount that is none in this currency")
    return whole


def _text(body: Any, *way: str) -> str:
    for name in way:
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, str) else ""
