"""A client's stone, known again: what is recorded of it at intake, and what a second look at pick-up says. Pure.

The answer to "you switched my diamond" is a weight, sizes, an inscription and a plot that were written down before the
client signed, and compared again before they leave. What cannot be measured in its setting says so, and is never a
difference; a stone of which nothing could be compared is not "the same" either.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from contract.facts import StoneCheck, StoneIdentity
from contract.remarks import FORGOTTEN, NOT_HERE

STONES_MAX: Final = 200
TEXT_MAX: Final = 200
CARAT_MILLI_MAX: Final = 10_000_000
SIZE_UM_MAX: Final = 300_000


class Tolerance(NamedTuple):
    """By how much two measurements of one stone may differ, and why so much."""

    most: int
    why: str


WEIGHT: Final = Tolerance(10, "0.01 ct: what weights are told to; two balances may round one stone to neighbours")
SIZE_LOOSE: Final = Tolerance(50, "0.05 mm: laboratories differ by up to 0.03 mm on one stone, a calliper by 0.02 more")
SIZE_SET: Final = Tolerance(150, "0.15 mm: a calliper reaches a stone in its setting between claws, and at an angle")
"""Laboratories' reports of the same stones differed by 0.01 to 0.03 mm (PriceScope, survey of grading, appendix III); a
calliper of DIN 862 may be wrong by 0.02 mm. In its setting: this house's own word, until it is measured."""


class StoneLook(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stone looked at again. 0 or empty: not measured. `plot_same`: somebody laid plot and stone together."""

    at: str
    carat_milli: int = 0
    length_um: int = 0
    width_um: int = 0
    inscription: str = ""
    certificate: str = ""
    plot_same: bool | None = None
    missing: bool = False
    """The place is empty."""
    note: str = ""


class Compared(NamedTuple):
    """`differences` are sentences; `unmeasured` names what was recorded and not looked at again."""

    at: str
    agreed: tuple[str, ...]
    differences: tuple[str, ...]
    unmeasured: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Something was compared, and nothing differs."""
        return bool(self.agreed) and not self.differences

    @property
    def words(self) -> str:
        if self.differences:
            return "; ".join(self.differences)
        if not self.agreed:
            return "nothing that was recorded could be compared: read its inscription, or measure length and width"
        left = f"; not looked at again: {', '.join(self.unmeasured)}" if self.unmeasured else ""
        return f"same {', '.join(self.agreed)}{left}"


def problems(stones: Sequence[StoneIdentity]) -> tuple[str, ...]:
    """What keeps these from being recorded, in words; empty: nothing."""
    found = []
    if len(stones) > STONES_MAX:
        found.append(f"{len(stones)} stones are more than {STONES_MAX}: describe melee as one, with its count in words")
    for n, stone in enumerate(stones):
        name = stone.at or f"stone {n + 1}"
        if not stone.at.strip() or not stone.kind.strip():
            found.append(f"{name}: say where it sits and what it looks like")
        if any(stone.at == other.at for other in stones[:n]):
            found.append(f"two stones are at {name}: tell their places apart")
        if not 0 <= stone.carat_milli <= CARAT_MILLI_MAX or not all(
            0 <= size <= SIZE_UM_MAX for size in (stone.length_um, stone.width_um)
        ):
            found.append(f"{name}: no stone has this weight or size; carats and millimetres were meant")
        texts = (stone.at, stone.kind, stone.inscription, stone.certificate, stone.colour, stone.clarity)
        if any(len(text) > TEXT_MAX for text in texts):
            found.append(f"{name}: at most {TEXT_MAX} letters each")
    return tuple(found)


def known_by(stone: StoneIdentity) -> tuple[str, ...]:
    """By what it will be known again; empty: by nothing, and the intake should say so before the client signs."""
    weighed = (stone.carat_milli > 0, "weight")
    sized = (stone.length_um > 0 and stone.width_um > 0, "length and width")
    others = ((bool(stone.inscription), "inscription"), (bool(stone.plot), "plot"))
    return tuple(word for has, word in (weighed, sized, *others) if has)


def compare(stone: StoneIdentity, look: StoneLook) -> Compared:
    """A stone beside its identity."""
    agreed: list[str] = []
    differs: list[str] = []
    left: list[str] = []
    if look.missing:
        return Compared(stone.at, (), (f"the stone at {stone.at} is not there",), ())
    size = SIZE_SET if not stone.carat_milli or not look.carat_milli else SIZE_LOOSE
    measures = (
        ("weight", stone.carat_milli, look.carat_milli, WEIGHT, carats),
        ("length", stone.length_um, look.length_um, size, millimetres),
        ("width", stone.width_um, look.width_um, size, millimetres),
    )
    for name, was, now, tolerance, say in measures:
        if not was:
            continue
        if not now:
            left.append(f"{name}, which is not measured in its setting" if name == "weight" else name)
        elif abs(was - now) <= tolerance.most:
            agreed.append(name)
        else:
            differs.append(f"{name} was {say(was)} and is {say(now)}; {say(tolerance.most)} may differ")
    for name, told, read in (
        ("inscription", stone.inscription, look.inscription),
        ("certificate", stone.certificate, look.certificate),
    ):
        if not told:
            continue
        if told in (NOT_HERE, FORGOTTEN):
            left.append(f"{name}, which is {told}")
        elif not read:
            left.append(name)
        elif _plain(told) == _plain(read):
            agreed.append(name)
        else:
            differs.append(f"{name} was {told} and is {read}")
    if stone.plot:
        if look.plot_same is None:
            left.append("plot")
        elif look.plot_same:
            agreed.append("plot")
        else:
            differs.append("its inclusions are not those of the plot")
    alone = tuple(agreed) == ("certificate",)  # a paper lies beside the stone, and speaks of whichever lies there
    return Compared(stone.at, () if alone else tuple(agreed), tuple(differs), tuple(left))


def checks(stones: Sequence[StoneIdentity], looks: Sequence[StoneLook]) -> tuple[StoneCheck, ...]:
    """One check for each stone that was recorded, in its order; a stone nobody looked at is not the same."""
    by_place = {look.at: look for look in looks}
    found = []
    for stone in stones:
        look = by_place.get(stone.at)
        if look is None:
            note = "nobody looked at it again"
            found.append(StoneCheck(at=stone.at, same=False, note=note))
            continue
        compared = compare(stone, look)
        note = "; ".join(part for part in (compared.words, look.note) if part)
        found.append(
            StoneCheck(
                at=stone.at, same=compared.same, carat_milli=look.carat_milli, inscription=look.inscription, note=note
            )
        )
    return tuple(found)


def not_recorded(stones: Sequence[StoneIdentity], looks: Sequence[StoneLook]) -> tuple[str, ...]:
    """Places that were looked at and of which nothing was recorded."""
    known = {stone.at for stone in stones}
    return tuple(look.at for look in looks if look.at not in known)


def carats(milli: int) -> str:
    return f"{milli // 1000}.{milli % 1000:03d} ct"


def millimetres(micrometres: int) -> str:
    return f"{micrometres // 1000}.{micrometres % 1000 // 10:02d} mm"


def _plain(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isalnum())
