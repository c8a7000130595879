"""`vitrine reader`: what a reader says of itself, and whether a profile can be used with it. Changes nothing there."""

import asyncio
import random
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from contract.ids import ReaderId, ZoneId
from edge.clock import SystemClock
from edge.config import ReaderConfig, ZoneKind
from edge.readers import driver_of, inquire, open_reader
from edge.readers.base import MisconfiguredError, ReaderError
from edge.readers.findings import Finding, Weight, refusal
from edge.readers.inquiry import Told
from edge.readers.profiles import Profile, load_profile
from vitrine.problems import PersonError, in_words


class Papers(NamedTuple):
    """What TLS needs of both sides: which certificate is the reader's, and what we show when it asks."""

    pin: str = ""
    cert: Path | None = None
    key: Path | None = None


def probe(address: str, papers: Papers, *, as_json: bool) -> None:
    """Print who a reader is and what it offers. Raises `PersonError`."""
    with in_words(ReaderError):
        told = asyncio.run(_ask(_config(address, "", {}, papers)))
    if as_json:
        _print_json({"address": address, "told": told})
    else:
        print(_table(told))


def check(profile: str, address: str, antennas: list[str], papers: Papers, *, as_json: bool) -> None:
    """Print what would be found. Raises `PersonError` when the profile cannot be used with this reader."""
    kinds = _kinds(antennas or ["1=case"])
    with in_words(ReaderError):
        wanted = load_profile(profile)
        config = _config(address, profile, kinds, papers, handheld=wanted.handheld)
        silent = driver_of(config).inquire is None
        found = _refused_by_its_driver(config, wanted, kinds)
        if silent and not found:
            found = [Finding(Weight.NOTED, "it streams by itself and cannot be asked: only our own lines were checked")]
        told = None if found else asyncio.run(_ask(config))
        if told is not None:
            found = told.findings(wanted, {port: wanted.place(kind) for port, kind in kinds.items()})
    wrong = refusal(found)
    if as_json:
        _print_json({"address": address, "profile": profile, "usable": not wrong, "findings": found})
    else:
        for finding in found:
            if finding.weight is Weight.NOTED:
                print(f"noted: {finding.words}.")
        if not wrong:
            print(f"{wanted.name} can be used with this reader.")
    if wrong:
        raise PersonError(f"{wanted.name} cannot be used with this reader: {wrong}.")


def _refused_by_its_driver(config: ReaderConfig, profile: Profile, kinds: Mapping[int, ZoneKind]) -> list[Finding]:
    """What needs no reader to be known: an antenna or a power that the family has not."""
    try:
        open_reader(config, profile, random.Random(), kinds)  # noqa: S311 - it is opened and never run
    except MisconfiguredError as error:
        return [Finding(Weight.REFUSED, str(error))]
    return []


async def _ask(config: ReaderConfig) -> Told:
    return await inquire(config, random.Random(), SystemClock(), _say)  # noqa: S311 - it jitters pauses


def _say(words: str) -> None:
    """How far it is; on a terminal the line is written over."""
    if words and sys.stderr.isatty():
        print(f"\r\033[K{words} … ", end="", file=sys.stderr, flush=True)


def _config(
    address: str, profile: str, kinds: Mapping[int, ZoneKind], papers: Papers, *, handheld: bool = False
) -> ReaderConfig:
    return ReaderConfig(
        id=ReaderId(address),
        url=address,
        profile=profile,
        antennas={str(port): ZoneId(kind.value) for port, kind in kinds.items()},
        handheld=handheld,
        tls_pin=papers.pin,
        tls_cert=papers.cert,
        tls_key=papers.key,
    )


def _kinds(antennas: list[str]) -> dict[int, ZoneKind]:
    """Raises `PersonError` for what is not PORT=KIND."""
    kinds = {}
    for each in antennas:
        port, _, kind = each.partition("=")
        if not port.isdecimal() or int(port) < 1 or kind not in tuple(ZoneKind):
            raise PersonError(f"{each!r} is no antenna; write PORT=KIND, with KIND one of {', '.join(ZoneKind)}.")
        kinds[int(port)] = ZoneKind(kind)
    return kinds


def _table(told: Told) -> str:
    rows = told.rows()
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {words}" for name, words in rows)


def _print_json(data: Mapping[str, Any]) -> None:
    print(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())
