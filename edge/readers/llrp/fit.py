"""How a profile fits a reader: held against its capabilities before anything is asked of it. Pure.

What a reader would refuse, what its region does not allow and what would make presence lie is refused in words; what
can be had in part is had in part, and told.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from edge.readers.findings import Finding, Weight
from edge.readers.llrp.capabilities import Capabilities
from edge.readers.llrp.models import MAKERS, VENDORS
from edge.readers.profiles import Place, Profile, Search, Vendor

GEN2: Final = 1
SLOTS_MAX: Final = 1 << 15
"""Of one inventory round: Q is at most 15 (Gen2 §6.3.2.12.2.1)."""
LASTING_SESSIONS: Final = (2, 3)
"""Their flags stay as long as a tag has power, and more than two seconds after (Gen2 table 6.20)."""
LISTED_MAX: Final = 16

Powers = Sequence[tuple[int, int]]
"""A reader's own table: index, hundredths of dBm. No more is allowed where it stands."""


def power_index(place: Place, powers: Powers) -> int | None:
    """Index of the strongest power not above what the place allows (else the weakest); None: leave it to the reader.

    Only an index of the reader's own table is ever given.
    """
    if place.power_index is not None:
        return place.power_index if any(index == place.power_index for index, _ in powers) else None
    if place.power_dbm is None or not powers:
        return None
    allowed = [entry for entry in powers if entry[1] <= _cdbm(place)]
    return max(allowed, key=lambda entry: entry[1])[0] if allowed else min(powers, key=lambda entry: entry[1])[0]


def findings(
    profile: Profile,
    places: Mapping[int, Place],
    reader: Capabilities,
    *,
    inputs: Collection[int] = (),
    outputs: Collection[int] = (),
) -> list[Finding]:
    """`places`: antenna port → how it is read. `inputs`, `outputs`: ports of GPI and GPO that are wanted."""
    return [
        *_makers(profile, reader),
        *_ports(places, reader),
        *_signals("input", inputs, reader.gpis),
        *_signals("output", outputs, reader.gpos),
        *_specs(places, reader),
        *_cycles(places),
        *(
            finding
            for place, called in _distinct(profile, places)
            for finding in (
                *_mode(place, called, reader),
                *_power(place, called, reader),
                *_gen2(place, called, profile),
            )
        ),
    ]


def _makers(profile: Profile, reader: Capabilities) -> Iterator[Finding]:
    maker = VENDORS.get(profile.vendor)
    if maker is None or not reader.maker or reader.maker == maker:
        return
    other = f"this reader is a {reader.model}"
    if profile.vendor is Vendor.IMPINJ:
        yield _refused(
            f"profile {profile.name!r} speaks {MAKERS[maker]}'s extensions, and {other}; use its maker's profile, or "
            "generic-llrp"
        )
    else:
        yield _noted(f"profile {profile.name!r} was made for readers of {MAKERS[maker]}, and {other}")


def _ports(places: Mapping[int, Place], reader: Capabilities) -> Iterator[Finding]:
    if not reader.antennas:
        yield _noted("the reader does not tell how many antennas it has, so that none was checked")
    for port in sorted(places):
        if 0 < reader.antennas < port:
            yield _refused(
                f"antenna {port} of {reader.antennas}: this reader has {_count(reader.antennas, 'port')}; map the zone "
                f"to one of {_listed(range(1, reader.antennas + 1))}"
            )
        elif GEN2 not in reader.air_protocols.get(port, (GEN2,)):
            yield _refused(f"antenna {port} of this reader does not speak Gen2; use another port")


def _signals(what: str, wanted: Collection[int], there: int) -> Iterator[Finding]:
    for port in sorted(wanted):
        if 0 < there < port:
            yield _refused(f"{what} {port} of {there}: this reader has {_count(there, what)}; use one that is there")
        elif not there:
            yield _noted(f"the reader tells of no {what}s: whether its {what} {port} works was not checked")


def _specs(places: Mapping[int, Place], reader: Capabilities) -> Iterator[Finding]:
    dwelling = sum(bool(place.dwell_ms) for place in places.values())
    most = reader.limits.specs_per_ro_spec
    if 0 < most < dwelling:
        yield _refused(
            f"{dwelling} antennas with a dwell_ms of their own are {dwelling} AISpecs, and this reader takes "
            f"{most} in a ROSpec; use fewer antennas, or a profile without dwell_ms"
        )


