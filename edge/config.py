"""One frozen configuration value per process, parsed once from TOML. Unknown keys are refused by name."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from contract.ids import ReaderId, StoreId, TillId, ZoneId, check_slug


class ConfigError(Exception):
    """The configuration cannot be used; the message names the key and the mend."""


class ZoneKind(StrEnum):
    SAFE = "safe"
    CASE = "case"
    PAD = "pad"
    EXIT = "exit"
    SHELF = "shelf"


class ZoneConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place pieces can be. x, y, width, height: metres on the store's plan, for drawing."""

    id: ZoneId
    name: str
    kind: ZoneKind
    x: float = 0.0
    y: float = 0.0
    width: float = 1.0
    height: float = 1.0


class ReaderConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reader: `url` is `llrp://host:port`; `profile` names a file of firmware-config; antennas map port → zone."""

    id: ReaderId
    url: str
    profile: str
    antennas: dict[str, ZoneId]


class UplinkConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the cloud is. Without it the store works alone and keeps its rows."""

    broker_host: str
    broker_port: int
    cloud_url: str
    ca: Path
    cert: Path
    key: Path


class EdgeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything an edge process needs to know. An edge without readers is a warehouse, workshop or web stockroom."""

    store: StoreId
    name: str
    currency: str
    data_dir: Path
    http_host: str = "127.0.0.1"
    http_port: int = 8100
    time_zone: str = "UTC"
    zones: tuple[ZoneConfig, ...] = ()
    readers: tuple[ReaderConfig, ...] = ()
    tills: tuple[TillId, ...] = (TillId("till-1"),)
    alarm_nats: Annotated[float, msgspec.Meta(ge=14, le=60)] = 22.0
    """Evidence a missing-piece alarm needs until a day was watched; from then on the store's own history sets it."""
    alarms_per_month_max: Annotated[float, msgspec.Meta(gt=0, le=100)] = 1.0
    """False alarms the store is ready to bear in a month: the budget the threshold is set for."""
    uplink: UplinkConfig | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None


def load_config(path: Path) -> EdgeConfig:
    """Raises `ConfigError` with one sentence naming the file, the key and the mend."""
    try:
        config = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), EdgeConfig, dec_hook=_path)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}; give the edge's TOML file") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}; correct that key") from error
    try:
        check_slug(config.store)
    except ValueError as error:
        raise ConfigError(f"{path}: store: {error}") from error
    zones = {zone.id for zone in config.zones}
    for reader in config.readers:
        for port, zone in reader.antennas.items():
            if not port.isdecimal() or int(port) < 1:
                raise ConfigError(f"{path}: reader {reader.id} antenna {port!r} is not a port number from 1")
            if zone not in zones:
                raise ConfigError(f"{path}: reader {reader.id} antenna {port} names zone {zone!r}, which is not listed")
    return config


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"cannot read {kind.__name__}")
