"""How loud an alarm is: by what it is, and by what the pieces are worth."""

from dataclasses import dataclass
from typing import Final

from contract.facts import AlarmKind, Severity

LEAST: Final = {
    AlarmKind.EXIT: Severity.SIREN,
    AlarmKind.TRAY: Severity.ALARM,
    AlarmKind.FOIL: Severity.ALARM,
    AlarmKind.JAM: Severity.ALARM,
    AlarmKind.CLONE: Severity.ALARM,
    AlarmKind.AFTER_HOURS: Severity.ALARM,
}
"""Of any value; a single piece, several, a return and a piece off its place begin as a notice."""
MOST: Final = {
    AlarmKind.RETURNED: Severity.ALARM,
    AlarmKind.OUT_OF_CASE: Severity.ALARM,
    AlarmKind.BOOKS: Severity.NOTICE,
}
"""A piece that is there is no reason for a siren, whatever it is worth."""
ORDER: Final = (Severity.NOTICE, Severity.ALARM, Severity.SIREN)


@dataclass(frozen=True, slots=True)
class Scale:
    """Values in minor units of the store's currency. From these on an alarm is one, and a siren."""

    alarm_from_minor: int = 0
    siren_from_minor: int = 2_000_000


def severity(kind: AlarmKind, value_minor: int, scale: Scale) -> Severity:
    """The louder of the kind's least and the value's, and never above the kind's most."""
    by_value = Severity.SIREN if value_minor >= scale.siren_from_minor else Severity.ALARM
    if value_minor < scale.alarm_from_minor:
        by_value = Severity.NOTICE
    loud = max(ORDER.index(by_value), ORDER.index(LEAST.get(kind, Severity.NOTICE)))
    return ORDER[min(loud, ORDER.index(MOST.get(kind, Severity.SIREN)))]
