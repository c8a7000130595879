"""The house's certificate authority: one EC P-256 key that signs servers, stores and the revocation list.

A store's certificate has the store's slug as its common name; broker and cloud read who speaks from there and from
nowhere else. Keys never leave the folder they were made in (mode 0600).
"""

import datetime as dt
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.ids import SLUG, check_slug
from vitrine.problems import PersonError

CLOUD: Final = "cloud"
"""The name the cloud carries at the broker; no store may have it."""
ROOT: Final = "house"
"""The authority's own files."""
HOUSE_DAYS: Final = 3650
LEAF_DAYS: Final = 397
"""Browsers refuse longer lives; `enrol` renews."""
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

    def identity(self, name: str) -> Identity:
        """Where the files of this name lie, made or not."""
        return Identity(self.folder / f"{name}.pem", self.folder / f"{name}.key", self.ca_file)

    def server(self, name: str, hosts: Iterable[str], now: dt.datetime) -> Identity:
        """A server's certificate for these host names and addresses; kept while it has two months to live.

        Raises `PersonError` for a name that would overwrite the house's own files, or a host that is none.
        """
        if not SLUG.fullmatch(name) or name in {CLOUD, ROOT}:
            raise PersonError(
                f"A server cannot be called {name!r}: use 1 to 40 of a-z, 0-9 and inner dashes, and neither "
                f"{CLOUD} nor {ROOT}; {CLOUD} is how the office speaks to the broker."
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

    def revoke(self, certs: Iterable[x509.Certificate], now: dt.datetime) -> None:
        """Adds certificates to the revocation list; the broker reads it at a SIGHUP, and only then (mosquitto 2.0)."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.cert.subject)
            .last_update(now - BACKDATE)
            # OpenSSL refuses *every* client once the list is stale, so it lives as long as the house does.
            .next_update(now + dt.timedelta(days=HOUSE_DAYS))
        )
        serials = {cert.serial_number for cert in certs}
        if self.crl_file.exists():
            for entry in x509.load_pem_x509_crl(self.crl_file.read_bytes()):
                builder = builder.add_revoked_certificate(entry)
                serials.discard(entry.serial_number)
        for serial in sorted(serials):
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
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(self.cert.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATE)
            .not_valid_after(now + dt.timedelta(days=LEAF_DAYS))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        _write_key(identity.key, key)
        _write(identity.cert, builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return identity

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
