"""Stripe as a server-driven terminal sees it: PaymentIntents, one reader, refunds, idempotency keys, errors.

By Stripe's API reference: form bodies in, JSON out; a key repeated gives the first answer, a key with other parameters
is an `idempotency_error`. Behind it is the same `Terminal` with its bank and its troubles.
"""

from typing import Any, Final
from urllib.parse import parse_qsl

from simulator.terminal import CARD, LostError, Terminal

READER: Final = "tmr_desk1"
KEYS_MAX: Final = 10_000
Answer = tuple[int, dict[str, Any]]


class StripeFace:
    """`hear` may raise `LostError` when no answer leaves."""

    def __init__(self, terminal: Terminal, secret: str) -> None:
        self.terminal = terminal
        self.online = True
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: list[dict[str, Any]] = []
        self._secret = secret
        self._action: dict[str, Any] | None = None
        self._answered: dict[str, tuple[str, str, Answer]] = {}

    def hear(self, method: str, path: str, query: str, headers: dict[str, str], body: str) -> Answer:
        if headers.get("authorization") != f"Bearer {self._secret}":
            return _error(401, "invalid_request_error", "", "Invalid API Key provided")
        key = headers.get("idempotency-key", "")
        if method == "GET" or not key:
            return self._do(method, path, dict(parse_qsl(query if method == "GET" else body)))
        if key in self._answered:
            way, sent, answer = self._answered[key]
            if (way, sent) != (path, body):
                return _error(400, "idempotency_error", "", "Keys for idempotent requests take the same parameters")
            return answer
        if len(self._answered) >= KEYS_MAX:
            return _error(429, "invalid_request_error", "rate_limit", "Too many requests")
        lost: LostError | None = None
        try:
            answer = self._do(method, path, dict(parse_qsl(body)))
        except _LostAfterError as error:
            answer, lost = error.answer, LostError(str(error))
        self._answered[key] = (path, body, answer)
        if lost is not None:
            raise lost
        return answer

    def _do(self, method: str, path: str, said: dict[str, str]) -> Answer:
        match [method, *path.strip("/").split("/")]:
            case ["POST", "v1", "payment_intents"]:
                return self._create(said)
            case ["GET", "v1", "payment_intents", name]:
                self.terminal.status(name)
                return self._shown(name)
            case ["POST", "v1", "payment_intents", name, "cancel"]:
                return self._cancel(name)
            case ["POST", "v1", "terminal", "readers", _, "process_payment_intent"]:
                return self._process(said["payment_intent"])
            case ["POST", "v1", "terminal", "readers", _, "cancel_action"]:
                self._action = None
                return 200, self._reader()
            case ["GET", "v1", "terminal", "readers", _]:
                return 200, self._reader()
            case ["POST", "v1", "refunds"]:
                return self._refund(said)
            case ["GET", "v1", "refunds"]:
                self.terminal.status("")
                found = [each for each in self.refunds if each["payment_intent"] == said["payment_intent"]]
                return 200, {"object": "list", "data": found, "has_more": False}
            case _:
                return _error(404, "invalid_request_error", "resource_missing", f"Unrecognized request URL ({path})")

    def _create(self, said: dict[str, str]) -> Answer:
        name = f"pi_{len(self.intents) + 1}"
        self.intents[name] = {
            "id": name,
            "object": "payment_intent",
            "amount": int(said["amount"]),
            "amount_received": 0,
            "currency": said["currency"],
            "status": "requires_payment_method",
            "metadata": {"vitrine": said.get("metadata[vitrine]", "")},
            "last_payment_error": None,
            "latest_charge": None,
        }
        return 200, dict(self.intents[name])

    def _process(self, name: str) -> Answer:
        intent = self.intents[name]
        if not self.online:
            return _error(400, "invalid_request_error", "terminal_reader_offline", "Reader is currently offline")
        if intent["status"] != "requires_payment_method":
            return _error(400, "invalid_request_error", "intent_invalid_state", f"Intent is {intent['status']}")
        try:
            self.terminal.pay(name, intent["amount"])
        except LostError as error:
            slow = self.terminal.status(name)
            if slow is None:
                raise
            self._acts(name, "in_progress")
            if slow.pending:
                return 200, self._reader()
            raise _LostAfterError((200, self._reader()), str(error)) from error
        self._acts(name, "in_progress")
        return 200, self._reader()

    def _shown(self, name: str) -> Answer:
        if name not in self.intents:
            return _error(404, "invalid_request_error", "resource_missing", f"No such payment_intent: {name}")
        self._settle(name)
        return 200, dict(self.intents[name])

    def _settle(self, name: str) -> None:
        """The reader has done its part, or waits for the client."""
        intent = self.intents[name]
        result = self.terminal.status(name)
        if result is None or result.pending or intent["status"] != "requires_payment_method":
            return
        if not result.paid_minor:
            intent["last_payment_error"] = {"code": "card_declined", "message": result.why or "declined"}
            self._acts(name, "failed", failure=result.why)
            return
        details = {"brand": CARD["brand"], "last4": CARD["last4"], "receipt": {"authorization_code": "123456"}}
        intent["status"], intent["amount_received"] = "succeeded", result.paid_minor
        intent["latest_charge"] = {"id": f"ch_{name}", "payment_method_details": {"card_present": details}}
        self._acts(name, "succeeded")

    def _cancel(self, name: str) -> Answer:
        self._settle(name)
        intent = self.intents[name]
        if intent["status"] == "succeeded":
            return _error(400, "invalid_request_error", "payment_intent_unexpected_state", "This intent has succeeded")
        self.terminal.stop(name)
        intent["status"] = "canceled"
        return 200, dict(intent)

    def _refund(self, said: dict[str, str]) -> Answer:
        name = f"re_{len(self.refunds) + 1}"
        try:
            paid = self.terminal.pay_back(name, said["payment_intent"], int(said["amount"]))
        except LostError as error:
            paid = self.terminal.paid_back.get(name, -1)
            if paid < 0:
                raise
            raise _LostAfterError(self._refunded(name, said, paid), str(error)) from error
        return self._refunded(name, said, paid)

    def _refunded(self, name: str, said: dict[str, str], paid: int) -> Answer:
        if not paid:
            del self.terminal.paid_back[name]
            return _error(400, "invalid_request_error", "charge_already_refunded", "Refund amount is greater than left")
        made = {
            "id": name, "object": "refund", "amount": paid, "status": "succeeded",
            "payment_intent": said["payment_intent"], "metadata": {"vitrine": said.get("metadata[vitrine]", "")},
        }  # fmt: skip
        self.refunds.append(made)
        return 200, made

    def _acts(self, name: str, status: str, *, failure: str = "") -> None:
        self._action = {
            "type": "process_payment_intent", "status": status, "failure_code": "card_declined" if failure else None,
            "failure_message": failure or None, "process_payment_intent": {"payment_intent": name},
        }  # fmt: skip

    def _reader(self) -> dict[str, Any]:
        return {"id": READER, "object": "terminal.reader", "status": "online", "action": self._action}


class _LostAfterError(Exception):
    """Done, and nobody hears of it."""

    def __init__(self, answer: Answer, words: str) -> None:
        super().__init__(words)
        self.answer = answer


def _error(status: int, kind: str, code: str, message: str) -> Answer:
    return status, {"error": {"type": kind, "code": code, "message": message}}
