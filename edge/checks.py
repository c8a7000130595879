"""What is written in `edge.toml` as text and means more: ports, addresses, names. Raises `ValueError` in words."""

import re
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

PORT_MAX: Final = 0xFFFF
"""LLRP numbers antennas, inputs and outputs in 16 bits."""
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
"""As a person writes it, so that no port is there twice as "1" and "01"."""


def port_number(text: str) -> int:
    """An antenna, input or output."""
    if not _PORT.fullmatch(text) or int(text) > PORT_MAX:
        raise ValueError("is not a port number from 1")
    return int(text)


def reader_url(url: str) -> None:
    """What every family's address has in common; the rest is the family's own to check."""
    if not url.isprintable() or " " in url:
        raise ValueError(f"url {url!r} holds a blank or a sign that cannot be seen; write it anew")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"url {url!r}: {error}; write scheme://host:port") from error
    if port == 0:
        raise ValueError(f"url {url!r} names port 0, where nobody is; write the reader's own, or none")
    if host:
        host_name(f"url {url!r}", host)


def web_url(what: str, url: str) -> None:
    """An address that is spoken to over HTTP; beyond this machine only with TLS."""
    try:
        reader_url(url)
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from error
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{what}: url {url!r} is none of the web; write https://host:port")
    if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise ValueError(f"{what}: url {url!r} would go through the network unsealed; write https://")


def host_name(what: str, host: str) -> None:
    """A name or address that can at least be looked up."""
    try:
        wrong = not host or not host.isprintable() or " " in host or not host.encode("idna")
    except UnicodeError:
        wrong = True
    if wrong:
        raise ValueError(f"{what} names no host that could be looked up; give its name or address in the network")


def time_zone(name: str) -> None:
    """A key of the IANA time zone database."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"time_zone {name!r} is none; write one such as Europe/Paris") from error


def each_once(what: str, names: list[str]) -> None:
    """Names by which pages and reports tell things apart."""
    for name in names:
        if not name.strip():
            raise ValueError(f"a {what} without a name; give each its own")
        if names.count(name) > 1:
            raise ValueError(f"two {what}s are called {name!r}; give each its own")
