"""A provider of SMS and of WhatsApp messages: it takes what it is handed and sends nothing on.

SMS it knows by their key and takes once; of WhatsApp messages it knows none, so that a repeat is another one. It asks
to wait, refuses, loses its answer after it took one, and signs what it says later. SMS come by `POST /messages`,
WhatsApp messages as in Meta's Cloud API by `POST /{number}/messages`.
"""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

BODY_MAX: Final = 1 << 16


class Messenger:
    """`taken`: key, number and words of each message. `unknown` numbers are nobody's."""

    def __init__(self, token: str, secret: bytes = b"secret") -> None:
        self.token, self.secret = token, secret
        self.taken: list[tuple[str, str, str]] = []
        self.names: dict[str, str] = {}
        """The newest name of each key."""
        self.asked = 0
        self.unknown: set[str] = set()
        self.busy_s = 0
        """Above nothing: it asks to wait so long."""
        self.lose_answers = 0
        """So many times it takes a message and hangs up."""
        outer = self

        class Talk(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.answer(self)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Talk)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def answer(self, peer: BaseHTTPRequestHandler) -> None:
        self.asked += 1
        raw = peer.rfile.read(min(int(peer.headers.get("Content-Length", 0)), BODY_MAX))
        status, said, more = self._judge(peer, json.loads(raw))
        if status < 300 and self.lose_answers:
            self.lose_answers -= 1
            peer.close_connection = True
            peer.connection.close()
            return
        body = json.dumps(said).encode()
        peer.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **more}.items():
            peer.send_header(name, value)
        peer.end_headers()
        peer.wfile.write(body)

    def sign(self, told: object) -> tuple[bytes, str]:
        """What it says later of a message, and the signature beside it."""
        raw = json.dumps(told).encode()
        return raw, "sha256=" + hmac.new(self.secret, raw, hashlib.sha256).hexdigest()

    def sms_failed(self, key: str, code: str) -> tuple[bytes, str]:
        return self.sign({"id": self.names[key], "status": "failed", "error": {"code": code}})

    def whatsapp_failed(self, key: str, code: int) -> tuple[bytes, str]:
        status = {"id": self.names[key], "status": "failed", "errors": [{"code": code}]}
        return self.sign({"entry": [{"changes": [{"value": {"statuses": [status]}}]}]})

    def _judge(self, peer: BaseHTTPRequestHandler, told: dict[str, Any]) -> tuple[int, object, dict[str, str]]:
        if peer.headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {"error": {"code": "token"}}, {}
        if self.busy_s:
            return 429, {"error": {"code": "busy"}}, {"Retry-After": str(self.busy_s)}
        is_sms = peer.path == "/messages"
        if not is_sms and (told.get("messaging_product") != "whatsapp" or told.get("type") != "template"):
            return 400, {"error": {"code": 100}}, {}
        to = str(told["to"])
        if to in self.unknown:
            return 400, {"error": {"code": "invalid_number" if is_sms else 131026}}, {}
        key = peer.headers.get("Idempotency-Key", "")
        if not is_sms or key not in self.names:
            text = told["text"] if is_sms else told["template"]["components"][0]["parameters"][0]["text"]
            self.taken.append((key, to, text))
            self.names[key] = f"wamid.{len(self.names)}" if not is_sms else f"sms-{len(self.names)}"
        name = self.names[key]
        return (202, {"id": name}, {}) if is_sms else (200, {"messages": [{"id": name}]}, {})
