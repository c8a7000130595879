"""A box gets its certificate from the office: `vitrine enrol STORE --token … --office URL --dir FOLDER`.

The key is made here and stays here. Before the token is shown to anybody, the house's certificate is fetched and held
against the fingerprint that the token carries; what follows goes over TLS that this certificate vouches for.
"""

import ipaddress
import ssl
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from contract.enrolment import Enrol, Enrolled, EnrolmentError, read_token
from edge.sync import papers
from vitrine.authority import Identity
from vitrine.problems import PersonError

TIMEOUT_S: Final = 15.0
ANSWER_BYTES_MAX: Final = 64 << 10


def enrol(store: str, text: str, office: str, folder: Path, *, system_trust: bool = False) -> Identity:
    """Ask for the certificate and keep it in `folder`. Raises `PersonError`; then nothing was written.

    `system_trust`: the office's pages stand behind a certificate of a public authority, not of this house.
    """
    try:
        token = read_token(text)
    except EnrolmentError as error:
        raise PersonError(str(error)) from error
    if token.store != store:
        raise PersonError(f"This token is for {token.store}, not for {store}: take one from that store's page.")
    _check_private(office)
    house = _house(office, token.house)
    trust: ssl.SSLContext | bool = True
    if not system_trust:
        trust = ssl.create_default_context(cadata=house.decode())
    asking = papers.ask(token.store)
    body = msgspec.json.encode(Enrol(token=text.strip(), csr=asking.csr))
    answer = _asked("POST", f"{office.rstrip('/')}/api/v1/enrolment", trust, body)
    try:
        enrolled = msgspec.json.decode(answer, type=Enrolled)
    except msgspec.DecodeError as error:
        raise PersonError(f"{office} answered with something else than a certificate: is it the office?") from error
    made = Identity(folder / f"{store}.pem", folder / f"{store}.key", folder / "house.pem")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        papers.keep(made.cert, made.key, cert_pem=enrolled.cert.encode(), key_pem=asking.key)
    except papers.PapersError as error:
        raise PersonError(f"{office}: {error}.") from error
    made.ca.write_bytes(house)
    return made


def _check_private(office: str) -> None:
    """A token must not go over the wire in clear: somebody else would use it first."""
    parts = urlsplit(office)
    if parts.scheme == "https":
        return
    host = parts.hostname or ""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if parts.scheme != "http" or not loopback:
        raise PersonError(f"{office}: give the office's address as https://HOST:PORT; the token must not go in clear.")


def _house(office: str, fingerprint: bytes) -> bytes:
    """The house's certificate, PEM, if it is the one the token speaks of. Fetched without trust: it proves itself."""
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    pem = _asked("GET", f"{office.rstrip('/')}/api/v1/enrolment/house", anybody)
    try:
        known = x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()) == fingerprint
    except ValueError:
        known = False
    if not known:
        raise PersonError(
            f"{office} is not the house that gave this token: check the address. If it is right, somebody stands "
            "between this box and the office; the token was not shown to anybody."
        )
    return pem


def _asked(method: str, url: str, trust: ssl.SSLContext | bool, body: bytes | None = None) -> bytes:  # noqa: FBT001
    try:
        with httpx.Client(verify=trust, timeout=TIMEOUT_S, trust_env=False) as http:
            response = http.request(method, url, content=body, headers={"content-type": "application/json"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PersonError(f"{url} does not answer ({error}): is the office running, and the address right?") from error
    if response.is_success and len(response.content) <= ANSWER_BYTES_MAX:
        return response.content
    try:
        told = str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        told = f"it answered {response.status_code}"
    raise PersonError(f"The office says: {told}")
