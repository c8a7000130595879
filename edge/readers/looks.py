"""The ways one reader can look at its zones, and which of them is wanted, being set, or in use. No input or output."""

from collections.abc import Mapping

from edge.readers.base import Look
from edge.readers.health import Health
from edge.readers.profiles import Antennas, Place, Variation, left_out

ALWAYS = "as always"


class Looks:
    """`vary` may be called from any thread; everything else by the loop."""

    def __init__(self, health: Health, places: Mapping[int, Place]) -> None:
        self._health = health
        self._places = dict(places)
        self._health.looks = _named(self._places)
        self._wanted = 0
        self._set = 0
        self._note = ""

    @property
    def named(self) -> tuple[str, ...]:
        """What each is, in words; only the first once the reader has refused one."""
        return self._health.looks

    @property
    def wanted(self) -> bool:
        """Whether another look is wanted than the one that is set."""
        return self._wanted != self._set

    @property
    def places(self) -> dict[int, Place]:
        """Antenna port → how it is read by the look that is wanted, which is set from now on; only what it reads."""
        self._set = self._wanted
        out = left_out(self._places, self._set)
        return {port: place.look(self._set) for port, place in self._places.items() if port not in out}

    def vary(self, number: int) -> None:
        """Raises `ValueError`."""
        if not 0 <= number < len(self.named):
            raise ValueError(f"there is no look {number}; this reader has {len(self.named)}")
        self._wanted = number

    def changing(self, now_us: int) -> None:
        """The reader is about to read otherwise: what it began before that ends in nothing."""
        self._health.look = self._health.look._replace(since_us=now_us)

    def reading(self, now_us: int) -> None:
        """The reader reads as it was set."""
        if self._health.look.number != self._set:
            self._health.look = Look(self._set, now_us, left_out(self._places, self._set))
        if self._note and self._note not in self._health.notes:
            self._health.notes = (*self._health.notes, self._note)

    def forbid(self) -> None:
        """The reader turns out to be of a kind that reads in one way alone."""
        self._health.looks, self._wanted = self.named[:1], 0

    def refused(self, why: str) -> bool:
        """The reader does not take what was set; whether that was a look, and not how it always reads."""
        if not self._set:
            return False
        self._note = f"it does not look otherwise for counts ({self.named[self._set]}: {why})"
        self.forbid()
        return True


def _named(places: Mapping[int, Place]) -> tuple[str, ...]:
    most = max((len(place.looks) for place in places.values()), default=0)
    return (ALWAYS, *(_words(number, places) for number in range(1, most + 1)))


def _words(number: int, places: Mapping[int, Place]) -> str:
    ways = [place.looks[number - 1] for place in places.values() if number <= len(place.looks)]
    return "; ".join(dict.fromkeys(map(_way, ways)))


def _way(way: Variation) -> str:
    said = [
        f"session {way.session}" if way.session is not None else "",
        f"{str(way.search).replace('_', ' ')} target" if way.search is not None else "",
        f"mode {way.mode}" if way.mode is not None else "",
        f"{way.less_db:g} dB weaker" if way.less_db else "",
        f"{way.antennas} antennas" if way.antennas is not Antennas.ALL else "",
    ]
    return ", ".join(filter(None, said)) or ALWAYS
