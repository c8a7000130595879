"""One frozen configuration of the office process, parsed once from TOML. Unknown keys are refused by name."""

import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec


class ConfigError(Exception):
    """The configuration cannot be used; the message names the key and the mend."""


class BrokerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The MQTT broker. With `ca` empty the connection is plain, which is for tests on loopback only."""

    host: str
    port: int
    client_id: str = "office"
    ca: str = ""
    cert: str = ""
    key: str = ""


class DoorConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The edges' HTTPS door: a box is known by the CN of its client certificate, signed by `ca`."""

    port: int
    ca: str
    cert: str
    key: str
    host: str = "127.0.0.1"


class CloudConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the office process needs to know. Without `broker` or `door` it runs without that part.

    `cert` and `key` give the office pages HTTPS; without them it is plain HTTP for loopback or a proxy in front.
    """

    database_url: str
    port: int
    host: str = "127.0.0.1"
    house: str = "Vitrine"
    time_zone: str = "UTC"
    """By which the office pages tell the time; a store has its own."""
    cert: str = ""
    key: str = ""
    broker: BrokerConfig | None = None
    door: DoorConfig | None = None
    payment_url: str = ""
    lease_wait_s: float = 60.0


def load_config(path: Path) -> CloudConfig:
    """Raises `ConfigError` with the name of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}; give another path with --config") from error
    try:
        config = msgspec.convert(tomllib.loads(text), CloudConfig)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}") from error
    try:
        ZoneInfo(config.time_zone)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"{path}: time_zone '{config.time_zone}' is not known; write one like Europe/Paris"
        ) from error
    return config
