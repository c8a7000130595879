"""TLS for a reader's connection: its certificate is pinned, because whom to trust is a person's decision.

Readers make their own certificates and are called by address, so a fingerprint says more than a name. No word of LLRP
is said before the certificate is the right one. Sockets here never block: whoever calls, calls again at the next tick.
"""

import hashlib
import socket
import ssl
from pathlib import Path
from typing import Final

import msgspec

from edge.config import ReaderConfig
from edge.readers.base import MisconfiguredError

PIN_BYTES: Final = 32
"""SHA-256 of a certificate in DER."""


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a reader's certificate must come from or be, and what we show in turn."""

    pin: bytes = b""
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


class DistrustedError(MisconfiguredError):
    """The certificate is not the one a person has trusted; the words say what to write down if it is the reader's."""


def trust_of(config: ReaderConfig) -> Trust:
    """What the configuration says. Raises `MisconfiguredError` for a pin that can be none, or half a pair."""
    words = config.tls_pin.replace(":", "").replace(" ", "")
    try:
        pin = bytes.fromhex(words)
    except ValueError:
        pin = b"?"
    if len(pin) not in (0, PIN_BYTES):
        raise MisconfiguredError("tls_pin is not the SHA-256 fingerprint of a certificate: 64 digits in hex")
    if (config.tls_cert is None) is not (config.tls_key is None):
        raise MisconfiguredError("tls_cert and tls_key belong together; give both or neither")
    trust = Trust(pin=pin, ca=config.tls_ca, cert=config.tls_cert, key=config.tls_key)
    if trust != Trust() and not config.url.startswith("llrps:"):
        raise MisconfiguredError(f"{config.url!r} has no TLS: write llrps://, or remove its tls_ keys")
    return trust


class Tls:
    """Makes TLS of a connected socket, over and over: one for each reader."""

    def __init__(self, trust: Trust, host: str) -> None:
        """Raises `MisconfiguredError` for a file that cannot be used."""
        self._trust = trust
        self._host = host
        self._context = _context(trust)

    def wrap(self, sock: socket.socket) -> "Secured":
        """Takes the socket over. Nothing has been said yet."""
        return Secured(
            self._context.wrap_socket(
                sock, server_hostname=self._host, do_handshake_on_connect=False, suppress_ragged_eofs=False
            )
        )

    def handshake(self, link: "Secured") -> bool:
        """One step of it; False: the other side has to speak first. Raises `OSError`, and `DistrustedError`."""
        try:
            link.sock.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except ssl.SSLCertVerificationError as error:
            raise DistrustedError(
                f"{self._host} shows a certificate that tls_ca does not vouch for ({error.verify_message}); give the "
                "authority that made it, and call the reader by the name in it; or pin the certificate by tls_pin"
            ) from error
        self._check(link.sock.getpeercert(binary_form=True) or b"")
        return True

    def _check(self, certificate: bytes) -> None:
        seen = hashlib.sha256(certificate).digest()
        if self._trust.pin == seen or (not self._trust.pin and self._trust.ca is not None):
            return
        if not self._trust.pin:
            raise DistrustedError(
                f"nobody has said whether {self._host} is to be trusted; compare its certificate's fingerprint with "
                f'what the reader itself shows, and if they are the same write tls_pin = "{seen.hex()}"'
            )
        raise DistrustedError(
            f"{self._host} shows another certificate than the pinned one; if the reader was given a new one, write "
            f'tls_pin = "{seen.hex()}", the fingerprint seen; if not, somebody stands between you and it'
        )


class Secured:
    """A socket with TLS over it, as a driver uses one that does not block."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self.sock = sock

    def recv_into(self, room: memoryview) -> int:
        """0 at the other side's farewell. Raises `BlockingIOError` when nothing is there, and other `OSError`s."""
        try:
            return self.sock.recv_into(room)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as wait:
            raise BlockingIOError from wait

    def send(self, data: bytes) -> int:
        """How many bytes were taken. After `BlockingIOError` it wants the same bytes again, more may follow them."""
        try:
            return self.sock.send(data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as wait:
            raise BlockingIOError from wait

    def close(self) -> None:
        self.sock.close()


def _context(trust: Trust) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # the certificate that was checked is the one of the whole connection
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.check_hostname = trust.ca is not None
    context.verify_mode = ssl.CERT_NONE if trust.ca is None else ssl.CERT_REQUIRED
    try:
        if trust.ca is not None:
            context.load_verify_locations(trust.ca)
        if trust.cert is not None:
            context.load_cert_chain(trust.cert, trust.key)
    except (OSError, ValueError) as error:
        files = ", ".join(str(file) for file in (trust.ca, trust.cert, trust.key) if file is not None)
        raise MisconfiguredError(
            f"{files}: {getattr(error, 'strerror', '') or error}; give PEM files of that reader's TLS"
        ) from error
    return context
