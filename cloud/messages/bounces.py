"""What came back: delivery status notifications (RFC 3464) of e-mail, and providers' own words. Bytes in, names out."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from typing import Any, Final

from cloud.messages.port import NO_SUCH_NUMBER

BYTES_MAX: Final = 1 << 20
PARTS_MAX: Final = 50
NAME: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STATUS: Final = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")


@dataclass(frozen=True, slots=True)
class Bounce:
    """`message` is our own name of it, or `carrier_ref` the carrier's. `address_bad`: nobody is there."""

    message: str = ""
    carrier_ref: str = ""
    address_bad: bool = False
    why: str = "it came back"


def of_mail(raw: bytes) -> list[Bounce]:
    """Of a mail to the sender's address: none when it is no notice of failure, or not of one of ours."""
    if len(raw) > BYTES_MAX:
        return []
    try:
        mail = message_from_bytes(raw)
        parts = [part for part, _ in zip(mail.walk(), range(PARTS_MAX), strict=False)]
        status = _status(parts)
        named = _named(mail, parts)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return []  # nobody promises that what arrives there is well made
    if status != "5" or not named:
        return []
    why = "the mail server of this address sent it back: ask for another address"
    return [Bounce(message=named, address_bad=True, why=why)]


def _status(parts: list[Message]) -> str:
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            told = part.as_string()
            action = re.search(r"(?im)^action:\s*(\w+)", told)
            found = STATUS.search(told)
            if found and (action is None or action[1].lower() == "failed"):
                return found[1]
    return ""


def _named(mail: Message, parts: list[Message]) -> str:
    """By the address it came to (VERP), else by the Message-ID of what it quotes."""
    for field in ("To", "Delivered-To", "X-Original-To"):
        for value in mail.get_all(field, []):
            found = re.search(r"\+([0-9a-f-]{36})@", str(value))
            if found and NAME.fullmatch(found[1]):
                return found[1]
    for part in parts:
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            found = re.search(r"(?im)^message-id:\s*<([0-9a-f-]{36})@", part.as_string())
            if found and NAME.fullmatch(found[1]):
                return found[1]
    return ""


def of_sms(raw: bytes) -> list[Bounce]:
    """`{"id": …, "status": "failed", "error": {"code": …}}`, one or a list."""
    told = _load(raw)
    found = []
    for each in told if isinstance(told, list) else [told]:
        if isinstance(each, dict) and each.get("status") in ("failed", "undelivered") and each.get("id"):
            error = each.get("error")
            code = str(error.get("code", "")) if isinstance(error, dict) else ""
            found.append(_failed(str(each["id"]), code))
    return found


def of_whatsapp(raw: bytes) -> list[Bounce]:
    """Meta's webhook: `entry[].changes[].value.statuses[]` with `status: failed` and `errors[].code`."""
    return [
        _failed(str(each["id"]), str(next(iter(_dicts(each.get("errors"))), {}).get("code", "")))
        for entry in _dicts(_under(_load(raw), "entry"))
        for change in _dicts(entry.get("changes"))
        for each in _dicts(_under(change.get("value"), "statuses"))
        if each.get("status") == "failed" and each.get("id")
    ]


def _failed(ref: str, code: str) -> Bounce:
    if code in NO_SUCH_NUMBER:
        return Bounce(carrier_ref=ref, address_bad=True, why="nobody has this number: ask for another one")
    return Bounce(carrier_ref=ref, why=f"the provider could not deliver it ({code[:20] or 'it does not say why'})")


def _load(raw: bytes) -> Any:
    if len(raw) > BYTES_MAX:
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _under(told: Any, name: str) -> Any:
    return told.get(name) if isinstance(told, dict) else None


def _dicts(told: Any) -> Iterator[dict[str, Any]]:
    return (each for each in told if isinstance(each, dict)) if isinstance(told, list) else iter(())
