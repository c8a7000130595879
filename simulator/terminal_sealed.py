"""A terminal that speaks sealed nexo only, by Adyen's description; its sealing is written apart from the till's."""

import base64
import hashlib
import hmac
import json
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulator.terminal_nexo import NexoFace


class SealedFace:
    """Bytes in, bytes out, as `NexoFace`. What is not sealed with its key is refused with a `ValueError`."""

    def __init__(self, face: NexoFace, passphrase: str, identifier: str, version: int) -> None:
        derived = hashlib.pbkdf2_hmac("sha1", passphrase.encode(), b"AdyenNexoV1Salt", 4000, dklen=80)
        self.face = face
        self._mac, self._cipher, self._iv = derived[0:32], derived[32:64], derived[64:80]
        self._name = {"AdyenCryptoVersion": 1, "KeyIdentifier": identifier, "KeyVersion": version}

    def hear(self, raw: bytes) -> bytes:
        answer = self.face.hear(self._open(raw))
        return answer if answer == b"ok" else self._close(answer)

    def _open(self, raw: bytes) -> bytes:
        envelope = json.loads(raw)["SaleToPOIRequest"]
        trailer = envelope["SecurityTrailer"]
        if any(trailer[name] != value for name, value in self._name.items()):
            raise ValueError("unknown key")
        plain = self._crypt(base64.b64decode(envelope["NexoBlob"]), base64.b64decode(trailer["Nonce"]), write=False)
        message = plain[: -plain[-1]]
        if hmac.new(self._mac, message, "sha256").digest() != base64.b64decode(trailer["Hmac"]):
            raise ValueError("hmac")
        if json.loads(message)["SaleToPOIRequest"]["MessageHeader"] != envelope["MessageHeader"]:
            raise ValueError("header")
        return message

    def _close(self, message: bytes) -> bytes:
        nonce, fill = os.urandom(16), 16 - len(message) % 16
        blob = self._crypt(message + bytes([fill]) * fill, nonce, write=True)
        trailer = {
            **self._name,
            "Nonce": base64.b64encode(nonce).decode(),
            "Hmac": base64.b64encode(hmac.new(self._mac, message, "sha256").digest()).decode(),
        }
        header = json.loads(message)["SaleToPOIResponse"]["MessageHeader"]
        sealed = {"MessageHeader": header, "NexoBlob": base64.b64encode(blob).decode(), "SecurityTrailer": trailer}
        return json.dumps({"SaleToPOIResponse": sealed}).encode()

    def _crypt(self, data: bytes, nonce: bytes, *, write: bool) -> bytes:
        start = bytes(a ^ b for a, b in zip(self._iv, nonce, strict=True))
        cipher = Cipher(algorithms.AES(self._cipher), modes.CBC(start))
        turn = cipher.encryptor() if write else cipher.decryptor()
        return turn.update(data) + turn.finalize()
