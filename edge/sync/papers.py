"""The box's own papers: a key that never leaves it, and the certificate the house signs for it.

Asked for with a one-time token (`vitrine enrol`), and again by the box itself once two thirds of a certificate's life
are over. Both files change together: whatever a power cut leaves, `mend` makes a pair of it again.
"""

import datetime as dt
import os
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contract.enrolment import RENEW_AFTER
from contract.ids import StoreId

FRESH: Final = ".new"
"""What the next key and certificate are called until both are on the disk."""
_PEM: Final = serialization.Encoding.PEM
_SPKI: Final = serialization.PublicFormat.SubjectPublicKeyInfo


class PapersError(Exception):
    """Key and certificate cannot be used; the message says what to do."""


class Asking(NamedTuple):
    """A new key, and the request to sign it; both PEM."""

    key: bytes
    csr: str


def ask(store: StoreId) -> Asking:
    """Make a key for this store's box, and the request that goes to the office."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, store)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    pem = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Asking(pem, csr.public_bytes(_PEM).decode())


def life_left(cert: Path, now: dt.datetime) -> float:
    """Share of the certificate's life that is left: 1 when it was just made, 0 and less when it is over."""
    read = x509.load_pem_x509_certificate(cert.read_bytes())
    whole = read.not_valid_after_utc - read.not_valid_before_utc
    return (read.not_valid_after_utc - now) / whole


def due(cert: Path, now: dt.datetime) -> bool:
    """Whether it is time to ask for the next one."""
    return life_left(cert, now) < 1 - RENEW_AFTER


def keep(cert: Path, key: Path, *, cert_pem: bytes, key_pem: bytes) -> None:
    """Both files, or neither. Raises `PapersError` when the two are no pair: then nothing changes."""
    if not _pair(cert_pem, key_pem):
        raise PapersError("the certificate that came is not for the key that was made here: ask again")
    for path, data in ((key, key_pem), (cert, cert_pem)):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(_fresh(path), data)
    _swap(cert, key)


def mend(cert: Path, key: Path) -> None:
    """After a power cut in the middle of `keep`: finish it if both new files had been written, else forget them."""
    fresh = [path for path in (_fresh(cert), _fresh(key)) if path.exists()]
    if not fresh:
        return
    new_cert, new_key = (_fresh(path) if _fresh(path).exists() else path for path in (cert, key))
    if _fresh(cert).exists() and new_key.exists() and _pair(new_cert.read_bytes(), new_key.read_bytes()):
        _swap(cert, key)
        return
    for path in fresh:
        path.unlink()


def _swap(cert: Path, key: Path) -> None:
    for path in (key, cert):  # the certificate last: `mend` knows by it that the swap is not over
        if _fresh(path).exists():
            _fresh(path).replace(path)
            _sync_folder(path.parent)


def _pair(cert_pem: bytes, key_pem: bytes) -> bool:
    try:
        cert = x509.load_pem_x509_certificate(cert_pem)
        key = serialization.load_pem_private_key(key_pem, password=None)
    except ValueError:
        return False
    return cert.public_key().public_bytes(_PEM, _SPKI) == key.public_key().public_bytes(_PEM, _SPKI)


def _fresh(path: Path) -> Path:
    return path.with_name(path.name + FRESH)


def _write(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
