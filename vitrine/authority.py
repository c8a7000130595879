"""The house's certificate authority: one EC P-256 key that signs servers, stores and the revocation list.

A store's certificate has the store's slug as its common name; broker and cloud read who speaks from there and from
nowhere else. Keys never leave the folder they were made in (mode 0600): a box that enrols over the network makes its
own and sends a request (`sign`). Every certificate made is noted in `house.issued`, so that a name can be revoked.
"""

import datetime as dt
import ipaddress
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.enrolment import EnrolmentError
from contract.ids import SLUG, check_slug
from vitrine.problems import PersonError

CLOUD: Final = "cloud"
"""The name the cloud carries at the broker; no store may have it."""
ROOT: Final = "house"
"""The authority's own files."""
SEAL: Final = "seal"
"""The office's sealing key lies in the same folder: no certificate's key may take its place."""
HOUSE_DAYS: Final = 3650
LEAF_LIVES: Final = dt.timedelta(days=397)
"""Browsers refuse longer lives; `enrol` renews, and a box renews its own (`edge.sync.papers`)."""
BRIEF: Final = dt.timedelta(minutes=5)
ISSUED: Final = "house.issued"
"""Serial number, name and end of every certificate made, a line each."""
RENEW_BEFORE_DAYS: Final = 60
HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
BACKDATE: Final = dt.timedelta(hours=1)
"""A store's clock may lag when its certificate is made."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Files of one party: its certificate, its key, and the house's certificate to check others with."""

    cert: Path
    key: Path
    ca: Path

    def exists(self) -> bool:
        return self.cert.exists() and self.key.exists()


