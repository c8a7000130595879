"""From the TOML file to an `EdgeConfig`, or one sentence that names the key and the mend."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from contract.epc import EpcError, pack_hex
from contract.facts.signals import OutputKind
from contract.ids import ZoneId, check_slug
from edge import checks, hours, schedules
from edge.config.places import LIES_IN, ZoneKind
from edge.config.readers import InputConfig, OutputConfig, ReaderConfig
from edge.config.receipts import MailConfig, ReceiptPrinterConfig
from edge.config.store import EdgeConfig
from web.receipts.address import address_of
from web.receipts.code_pages import PAGES

PORT_SHOWN: Final = 20
DOTS_OF_A_COLUMN_MIN: Final = 8
"""A narrower letter is none of a receipt printer's."""
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
"""Of what stands where a port number should; the rest is cut off."""


class ConfigError(Exception):
    """The configuration cannot be used; the message names the key and the mend."""


def load_config(path: Path) -> EdgeConfig:
    """Raises `ConfigError` with one sentence naming the file, the key and the mend."""
    try:
        config = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), EdgeConfig, dec_hook=_path)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}; give the edge's TOML file") from error
    except tomllib.TOMLDecodeError as error:
        mend = "correct that line, and write no key twice: all readers as [[readers]], or all in one readers = [ … ]"
        raise ConfigError(f"{path}: {error}; {mend}") from error
    except msgspec.ValidationError as error:
        mend = "correct that key; a line belongs to the last [table] above it"
        raise ConfigError(f"{path}: {error}; {mend}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is no TOML file in UTF-8 ({error}); give the edge's own") from error
    try:
        check_slug(config.store)
    except ValueError as error:
        raise ConfigError(f"{path}: store: {error}") from error
    try:
        _check_words(config)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error
    link = config.uplink
    given = {} if link is None else {"uplink.ca": link.ca, "uplink.cert": link.cert, "uplink.key": link.key}
    for key, file in {**given, "tls_cert": config.tls_cert, "tls_key": config.tls_key}.items():
        if file is not None and not file.is_file():
            raise ConfigError(f"{path}: {key} names {file}, which is not there; `vitrine enrol` makes it")
    if (config.tls_cert is None) != (config.tls_key is None):
        raise ConfigError(f"{path}: tls_cert and tls_key go together; give both or neither")
    if config.tls_names and (config.tls_cert is not None or link is None):
        raise ConfigError(f"{path}: tls_names needs an [uplink] whose office signs, and no tls_cert beside it")
    zones = {zone.id: zone.kind for zone in config.zones}
    for reader in config.readers:
        _check_wires(path, reader, zones)
        for port, zone in reader.antennas.items():
            _check_port(f"{path}: reader {reader.id} antenna {port[:PORT_SHOWN]!r}", port)
            if zone not in zones:
                raise ConfigError(f"{path}: reader {reader.id} antenna {port} names zone {zone!r}, which is not listed")
            if reader.handheld and zones[zone] not in LIES_IN:
                raise ConfigError(
                    f"{path}: reader {reader.id} is a handheld and antenna {port} names {zone!r}, a {zones[zone]}; "
                    f"name a {', '.join(sorted(LIES_IN))}: nobody sweeps what pieces only pass"
                )
    return config


def _check_words(config: EdgeConfig) -> None:
    """Raises `ValueError` that names the key and the mend."""
    checks.time_zone(config.time_zone)
    if config.hours is not None:
        hours.check(config.hours)
    checks.each_once("scheduled count", [each.name for each in config.counts])
    for each in config.counts:
        schedules.check(each, config.hours, {str(zone.id) for zone in config.zones})
    checks.each_once("zone", [zone.id for zone in config.zones])
    _check_references(config)
    checks.each_once("reader", [reader.id for reader in config.readers])
    checks.each_once("printer", [printer.id for printer in config.printers])
    checks.each_once("till", list(config.tills))
    checks.each_once("terminal", [terminal.id for terminal in config.terminals])
    checks.each_once("terminal's till", [terminal.till for terminal in config.terminals])
    for terminal in config.terminals:
        if terminal.till not in config.tills:
            raise ValueError(f"terminal {terminal.id}: this store has no till {terminal.till!r}; name one of its own")
        checks.web_url(f"terminal {terminal.id}", terminal.url)
    checks.each_once("receipt printer's till", [printer.till for printer in config.receipt_printers])
    for beside in config.receipt_printers:
        _check_receipts(config, beside)
    checks.each_once("scale's till", [scale.till for scale in config.scales])
    for scale in config.scales:
        if scale.till not in config.tills:
            raise ValueError(f"scale {scale.port}: this store has no till {scale.till!r}; name one of its own")
    if config.mail is not None:
        _check_mail(config.mail)
    for printer in config.printers:
        checks.host_name(f"printer {printer.id}: host {printer.host!r}", printer.host)
    for reader in config.readers:
        try:
            checks.reader_url(reader.url)
        except ValueError as error:
            raise ValueError(f"reader {reader.id}: {error}") from error


