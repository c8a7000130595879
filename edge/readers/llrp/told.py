"""What an LLRP reader said of itself, in words for people. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from edge.readers.findings import Finding
from edge.readers.llrp import fit
from edge.readers.llrp.capabilities import Capabilities, Mode
from edge.readers.llrp.settings import Settings
from edge.readers.profiles import Place, Profile

Row = tuple[str, str]
STANDARDS: Final = {
    0: "no standard told", 1: "FCC part 15 (United States)", 2: "ETSI EN 302 208 (Europe)", 3: "ETSI EN 300 220",
    4: "Australia LIPD 1 W", 5: "Australia LIPD 4 W", 6: "Japan ARIB STD-T89", 7: "Hong Kong OFTA 1049",
    8: "Taiwan DGT LP0002", 9: "Korea MIC article 5-2",
}  # fmt: skip
"""CommunicationsStandard (LLRP 1.1 §17.2.4.1)."""
MILLER: Final = {0: "FM0", 1: "Miller 2", 2: "Miller 4", 3: "Miller 8"}
MASKS: Final = {0: "", 1: "single interrogator", 2: "multi interrogator", 3: "dense interrogator"}
STATES: Final = {0: "disabled", 1: "waiting", 2: "running"}


class LlrpTold(msgspec.Struct, frozen=True):
    """`rospecs`: ROSpecID → CurrentState of what some client left there."""

    capabilities: Capabilities
    settings: Settings
    rospecs: dict[int, int]

    def findings(self, profile: Profile, places: Mapping[int, Place]) -> list[Finding]:
        return fit.findings(profile, places, self.capabilities)

    def rows(self) -> Sequence[Row]:
        return [(name, words) for name, words in self._rows() if words]

    def _rows(self) -> Iterator[Row]:
        can, now = self.capabilities, self.settings
        yield "reader", can.model or "tells neither maker nor model"
        yield "firmware", can.firmware
        yield "identity", now.identity
        yield "antennas", _antennas(can, now)
        yield "region", _region(can)
        yield "frequencies", _frequencies(can)
        yield "power", _powers(can)
        for mode in can.modes:
            yield f"mode {mode.id}", _mode(mode)
        yield "sensitivity", _sensitivity(can)
        yield "inputs", _signals(can.gpis, now.inputs)
        yield "outputs", _signals(can.gpos, dict(now.outputs))
        yield "limits", _limits(can)
        yield "tag memory", _air(can)
        yield "clock", "tells UTC" if can.utc else "tells only how long it has been on"
        yield "keepalives", f"every {now.keepalive_ms} ms" if now.keepalive_ms else "none, until a client asks for them"
        yield (
            "ROSpecs",
            ", ".join(f"{i} {STATES.get(state, state)}" for i, state in sorted(self.rospecs.items())) or "none",
        )


def _antennas(can: Capabilities, now: Settings) -> str:
    ports = f"{can.antennas} ports" if can.antennas else "how many ports is not told"
    if not now.antennas:
        return ports
    there = [str(port) for port, connected in sorted(now.antennas.items()) if connected]
    return f"{ports}; connected: {', '.join(there) or 'none'}"


def _region(can: Capabilities) -> str:
    standard = STANDARDS.get(can.standard, f"standard {can.standard}")
    return f"{standard}; country {can.country:03d} of ISO 3166" if can.country else standard


def _frequencies(can: Capabilities) -> str:
    channels = can.fixed_khz or tuple(khz for table in can.hop_tables.values() for khz in table)
    if not channels:
        return ""
    span = f"{min(channels) / 1000:.2f}–{max(channels) / 1000:.2f} MHz"
    return f"{'hops over' if can.hopping else 'one of'} {len(channels)} channels, {span}"


def _powers(can: Capabilities) -> str:
    if not can.powers:
        return "not told"
    cdbm = [value for _, value in can.powers]
    return f"{min(cdbm) / 100:.2f}–{max(cdbm) / 100:.2f} dBm in {len(cdbm)} steps"


def _mode(mode: Mode) -> str:
    tari = f"Tari {mode.tari_min_ns / 1000:g}–{mode.tari_max_ns / 1000:g} µs"
    words = [MILLER.get(mode.miller, str(mode.miller)), f"{mode.bdr_hz / 1000:g} kHz", tari, MASKS.get(mode.mask, "")]
    return ", ".join(word for word in words if word)


def _sensitivity(can: Capabilities) -> str:
    best = f"best {can.sensitivity_max_dbm} dBm; " if can.sensitivity_max_dbm is not None else ""
    return f"{best}{len(can.sensitivities)} steps" if len(can.sensitivities) > 1 else best.removesuffix("; ")


def _signals(count: int, now: Mapping[int, bool | None]) -> str:
    """`4; high: 1; not known: 3`."""
    high = [str(port) for port, on in sorted(now.items()) if on]
    unknown = [str(port) for port, on in sorted(now.items()) if on is None]
    words = [str(count) if count else "none"]
    words += [f"high: {', '.join(high)}"] if high else []
    words += [f"state not told: {', '.join(unknown)}"] if unknown else []
    return "; ".join(words)


def _limits(can: Capabilities) -> str:
    limits = can.limits
    counted = {
        "ROSpecs": limits.ro_specs,
        "specs in each": limits.specs_per_ro_spec,
        "AccessSpecs": limits.access_specs,
        "operations in each": limits.op_specs_per_access_spec,
    }
    words = [f"{count} {name}" for name, count in counted.items() if count]
    words += ["holds reports"] if limits.holding else []
    words += ["asks its client at each tag"] if limits.client_requests else []
    words += ["state-aware singulation"] if limits.state_aware else []
    return ", ".join(words)


def _air(can: Capabilities) -> str:
    air = can.air
    flags = {"block erase": air.block_erase, "block write": air.block_write, "block permalock": air.block_permalock}
    words = [name for name, there in flags.items() if there]
    return ", ".join([*words, *([f"{air.select_filters} select filters"] if air.select_filters else [])])