def _cycles(places: Mapping[int, Place]) -> Iterator[Finding]:
    """Where antennas dwell one after the other, all have had their turn before the next cycle begins."""
    dwells_ms = sum(place.dwell_ms for place in places.values())
    period_ms = min((place.period_ms for place in places.values()), default=0)
    if 0 < period_ms < dwells_ms:
        yield _noted(
            f"{len(places)} antennas dwell {dwells_ms} ms in all: each is read as often, not every {period_ms} ms"
        )


def _mode(place: Place, called: str, reader: Capabilities) -> Iterator[Finding]:
    if place.mode is None:
        return
    if not reader.modes:
        yield _noted(
            f"the reader does not list its modes: mode {place.mode} of {called} is left out, and it uses its own"
        )
    elif place.mode not in reader.mode_ids:
        yield _refused(
            f"mode {place.mode} of {called} not offered; offered: {_listed(reader.mode_ids)}; set one of these, or none"
        )


def _power(place: Place, called: str, reader: Capabilities) -> Iterator[Finding]:
    if place.power_index is None and place.power_dbm is None:
        return
    if not reader.powers:
        yield _noted(f"the reader does not tell which powers its region allows: that of {called} is left to the reader")
        return
    lowest, highest = (pick(cdbm for _, cdbm in reader.powers) for pick in (min, max))
    if place.power_index is not None:
        if power_index(place, reader.powers) is None:
            yield _refused(
                f"power_index {place.power_index} of {called} is not in this reader's table; use one of "
                f"{_listed([index for index, _ in reader.powers])}, or power_dbm"
            )
    elif _cdbm(place) > highest:
        yield _noted(
            f"{called} wants {_dbm(_cdbm(place))}; the region this reader is set up for allows {_dbm(highest)}, "
            "which is used instead"
        )
    elif _cdbm(place) < lowest:
        yield _noted(f"{called} wants {_dbm(_cdbm(place))}; {_dbm(lowest)} is the weakest this reader has, and is used")


def _gen2(place: Place, called: str, profile: Profile) -> Iterator[Finding]:
    """Where a tag that lies still answers once and no more, silence means nothing and presence would lie."""
    once = place.search is Search.SINGLE or (place.search is Search.READER and profile.vendor is not Vendor.IMPINJ)
    if place.search is Search.FOCUS:
        yield _refused(
            f"search focus of {called} lets a tag answer once and no more while it has power: pieces that lie still "
            "would look gone; use search dual"
        )
    elif once and place.session in LASTING_SESSIONS:
        mend = "search dual, or session 0 or 1" if profile.vendor is Vendor.IMPINJ else "session 0 or 1"
        yield _refused(
            f"session {place.session} of {called} with a single target lets a tag answer once and no more while it has "
            f"power: pieces that lie still would look gone; use {mend}"
        )
    if place.population > SLOTS_MAX:
        yield _noted(f"population {place.population} of {called}: an inventory round has {SLOTS_MAX} slots at most")


def _distinct(profile: Profile, places: Mapping[int, Place]) -> list[tuple[Place, str]]:
    """Each way to read once, called by the profile's name of it."""
    used = [place for _, place in sorted(places.items())]
    return [(place, kind.value) for kind, place in profile.places.items() if any(place is each for each in used)]


def _cdbm(place: Place) -> int:
    assert place.power_dbm is not None
    return round(place.power_dbm * 100)


def _dbm(cdbm: int) -> str:
    return f"{cdbm / 100:.1f} dBm"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _listed(numbers: Sequence[int]) -> str:
    """`0, 1, 2`; of many, the first and the last."""
    if len(numbers) <= LISTED_MAX:
        return ", ".join(map(str, numbers)) or "none"
    return f"{numbers[0]} … {numbers[-1]}"


def _refused(words: str) -> Finding:
    return Finding(Weight.REFUSED, words)


def _noted(words: str) -> Finding:
    return Finding(Weight.NOTED, words)
