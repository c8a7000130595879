"""Tiers as the house names them, the currency they are reckoned in, and over how long. Parsed at the door."""

from typing import Final

import msgspec

from cloud import house_settings
from cloud.clienteling.segments import TIERS_MAX, Tier
from cloud.db import Tx
from cloud.work import Work
from contract.ids import UserId
from contract.money import plain

NAME: Final = "segments"
MONTHS_MAX: Final = 120
NAME_MAX: Final = 40
PERKS_MAX: Final = 300
TIER_MINOR_MAX: Final = 10**14


class SettingError(Exception):
    """What was typed cannot be; the message says what to do."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A tier: what leads into it and what keeps a client in it, minor units of net spend; `perks` in words."""

    name: str
    from_minor: int
    stays_from_minor: int
    perks: str = ""


class Segmentation(msgspec.Struct, frozen=True, kw_only=True):
    """`currency` empty: that of most stores. The lowest tier first."""

    currency: str = ""
    window_months: int = 24
    steps: tuple[Step, ...] = (
        Step(name="Silver", from_minor=250_000, stays_from_minor=200_000),
        Step(name="Gold", from_minor=1_000_000, stays_from_minor=800_000),
        Step(name="Platinum", from_minor=5_000_000, stays_from_minor=4_000_000),
    )

    def tiers(self) -> tuple[Tier, ...]:
        return tuple(Tier(each.name, each.from_minor, each.stays_from_minor) for each in self.steps)

    def step(self, tier: int) -> Step | None:
        """0 is none; one that was taken away since is the highest there is."""
        return self.steps[min(tier, len(self.steps)) - 1] if tier and self.steps else None

    def named(self, tier: int) -> str:
        step = self.step(tier)
        return "" if step is None else step.name


def read(tx: Tx) -> Segmentation:
    return house_settings.read(tx, NAME, Segmentation)


def checked(told: Segmentation) -> Segmentation:
    """Raises `SettingError`."""
    if not 1 <= told.window_months <= MONTHS_MAX:
        raise SettingError(f"Spend is counted over 1 to {MONTHS_MAX} months")
    if len(told.steps) > TIERS_MAX:
        raise SettingError(f"There are at most {TIERS_MAX} tiers")
    names = [each.name.casefold() for each in told.steps]
    if not all(0 < len(each.name) <= NAME_MAX for each in told.steps) or len(set(names)) < len(names):
        raise SettingError(f"Each tier has a name of its own, of at most {NAME_MAX} letters")
    for each in told.steps:
        if not 0 < each.stays_from_minor <= each.from_minor <= TIER_MINOR_MAX:
            raise SettingError(
                f"{each.name}: what keeps a client in it is above nothing, and no more than what leads in"
            )
        if len(each.perks) > PERKS_MAX:
            raise SettingError(f"{each.name}: its perks are longer than {PERKS_MAX} characters, shorten them")
    for below, above in zip(told.steps, told.steps[1:], strict=False):
        if above.from_minor <= below.from_minor or above.stays_from_minor <= below.stays_from_minor:
            raise SettingError(f"{above.name} asks for more than {below.name}, to come in and to stay")
    return told


def write(work: Work, told: Segmentation, *, by: UserId, why: str) -> None:
    """From the next time clients are divided on. Raises `SettingError`, `WhyError`."""
    checked(told)
    said = {"counted over": f"{told.window_months} months", "currency": told.currency or "that of most stores"}
    for each in told.steps:
        amounts = [plain(minor, told.currency or "EUR") for minor in (each.from_minor, each.stays_from_minor)]
        said[each.name] = f"from {amounts[0]}, kept from {amounts[1]}{': ' if each.perks else ''}{each.perks}"
    house_settings.write(work, NAME, told, said, by=by, why=why)
