"""SMS and WhatsApp by their providers' HTTP.

SMS is spoken in the shape most providers share: `POST {url}/messages` with a bearer token, `Idempotency-Key`, and
`{to, from, text}`; 2xx `{id}`; a repeat of a key is the first message.

WhatsApp is Meta's Cloud API: `POST {url}/{number}/messages`. What a business begins goes as a template it has approved,
with our text as its one parameter. It knows no keys: a repeat goes out again.
"""

import functools
import hashlib
import hmac
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from cloud.messages.port import NO_SUCH_NUMBER, InDoubtError, NeverError, NotNowError, Parcel
from trade.consent import Channel

WITHIN_S: Final = 15.0
AFTER_S_MAX: Final = 86_400


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Whom every carrier believes. Reading all the authorities takes 20 ms."""
    return httpx.create_ssl_context()


class HttpCarrier:
    """What both have in common: one POST, and what its answer means."""

    channel: Channel
    remembers = False

    def __init__(self, url: str, sender: str, token_file: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._url, self._sender, self._token_file = url.rstrip("/"), sender, token_file
        self._client = httpx.Client(timeout=WITHIN_S, transport=transport, verify=_trusted())

    def send(self, parcel: Parcel, *, now_us: int) -> str:
        del now_us
        try:
            token = Path(self._token_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise NotNowError("the file with the office's token cannot be read: put it back") from error
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": parcel.message}
        try:
            answer = self._client.post(self.address(), json=self.body(parcel), headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NotNowError(f"the provider cannot be reached ({type(error).__name__})") from error
        except httpx.HTTPError as error:
            raise InDoubtError(f"the provider did not answer ({type(error).__name__})") from error
        if answer.is_success:
            return self.reference(_json(answer))
        self._refused(answer)
        raise AssertionError("a refusal raises")

    def address(self) -> str:
        raise NotImplementedError

    def body(self, parcel: Parcel) -> dict[str, Any]:
        raise NotImplementedError

    def reference(self, said: Mapping[str, Any]) -> str:
        raise NotImplementedError

    def _refused(self, answer: httpx.Response) -> None:
        if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
            after = answer.headers.get("Retry-After", "")
            wait_s = min(int(after), AFTER_S_MAX) if after.isascii() and after.isdigit() else 0
            raise NotNowError(f"the provider asks to wait ({answer.status_code})", wait_s * 1_000_000)
        if answer.status_code in (401, 403):
            raise NotNowError("the provider refuses the office's token: renew it")
        said = _json(answer).get("error")
        code = str(said.get("code", "")) if isinstance(said, dict) else ""
        if code in NO_SUCH_NUMBER:
            raise NeverError("nobody has this number: ask for another one", address_bad=True)
        raise NeverError(f"the provider refuses this message ({answer.status_code}): look at its words")


class SmsCarrier(HttpCarrier):
    channel = Channel.SMS
    remembers = True

    def address(self) -> str:
        return f"{self._url}/messages"

    def body(self, parcel: Parcel) -> dict[str, Any]:
        return {"to": parcel.to, "from": self._sender, "text": _with_stop(parcel)}

    def reference(self, said: Mapping[str, Any]) -> str:
        return str(said.get("id", ""))


class WhatsAppCarrier(HttpCarrier):
    """`sender`: the id of our number. `template`: the approved one, of which our text is the parameter."""

    channel = Channel.MESSENGER

    def __init__(
        self, url: str, sender: str, token_file: str, *, template: str, language: str = "en",
        transport: httpx.BaseTransport | None = None,
    ) -> None:  # fmt: skip
        super().__init__(url, sender, token_file, transport=transport)
        self._template, self._language = template, language

    def address(self) -> str:
        return f"{self._url}/{self._sender}/messages"

    def body(self, parcel: Parcel) -> dict[str, Any]:
        text = " ".join(_with_stop(parcel).split())  # a parameter has no line ends
        return {
            "messaging_product": "whatsapp",
            "to": parcel.to.removeprefix("+"),
            "type": "template",
            "biz_opaque_callback_data": parcel.message,
            "template": {
                "name": self._template,
                "language": {"code": self._language},
                "components": [{"type": "body", "parameters": [{"type": "text", "text": text}]}],
            },
        }

    def reference(self, said: Mapping[str, Any]) -> str:
        named = said.get("messages")
        return str(named[0].get("id", "")) if isinstance(named, list) and named and isinstance(named[0], dict) else ""


def signed(body: bytes, secret: bytes, signature: str) -> bool:
    """Whether a provider's word is theirs: `sha256=` and the HMAC of the raw body, as Meta and most others sign."""
    wanted = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.strip().encode())


def _with_stop(parcel: Parcel) -> str:
    return f"{parcel.text}\nStop: {parcel.opt_out}" if parcel.opt_out else parcel.text


def _json(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        said = json.loads(answer.content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