@dataclass(frozen=True, slots=True)
class Authority:
    """The house's CA in a folder: `house.pem`, `house.key`, `house.crl`, and an `Identity` per name."""

    folder: Path
    cert: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def open(cls, folder: Path, now: dt.datetime) -> "Authority":
        """The CA of this folder, made when there is none yet. Raises `PersonError` for files that do not fit."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        if not (folder / "house.key").exists():
            key = ec.generate_private_key(ec.SECP256R1())
            cert = _house_certificate(key, now)
            _write_key(folder / "house.key", key)
            _write(folder / "house.pem", cert.public_bytes(serialization.Encoding.PEM))
        try:
            cert = x509.load_pem_x509_certificate((folder / "house.pem").read_bytes())
            loaded = serialization.load_pem_private_key((folder / "house.key").read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise PersonError(
                f"The house's certificate in {folder} cannot be read: restore it from a backup, or delete the folder "
                "to start a new house."
            ) from error
        if not isinstance(loaded, ec.EllipticCurvePrivateKey) or loaded.public_key() != cert.public_key():
            raise PersonError(f"house.key and house.pem in {folder} are no pair: restore both from one backup.")
        authority = cls(folder, cert, loaded)
        if not (folder / "house.crl").exists():
            authority.revoke((), now)
        return authority

    @property
    def ca_file(self) -> Path:
        return self.folder / "house.pem"

    @property
    def crl_file(self) -> Path:
        return self.folder / "house.crl"

    def house(self) -> bytes:
        """The house's own certificate, PEM."""
        return self.cert.public_bytes(serialization.Encoding.PEM)

    def fingerprint(self) -> bytes:
        """SHA-256 of it, DER: what a token carries so that a new box knows its house."""
        return self.cert.fingerprint(hashes.SHA256())

    def identity(self, name: str) -> Identity:
        """Where the files of this name lie, made or not."""
        return Identity(self.folder / f"{name}.pem", self.folder / f"{name}.key", self.ca_file)

    def server(self, name: str, hosts: Iterable[str], now: dt.datetime) -> Identity:
        """A server's certificate for these host names and addresses; kept while it has two months to live.

        Raises `PersonError` for a name that would overwrite the house's own files, or a host that is none.
        """
        if not SLUG.fullmatch(name) or name in {CLOUD, ROOT, SEAL}:
            raise PersonError(
                f"A server cannot be called {name!r}: use 1 to 40 of a-z, 0-9 and inner dashes, and none of "
                f"{CLOUD}, {ROOT} and {SEAL}: the house's own keys have those names."
            )
        return self._leaf(name, now, ExtendedKeyUsageOID.SERVER_AUTH, [_host(host) for host in hosts])

    def client(self, name: str, now: dt.datetime) -> Identity:
        """A client's certificate with CN = `name`, a store's slug or the cloud's. Raises `PersonError` otherwise."""
        if name != CLOUD:
            try:
                check_slug(name)
            except ValueError as error:
                raise PersonError(str(error)) from error
        return self._leaf(name, now, ExtendedKeyUsageOID.CLIENT_AUTH, [])

    def sign(self, request: bytes, name: str, now: dt.datetime) -> bytes:
        """A client's certificate, PEM, for the key of this PEM request. Raises `EnrolmentError` if it does not fit."""
        key = _asked_key(request, name)
        cert = self._certificate(name, key, now, ExtendedKeyUsageOID.CLIENT_AUTH, [])
        return cert.public_bytes(serialization.Encoding.PEM)

    def sign_pages(self, request: bytes, name: str, names: tuple[str, ...], now: dt.datetime) -> bytes:
        """A server's certificate, PEM, for these host names and addresses. Raises `EnrolmentError`."""
        key = _asked_key(request, name)
        try:
            hosts = [_host(each) for each in names]
        except PersonError as error:
            raise EnrolmentError(str(error)) from error
        cert = self._certificate(name, key, now, ExtendedKeyUsageOID.SERVER_AUTH, hosts)
        return cert.public_bytes(serialization.Encoding.PEM)

    def brief_client(self, name: str, now: dt.datetime, folder: Path) -> Identity:
        """A client's certificate of a few minutes in `folder`: with it we take a revoked one's place (`revoking`)."""
        key = ec.generate_private_key(ec.SECP256R1())
        cert = self._certificate(name, key.public_key(), now, ExtendedKeyUsageOID.CLIENT_AUTH, [], lives=BRIEF)
        identity = Identity(folder / "brief.pem", folder / "brief.key", self.ca_file)
        _write_key(identity.key, key)
        _write(identity.cert, cert.public_bytes(serialization.Encoding.PEM))
        return identity

    def revoke_name(self, name: str, now: dt.datetime, but: x509.Certificate | None = None) -> int:
        """Revokes every certificate of this name that still lives, but not `but`; gives how many there were."""
        serials = {serial for serial, of, ends in self._issued() if of == name and ends > now}
        cert = self.identity(name).cert
        if cert.exists():
            serials.add(x509.load_pem_x509_certificate(cert.read_bytes()).serial_number)
        serials -= {entry.serial_number for entry in self._revoked()}
        serials -= {but.serial_number} if but is not None else set()
        if serials:
            self._revoke(serials, now)
        return len(serials)

    def revoke(self, certs: Iterable[x509.Certificate], now: dt.datetime) -> None:
        """Adds certificates to the revocation list; the broker reads it at a SIGHUP, and only then (mosquitto 2.0)."""
        self._revoke({cert.serial_number for cert in certs}, now)

    def _revoke(self, serials: set[int], now: dt.datetime) -> None:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.cert.subject)
            .last_update(now - BACKDATE)
            # OpenSSL refuses *every* client once the list is stale, so it lives as long as the house does.
            .next_update(now + dt.timedelta(days=HOUSE_DAYS))
        )
        before = self._revoked()
        for entry in before:
            builder = builder.add_revoked_certificate(entry)
        for serial in sorted(serials - {entry.serial_number for entry in before}):
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
            builder = builder.add_revoked_certificate(entry)
        _write(self.crl_file, builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def _leaf(
        self, name: str, now: dt.datetime, usage: x509.ObjectIdentifier, names: list[x509.GeneralName]
    ) -> Identity:
        identity = self.identity(name)
        if identity.exists() and self._still_good(identity.cert, now, usage, names):
            return identity
        key = ec.generate_private_key(ec.SECP256R1())
        cert = self._certificate(name, key.public_key(), now, usage, names)
        _write_key(identity.key, key)
        _write(identity.cert, cert.public_bytes(serialization.Encoding.PEM))
        return identity

    def _certificate(
        self,
        name: str,
        key: ec.EllipticCurvePublicKey,
        now: dt.datetime,
        usage: x509.ObjectIdentifier,
        names: list[x509.GeneralName],
        *,
        lives: dt.timedelta = LEAF_LIVES,
    ) -> x509.Certificate:
        """Signed, and noted before anybody has it."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(self.cert.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATE)
            .not_valid_after(now + lives)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        cert = builder.sign(self.key, hashes.SHA256())
        with (self.folder / ISSUED).open("a", encoding="ascii") as notes:
            notes.write(f"{cert.serial_number:x} {name} {cert.not_valid_after_utc.isoformat()}\n")
            notes.flush()
            os.fsync(notes.fileno())
        return cert

    def _issued(self) -> Iterator[tuple[int, str, dt.datetime]]:
        path = self.folder / ISSUED
        for line in path.read_text(encoding="ascii").splitlines() if path.exists() else ():
            serial, name, ends = line.split(" ")
            yield int(serial, 16), name, dt.datetime.fromisoformat(ends)

    def _revoked(self) -> list[x509.RevokedCertificate]:
        return list(x509.load_pem_x509_crl(self.crl_file.read_bytes())) if self.crl_file.exists() else []

    def _still_good(
        self, path: Path, now: dt.datetime, usage: x509.ObjectIdentifier, names: list[x509.GeneralName]
    ) -> bool:
        """Raises `PersonError` for what must not be overwritten: it may be somebody else's."""
        try:
            cert = x509.load_pem_x509_certificate(path.read_bytes())
            usages = list(cert.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        except (ValueError, x509.ExtensionNotFound) as error:
            raise PersonError(f"{path} is no certificate of this house: move it away, then enrol again.") from error
        if usage not in usages:
            kind = "client" if usage == ExtendedKeyUsageOID.SERVER_AUTH else "server"
            raise PersonError(f"{path} is a {kind}'s certificate: choose another name, or move it and its key away.")
        found: list[x509.GeneralName] = []
        if names:
            found = list(cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
        lasts = cert.not_valid_after_utc - now > dt.timedelta(days=RENEW_BEFORE_DAYS)
        return lasts and cert.issuer == self.cert.subject and found == names


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        if not HOST.fullmatch(host):
            raise PersonError(
                f"{host!r} is no host: give a name or an address as stores dial it, without scheme and port."
            ) from None
        return x509.DNSName(host)


def _asked_key(request: bytes, name: str) -> ec.EllipticCurvePublicKey:
    """The key of a PEM request for this name. Raises `EnrolmentError`."""
    try:
        csr = x509.load_pem_x509_csr(request)
        key = csr.public_key()
        sound = csr.is_signature_valid
    except (ValueError, UnsupportedAlgorithm) as error:
        raise EnrolmentError(
            f"This is no certificate request in PEM ({error}): make it with `vitrine enrol`."
        ) from error
    if not sound:
        raise EnrolmentError("The request is not signed by the key it names: make it anew with `vitrine enrol`.")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise EnrolmentError("The request's key is of another kind than EC P-256: make it with `vitrine enrol`.")
    if csr.subject != _named(name):
        raise EnrolmentError(f"The request is for another name than {name}: make it with the token of that store.")
    return key


def _house_certificate(key: ec.EllipticCurvePrivateKey, now: dt.datetime) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(_named("Vitrine house"))
        .issuer_name(_named("Vitrine house"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + dt.timedelta(days=HOUSE_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(path, pem, 0o600)


def _write(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Whole or not at all: a half-written key must never be found at the next start."""
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode)
    fresh.write_bytes(data)
    fresh.rename(path)
