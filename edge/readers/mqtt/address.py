"""Where a reader's stream is: `scheme://[user@]host[:port]?topic=…&topic=…&silence=10&ca=…`. No input or output."""

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

from edge.mqtt import Version
from edge.readers.base import MisconfiguredError

PORT: Final = 1883
PORT_TLS: Final = 8883
SILENCE_S: Final = 10.0
SILENCE_MIN_S: Final = 1.0
SILENCE_WITNESS_MAX_S: Final = 15.0
"""Of a fixed reader: its rounds wait until it is heard after them, at most `floor/rounds.py` `ROUNDS_PENDING_MAX`."""
SILENCE_MAX_S: Final = 3600.0
TOPICS_MAX: Final = 8
OPTIONS: Final = ("ca", "cert", "key", "mqtt", "password_file", "silence", "topic")


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """One broker and the topics of one reader there. Files are paths, not yet opened."""

    host: str
    port: int
    topics: tuple[str, ...]
    silence_s: float
    """Agreed: within this time something is heard of a reader that lives, a read or a heartbeat."""
    version: Version = Version.V5
    user: str = ""
    password_file: Path | None = None
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


def address_of(url: str, *, witness: bool) -> Address:
    """`witness`: a fixed reader. `+` in a topic is MQTT's wildcard; `#` is written `%23`.

    Raises `MisconfiguredError` that names the option and the mend.
    """
    parts = urlsplit(url)
    options = _options(url, parts.query)
    topics = tuple(options.get("topic", ()))
    try:
        port = parts.port
    except ValueError as error:
        raise MisconfiguredError(f"{url!r}: {error}; give the broker's port as a number") from error
    if not parts.hostname:
        raise MisconfiguredError(f"{url!r} names no broker; write {parts.scheme}://host:port?topic=…")
    if not 0 < len(topics) <= TOPICS_MAX or not all(topics):
        raise MisconfiguredError(f"{url!r}: give 1 to {TOPICS_MAX} topics as ?topic=…&topic=…")
    files = {name: Path(options[name][0]) for name in ("ca", "cert", "key", "password_file") if name in options}
    if ("cert" in files) != ("key" in files) or ("cert" in files and "ca" not in files):
        raise MisconfiguredError(f"{url!r}: cert and key go together, and with ca; give all three or only ca")
    if "password_file" in files and not parts.username:
        raise MisconfiguredError(f"{url!r}: a password_file without a user; write user@host")
    return Address(
        host=parts.hostname,
        port=port or (PORT_TLS if "ca" in files else PORT),
        topics=topics,
        silence_s=_silence(url, options.get("silence", (str(SILENCE_S),))[0], witness=witness),
        version=_version(url, options.get("mqtt", (Version.V5,))[0]),
        user=unquote(parts.username or ""),
        **files,
    )


def _options(url: str, query: str) -> dict[str, list[str]]:
    """Not `parse_qs`: to it a `+` is a space, and in topics it is the wildcard."""
    found: dict[str, list[str]] = {}
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        if name not in OPTIONS:
            raise MisconfiguredError(f"{url!r}: there is no option {name!r}; use {', '.join(OPTIONS)}")
        if name in found and name != "topic":
            raise MisconfiguredError(f"{url!r}: {name} is given twice; keep one")
        found.setdefault(name, []).append(unquote(value))
    return found


def _silence(url: str, text: str, *, witness: bool) -> float:
    longest = SILENCE_WITNESS_MAX_S if witness else SILENCE_MAX_S
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not SILENCE_MIN_S <= seconds <= longest:
        raise MisconfiguredError(f"{url!r}: silence is {SILENCE_MIN_S:.0f} to {longest:.0f} seconds of such a reader")
    return seconds


def _version(url: str, text: str) -> Version:
    try:
        return Version(text)
    except ValueError:
        raise MisconfiguredError(f"{url!r}: mqtt is {' or '.join(Version)}") from None