def _check_receipts(config: EdgeConfig, printer: ReceiptPrinterConfig) -> None:
    """Raises `ValueError` that names the key and the mend."""
    at = f"receipt printer of {printer.till}"
    if printer.till not in config.tills:
        raise ValueError(f"{at}: this store has no till {printer.till!r}; name one of its own")
    checks.host_name(f"{at}: host {printer.host!r}", printer.host)
    strange = [page for page in printer.code_pages if page not in PAGES]
    if strange or not printer.code_pages:
        known = ", ".join(PAGES)
        raise ValueError(f"{at}: code_pages names {', '.join(strange) or 'none'}; give those it has, of {known}")
    if printer.dots < printer.columns * DOTS_OF_A_COLUMN_MIN:
        raise ValueError(f"{at}: {printer.columns} columns do not fit on {printer.dots} dots; look into its manual")
    if printer.drawer_pin not in (0, 2, 5):
        raise ValueError(f"{at}: drawer_pin {printer.drawer_pin}; a drawer hangs on pin 2 or 5, 0 is none")


def _check_mail(mail: MailConfig) -> None:
    checks.host_name(f"mail: host {mail.host!r}", mail.host)
    try:
        address_of(mail.sender)
    except ValueError as error:
        raise ValueError(f"mail: sender: {error}") from error
    if not mail.tls and mail.host not in LOOPBACK:
        raise ValueError("mail: tls = false; receipts and a password would travel in clear: leave it out")
    if bool(mail.user) != (mail.password_file is not None):
        raise ValueError("mail: user and password_file go together; give both or neither")
    if mail.password_file is not None and not mail.password_file.is_file():
        raise ValueError(f"mail: password_file {mail.password_file} is not there; make it, readable by this box alone")


def _check_references(config: EdgeConfig) -> None:
    """Raises `ValueError` for a reference tag that could never speak for its zone."""
    watched = {zone for reader in config.readers if not reader.handheld for zone in reader.antennas.values()}
    holders: dict[str, ZoneId] = {}
    for zone in config.zones:
        if not zone.reference:
            continue
        at = f"zone {zone.id}: reference {zone.reference!r}"
        try:
            pack_hex([zone.reference])
        except EpcError as error:
            raise ValueError(f"{at}: {error}; write the tag's EPC in hex, as a reader shows it") from error
        if zone.kind not in LIES_IN:
            raise ValueError(
                f"{at}: nothing lies in this {zone.kind} for good; hang it in a {', '.join(sorted(LIES_IN))}"
            )
        if zone.id not in watched:
            raise ValueError(f"{at}: no fixed reader watches this zone; give it an antenna, or leave the tag out")
        other = holders.setdefault(zone.reference.upper(), zone.id)
        if other != zone.id:
            raise ValueError(f"{at} hangs in zone {other} too; give each zone a tag of its own")


def _check_port(at: str, port: str) -> None:
    try:
        checks.port_number(port)
    except ValueError as error:
        raise ConfigError(f"{at} {error}") from error


def _check_wires(path: Path, reader: ReaderConfig, zones: Mapping[ZoneId, ZoneKind]) -> None:
    """Raises `ConfigError` for an input or output that could never do what it is there for."""
    wires: list[tuple[str, str, InputConfig | OutputConfig]] = []
    wires += (("input", port, wire) for port, wire in reader.inputs.items())
    wires += (("output", port, wire) for port, wire in reader.outputs.items())
    for what, port, wire in wires:
        at = f"{path}: reader {reader.id} {what} {port[:PORT_SHOWN]!r}"
        _check_port(at, port)
        if wire.zone not in zones:
            raise ConfigError(f"{at} ({wire.name}) names zone {wire.zone!r}, which is not listed")
        if wire.kind in {OutputKind.LAMP, OutputKind.SIREN} and zones[wire.zone] is not ZoneKind.EXIT:
            raise ConfigError(f"{at} ({wire.name}): zone {wire.zone} is no exit, so no alarm would switch it; name one")


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError("Expected `str`, a path")
