"""The terminal as Adyen's speak: nexo messages in JSON, POSTed to /nexo. `python -m simulator.terminal_nexo PORT`.

Shapes by Adyen's Terminal API reference; amounts are decimal numbers, and what is not understood is a format error.
"""

import asyncio
import sys
from decimal import Decimal
from typing import Any, Final

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.terminal import CARD, LostError, Result, Terminal

DIGITS: Final = {"JPY": 0, "KWD": 3}
STAMP: Final = "2026-01-02T10:00:00.000Z"
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_decode: Final = msgspec.json.Decoder(float_hook=Decimal).decode


class NexoFace:
    """Bytes of a message in, bytes of its answer out. Raises `LostError` when none leaves."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self._currency: dict[str, str] = {}
        self._refunds: dict[str, tuple[str, str]] = {}
        self._reversals: dict[str, tuple[str, bool]] = {}

    def hear(self, raw: bytes) -> bytes:
        request = _decode(raw)["SaleToPOIRequest"]
        header = request["MessageHeader"]
        if len(header["ServiceID"]) > 10:
            raise ValueError(f"ServiceID {header['ServiceID']!r} has more than 10 signs")
        category = header["MessageCategory"]
        if category == "Abort":
            self.terminal.stop(request["AbortRequest"]["MessageReference"]["ServiceID"])
            return b"ok"
        body = {
            "Payment": self._pay,
            "TransactionStatus": self._status,
            "Reversal": self._reverse,
        }[category](header["ServiceID"], request[f"{category}Request"])
        answer = {"MessageHeader": {**header, "MessageType": "Response"}, f"{category}Response": body}
        return _encode({"SaleToPOIResponse": answer})

    def _pay(self, name: str, said: dict[str, Any]) -> dict[str, Any]:
        asked = said["PaymentTransaction"]
        amounts = asked["AmountsReq"]
        currency = amounts["Currency"]
        minor = int(Decimal(amounts["RequestedAmount"]).scaleb(DIGITS.get(currency, 2)))
        self._currency.setdefault(name, currency)
        offline = not asked.get("TransactionConditions", {}).get("ForceOnlineFlag", False)
        return self._payment(name, self.terminal.pay(name, minor, offline=offline))

    def _payment(self, name: str, result: Result) -> dict[str, Any]:
        sale = {"POIData": {"POITransactionID": {"TransactionID": f"T{name}", "TimeStamp": STAMP}}}
        if not result.paid_minor:
            return {**sale, "Response": _failure("Refusal", result.why)}
        currency = self._currency[name]
        paid = Decimal(result.paid_minor).scaleb(-DIGITS.get(currency, 2))
        return {
            **sale,
            "Response": {"Result": "Success", "AdditionalResponse": "tid=47069832"},
            "PaymentResult": {
                "OnlineFlag": not result.offline,
                "AmountsResp": {"Currency": currency, "AuthorizedAmount": paid},
                "PaymentAcquirerData": {"ApprovalCode": "123456", "AcquirerPOIID": "P400-1"},
                "PaymentInstrumentData": {
                    "CardData": {"PaymentBrand": CARD["brand"], "MaskedPan": f"411111 **** {CARD['last4']}"}
                },
            },
        }

    def _status(self, _: str, said: dict[str, Any]) -> dict[str, Any]:
        asked = said["MessageReference"]
        name = asked["ServiceID"]
        if name in self._refunds:
            paid = self.terminal.refund_status(name)
            body = None if paid is None else {"ReversalResponse": _refund(*self._refunds[name], paid)}
        elif asked["MessageCategory"] == "Reversal":
            of, done = self._reversals.get(name, ("", False))
            self.terminal.returned(of)
            body = {"ReversalResponse": _reversal(of, done=done)} if of else None
        else:
            result = self.terminal.status(name)
            if result is not None and result.pending:
                return {"Response": _failure("InProgress", "Uncompleted transaction")}
            body = None if result is None else {"PaymentResponse": self._payment(name, result)}
        if body is None:
            return {"Response": _failure("NotFound", "Transaction not found")}
        repeated = {"MessageHeader": dict(asked), "RepeatedResponseMessageBody": body}
        return {"Response": {"Result": "Success"}, "RepeatedMessageResponse": repeated}

    def _reverse(self, name: str, said: dict[str, Any]) -> dict[str, Any]:
        of = said["OriginalPOITransaction"]["POITransactionID"]["TransactionID"].removeprefix("T")
        if "ReversedAmount" in said:
            currency = said["SaleData"]["SaleToAcquirerData"].removeprefix("currency=")
            self._refunds[name] = (of, currency)
            minor = int(Decimal(said["ReversedAmount"]).scaleb(DIGITS.get(currency, 2)))
            return _refund(of, currency, self.terminal.pay_back(name, of, minor))
        try:
            done = self.terminal.give_back(of, refund=True)
        except LostError:
            self._reversals[name] = (of, not self.terminal.charges.get(of))
            raise
        self._reversals[name] = (of, done)
        return _reversal(of, done=done)


def _reversal(of: str, *, done: bool) -> dict[str, Any]:
    transaction = {"POIData": {"POITransactionID": {"TransactionID": f"R{of}", "TimeStamp": STAMP}}}
    return {**transaction, "Response": {"Result": "Success"} if done else _failure("Refusal", "not given back")}


def _refund(of: str, currency: str, paid_minor: int) -> dict[str, Any]:
    answer = _reversal(of, done=paid_minor > 0)
    return {**answer, "ReversedAmount": Decimal(paid_minor).scaleb(-DIGITS.get(currency, 2))} if paid_minor else answer


def _failure(condition: str, message: str) -> dict[str, str]:
    return {
        "Result": "Failure",
        "ErrorCondition": condition,
        "AdditionalResponse": f"message={message.replace(' ', '%20')}",
    }


def app(face: NexoFace, *, mute_s: float = 150.0) -> Starlette:
    """As a server; a lost answer is a connection on which nothing comes for `mute_s`."""

    async def nexo(request: Request) -> Response:
        try:
            return Response(face.hear(await request.body()), media_type="application/json")
        except LostError:
            await asyncio.sleep(mute_s)
            return Response(status_code=504)
        except (KeyError, ValueError, TypeError) as error:
            return Response(f"format: {error}", status_code=400)

    return Starlette(routes=[Route("/nexo", nexo, methods=["POST"])])


if __name__ == "__main__":
    uvicorn.run(app(NexoFace(Terminal())), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
