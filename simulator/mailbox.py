"""A mail server that takes what it is handed and sends nothing on (RFC 5321): for one that a store has not."""

import socketserver
import threading
from typing import Final

LINE_MAX: Final = 2000


class Mailbox:
    """`taken`: recipient and message of every mail. It knows every mailbox but those in `unknown`."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.unknown: set[str] = set()
        self.full = False
        outer = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer.talk(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk, bind_and_activate=True)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def talk(self, peer: socketserver.StreamRequestHandler) -> None:
        """One connection, command by command."""

        def say(text: str) -> None:
            peer.wfile.write(text.encode("ascii") + b"\r\n")

        say("220 mail.example")
        to = ""
        while line := peer.rfile.readline(LINE_MAX):
            word = line[:4].upper().strip()
            match word:
                case b"EHLO" | b"HELO" | b"MAIL" | b"RSET" | b"NOOP":
                    say("250 mail.example")
                case b"RCPT":
                    to = line.decode("ascii", "replace").partition("<")[2].partition(">")[0]
                    say("550 5.1.1 no such mailbox" if to in self.unknown else "250 ok")
                case b"DATA":
                    say("354 go on")
                    message = _until_dot(peer)
                    if self.full:
                        say("452 4.3.1 mailbox full")
                    else:
                        self.taken.append((to, message))
                        say("250 taken")
                case b"QUIT":
                    say("221 bye")
                    return
                case _:
                    say("502 what?")


def _until_dot(peer: socketserver.StreamRequestHandler) -> bytes:
    lines: list[bytes] = []
    while line := peer.rfile.readline():
        if line.rstrip(b"\r\n") == b".":
            break
        lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
    return b"".join(lines)
