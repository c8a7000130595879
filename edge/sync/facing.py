"""The certificate of the store's own pages, so that tills and phones reach their box over HTTPS.

Asked of the office with the certificate the box has from its enrolment, for the names of `tls_names`; renewed like that
one, and shown from the next connection on without a restart. A box that has none yet and no office cannot open its
doors: over plain HTTP a PIN would go through the shop's air in clear.
"""

import asyncio
import datetime as dt
import ipaddress
import ssl
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import structlog
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from edge.clock import Clock
from edge.config import ConfigError, EdgeConfig, UplinkConfig
from edge.sync import papers
from edge.sync.office import Office, OfficeUnreachableError

RENEW_EVERY_S: Final = 3600.0
CERT: Final = "pages.pem"
KEY: Final = "pages.key"
log = structlog.get_logger(__name__)


class Face(NamedTuple):
    """Files of the pages' certificate. Without `names` they are a person's, and nobody renews them."""

    cert: Path
    key: Path
    names: tuple[str, ...] = ()


class Shown(Protocol):
    """What a server keeps of TLS; uvicorn's configuration."""

    ssl: ssl.SSLContext | None


def face_of(config: EdgeConfig) -> Face | None:
    """None: the pages are plain HTTP, which is for loopback."""
    if config.tls_cert is not None and config.tls_key is not None:
        return Face(config.tls_cert, config.tls_key)
    if not config.tls_names:
        return None
    return Face(config.data_dir / CERT, config.data_dir / KEY, config.tls_names)


def good(face: Face, now: dt.datetime) -> bool:
    """Whether there is a certificate that is for just these names and not at its end."""
    try:
        cert = x509.load_pem_x509_certificate(face.cert.read_bytes())
        held = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    names = {_plain(str(each.value)) for each in held}
    return names == {_plain(name) for name in face.names} and now < cert.not_valid_after_utc and face.key.is_file()


def _plain(name: str) -> str:
    """One spelling of each name and address: `FD00::1` is `fd00:0:0:0:0:0:0:1` (RFC 5952)."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower()


async def first_face(config: EdgeConfig, face: Face, now: dt.datetime) -> None:
    """Before the doors open: a certificate that browsers take. Raises `ConfigError` when none is to be had."""
    if good(face, now):
        return
    assert config.uplink is not None, "the configuration was checked"
    try:
        async with Office(config.uplink) as office:
            await _ask(office, config, face)
    except (OfficeUnreachableError, papers.PapersError, OSError, ValueError) as error:
        raise ConfigError(
            f"no certificate for the store's pages yet ({error}): start the box once where the office answers, or give "
            "tls_cert and tls_key"
        ) from error


async def keep_facing(config: EdgeConfig, face: Face, shown: Shown, clock: Clock) -> None:
    """Until cancelled: asks for the next certificate when two thirds of this one's life are over, and shows it."""
    assert config.uplink is not None, "the configuration was checked"
    while True:
        await renew_face(config.uplink, config, face, shown, dt.datetime.fromtimestamp(clock.wall_us() / 1e6, dt.UTC))
        await asyncio.sleep(RENEW_EVERY_S)


async def renew_face(uplink: UplinkConfig, config: EdgeConfig, face: Face, shown: Shown, now: dt.datetime) -> bool:
    """Whether there is a new one now. What goes wrong is logged and tried again: the old one is still shown."""
    if good(face, now) and not papers.due(face.cert, now):
        return False
    try:
        async with Office(uplink) as office:
            await _ask(office, config, face)
        if shown.ssl is not None:
            shown.ssl.load_cert_chain(str(face.cert), str(face.key))
    except (OfficeUnreachableError, papers.PapersError, OSError, ValueError) as error:
        log.warning("pages_certificate_not_renewed", why=str(error))
        return False
    log.info("pages_certificate_renewed", names=face.names)
    return True


async def _ask(office: Office, config: EdgeConfig, face: Face) -> None:
    asking = papers.ask(config.store)
    answer = await office.face(asking.csr, face.names)
    usage = x509.load_pem_x509_certificate(answer.cert.encode()).extensions.get_extension_for_class(
        x509.ExtendedKeyUsage
    )
    if ExtendedKeyUsageOID.SERVER_AUTH not in usage.value:
        raise ValueError("the office signed a certificate no browser takes: bring the office up to date")
    papers.keep(face.cert, face.key, cert_pem=answer.cert.encode(), key_pem=asking.key)
