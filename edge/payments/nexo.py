"""Adyen's Terminal API over the store's own network: nexo Retailer Protocol 3.0 in JSON, one POST per message.

A payment's ServiceID is its short name, and that of its reversal another, so that either can be asked for by
TransactionStatus. Amounts are decimal numbers on this wire and nowhere else. Only the last four digits are taken.
"""

import datetime as dt
import re
import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qs

import httpx
import msgspec

from contract.money import minor_digits
from edge.payments.nexo_crypto import SealingKey, TamperedError, seal, unseal
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
    short_name,
)

CLIENT_S: Final = 130.0
"""A terminal gives a client 120 s and then says so; later nothing will come."""
TALK_S: Final = 15.0
REVERSALS_MAX: Final = 8
"""A terminal answers a ServiceID once: a refusal of yesterday is not asked for again, it is tried anew."""
MINOR_MAX: Final = 10**15
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_decode: Final = msgspec.json.Decoder(float_hook=Decimal).decode


class NexoTerminal:
    """One terminal. now: wall time, for the time stamps of messages. key: what seals messages; None: nothing does."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        poi: str,
        now: Callable[[], dt.datetime],
        key: SealingKey | None = None,
        chance: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._http, self._poi, self._now = http, poi, now
        self._key, self._chance = key, chance

    async def request(self, ask: Ask) -> Captured | Failed:
        amount = Decimal(ask.amount_minor).scaleb(-minor_digits(ask.currency))
        amounts = {"Currency": ask.currency, "RequestedAmount": amount}
        conditions = (
            {} if ask.amount_minor <= ask.offline_minor_max else {"TransactionConditions": {"ForceOnlineFlag": True}}
        )
        body = {"SaleData": self._sale(ask), "PaymentTransaction": {"AmountsReq": amounts, **conditions}}
        answer = await self._send(ask, "Payment", ask.name, {"PaymentRequest": body}, timeout_s=CLIENT_S)
        return _payment(_part(answer, "PaymentResponse"), ask)

    async def status(self, ask: Ask) -> Captured | Failed | Pending | Unknown:
        found = await self._became(ask, "Payment", ask.name)
        return found if isinstance(found, Pending | Unknown) else _payment(_part(found, "PaymentResponse"), ask)

    async def stop(self, ask: Ask) -> None:
        """Answered with nothing but that it was heard."""
        body = {"AbortReason": "MerchantAbort", "MessageReference": self._reference(ask, "Payment", ask.name)}
        await self._post(self._message(ask, "Abort", short_name(ask.payment, "stop"), {"AbortRequest": body}), TALK_S)

    async def cancel(self, ask: Ask) -> Returned | Kept:
        """A reversal undoes what is not settled and pays back what is. Those sent before are asked for first."""
        answer: Returned | Kept = Kept("refused too often: call the provider")
        for attempt in range(REVERSALS_MAX):
            name = short_name(ask.payment, f"reversal {attempt}")
            found = await self._became(ask, "Reversal", name)
            if isinstance(found, Pending):
                raise SilentError("the terminal is still giving the money back")
            if isinstance(found, Unknown):
                return _reversal(await self._reverse(ask, name))
            answer = _reversal(found)
            if isinstance(answer, Returned):
                break
        return answer

    async def _reverse(self, ask: Ask, name: str) -> dict[str, Any]:
        transaction, _, stamp = ask.reference.partition(" ")
        original = {"POITransactionID": {"TransactionID": transaction, "TimeStamp": stamp}}
        body = {"OriginalPOITransaction": original, "ReversalReason": "MerchantCancel", "SaleData": self._sale(ask)}
        return await self._send(ask, "Reversal", name, {"ReversalRequest": body}, timeout_s=CLIENT_S)

    async def refund(self, ask: Ask) -> Returned | Kept:
        """The same message here, tried once more."""
        return await self.cancel(ask)

    async def pay_back(self, ask: Ask) -> PaidBack | Kept:
        """A referenced refund: a reversal of so much of the original transaction."""
        transaction, _, stamp = ask.reference.partition(" ")
        amount = Decimal(ask.amount_minor).scaleb(-minor_digits(ask.currency))
        body = {
            "OriginalPOITransaction": {"POITransactionID": {"TransactionID": transaction, "TimeStamp": stamp}},
            "ReversalReason": "MerchantCancel",
            "ReversedAmount": amount,
            "SaleData": {**self._sale(ask), "SaleToAcquirerData": f"currency={ask.currency}"},
        }
        answer = await self._send(ask, "Reversal", ask.name, {"ReversalRequest": body}, timeout_s=CLIENT_S)
        return _paid_back(answer, ask)

    async def paid_back(self, ask: Ask) -> PaidBack | Kept | Pending | Unknown:
        found = await self._became(ask, "Reversal", ask.name)
        return found if isinstance(found, Pending | Unknown) else _paid_back(found, ask)

    async def close(self) -> None:
        await self._http.aclose()

    async def _became(self, ask: Ask, category: str, name: str) -> dict[str, Any] | Pending | Unknown:
        body = {"MessageReference": self._reference(ask, category, name), "ReceiptReprintFlag": False}
        # a status of its own each time: a terminal answers a ServiceID once
        own = short_name(ask.payment, f"status {category} {self._now().isoformat()}")
        said = _part(
            await self._send(ask, "TransactionStatus", own, {"TransactionStatusRequest": body}, timeout_s=TALK_S),
            "TransactionStatusResponse",
        )
        if _text(said, "Response", "Result") == "Success":
            return _part(_part(said, "RepeatedMessageResponse"), "RepeatedResponseMessageBody")
        condition = _text(said, "Response", "ErrorCondition")
        if condition == "InProgress":
            return Pending()
        if condition == "NotFound":
            return Unknown()
        raise SilentError(f"the terminal could not say what became of it: {_why(said)}")

    def _sale(self, ask: Ask) -> dict[str, Any]:
        stamp = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"SaleTransactionID": {"TransactionID": str(ask.payment), "TimeStamp": stamp}}

    def _reference(self, ask: Ask, category: str, name: str) -> dict[str, str]:
        return {"MessageCategory": category, "SaleID": ask.till, "ServiceID": name, "POIID": self._poi}

    def _message(self, ask: Ask, category: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
        header = {
            "ProtocolVersion": "3.0",
            "MessageClass": "Service",
            "MessageType": "Request",
            **self._reference(ask, category, name),
        }
        return {"SaleToPOIRequest": {"MessageHeader": header, **body}}

    async def _send(
        self, ask: Ask, category: str, name: str, body: dict[str, Any], *, timeout_s: float
    ) -> dict[str, Any]:
        raw = await self._post(self._message(ask, category, name, body), timeout_s)
        try:
            plain = raw if self._key is None else unseal(raw, self._key)
            answer = _part(_decode(plain), "SaleToPOIResponse")
        except TamperedError as error:
            raise SilentError(f"the terminal's answer was refused: {error}") from error
        except (msgspec.DecodeError, RecursionError) as error:
            raise SilentError("the terminal's answer is no nexo message") from error
        if _text(answer, "MessageHeader", "ServiceID") != name:
            raise SilentError("the terminal answered another message")
        return answer

    async def _post(self, message: dict[str, Any], timeout_s: float) -> bytes:
        timeout = httpx.Timeout(timeout_s, connect=TALK_S)
        content = _encode(message)
        if self._key is not None:
            content = seal(content, self._key, chance=self._chance)
        try:
            response = await self._http.post("/nexo", content=content, timeout=timeout)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NotSentError("the terminal cannot be reached: look at its cable and its screen") from error
        except httpx.HTTPError as error:
            raise SilentError(f"the terminal did not answer ({type(error).__name__})") from error
        if response.status_code != httpx.codes.OK:
            raise SilentError(f"the terminal answered with status {response.status_code}")
        return response.content


def _payment(said: dict[str, Any], ask: Ask) -> Captured | Failed:
    if _text(said, "Response", "Result") not in {"Success", "Partial"}:
        return Failed(_why(said))
    result = _part(said, "PaymentResult")
    paid = _part(result, "AmountsResp").get("AuthorizedAmount")
    if (
        not isinstance(paid, int | Decimal)
        or isinstance(paid, bool)
        or _text(result, "AmountsResp", "Currency") != ask.currency
    ):
        raise SilentError("the terminal does not say how much it took")
    minor = Decimal(paid) * 10 ** minor_digits(ask.currency) if 0 < paid <= MINOR_MAX else Decimal(0)
    if not minor or minor != int(minor):
        raise SilentError("the terminal says an amount that is none in this currency")
    transaction = _part(_part(said, "POIData"), "POITransactionID")
    digits = re.sub(r"\D", "", _text(result, "PaymentInstrumentData", "CardData", "MaskedPan"))
    return Captured(
        amount_minor=int(minor),
        brand=_text(result, "PaymentInstrumentData", "CardData", "PaymentBrand"),
        last4=digits[-4:],
        auth_code=_text(result, "PaymentAcquirerData", "ApprovalCode"),
        reference=f"{_text(transaction, 'TransactionID')} {_text(transaction, 'TimeStamp')}".strip(),
        stored_offline=result.get("OnlineFlag") is False,
    )


def _reversal(answer: dict[str, Any]) -> Returned | Kept:
    said = _part(answer, "ReversalResponse")
    if _text(said, "Response", "Result") == "Success":
        return Returned(_text(said, "POIData", "POITransactionID", "TransactionID"))
    return Kept(_why(said))


def _paid_back(answer: dict[str, Any], ask: Ask) -> PaidBack | Kept:
    """`ReversedAmount` may be less than was asked for; without one it is all of it."""
    done = _reversal(answer)
    if isinstance(done, Kept):
        return done
    told = _part(answer, "ReversalResponse").get(
        "ReversedAmount", Decimal(ask.amount_minor).scaleb(-minor_digits(ask.currency))
    )
    minor = _minor(told, ask)
    if minor > ask.amount_minor:
        raise SilentError("the terminal says that it gave back more than it was asked for")
    return PaidBack(amount_minor=minor, reference=done.reference)


def _minor(amount: Any, ask: Ask) -> int:
    if not isinstance(amount, int | Decimal) or isinstance(amount, bool) or not 0 < amount <= MINOR_MAX:
        raise SilentError("the terminal does not say how much")
    minor = Decimal(amount) * 10 ** minor_digits(ask.currency)
    if minor != int(minor):
        raise SilentError("the terminal says an amount that is none in this currency")
    return int(minor)


def _why(said: dict[str, Any]) -> str:
    """The terminal's reason in its own words; `AdditionalResponse` is a query string."""
    told = parse_qs(_text(said, "Response", "AdditionalResponse"))
    words = told.get("message", told.get("refusalReason", [""]))[0]
    condition = _text(said, "Response", "ErrorCondition")
    return (f"{condition}: {words}" if words and condition else words or condition or "no reason given")[:200]


def _part(body: Any, name: str) -> dict[str, Any]:
    part = body.get(name) if isinstance(body, dict) else None
    if not isinstance(part, dict):
        raise SilentError(f"the terminal's answer has no {name}")
    return part


def _text(body: dict[str, Any], *way: str) -> str:
    found: Any = body
    for name in way:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""
