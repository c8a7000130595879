"""The one place where the house tells what it hears. `Ear` is deaf; `Recorder` (`recorder.py`) writes it down.

What is told, and no more: batches as they are drained, turns with the health of readers, entries that people and the
office made, the feed, and methods of the store marked `@told`. From these the same house comes to the same alarms.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Concatenate, Final, ParamSpec, Protocol, TypeVar

from contract.entries import Entry
from contract.facts import AnyFact
from contract.feed import FeedPage
from contract.ids import PieceId, ReaderId
from edge.readers.base import ReadBatch
from edge.readers.health import Health


class Ear:
    """Hears nothing. Everything here is called on the house thread."""

    def heard(self, batch: ReadBatch) -> None:
        """A batch that is drained in this turn."""

    def ticked(
        self, now_us: int, *, writing: bool, health: Mapping[ReaderId, Health], facts: Sequence[AnyFact]
    ) -> None:
        """A turn of the pipeline is over; `facts` were written."""

    def wrote(self, entries: Sequence[Entry]) -> None:
        """Entries of a person, a till or the office."""

    def learned(self, page: FeedPage) -> None:
        """A page of the feed."""

    def stood(self, pieces: set[PieceId]) -> None:
        """The office's commands changed the books about these pieces."""

    def did(self, name: str, given: tuple[object, ...], named: Mapping[str, object]) -> None:
        """A method marked `@told` has done its work."""

    def began_anew(self) -> None:
        """The house has taken everything up from the books: what was heard before does not lead here."""

    def stop(self) -> None:
        """The last thing."""

    @contextmanager
    def inside(self) -> Iterator[None]:
        """What a told method does is not told again."""
        yield


class HasEar(Protocol):
    ear: Ear


TOLD: Final = "_told"
Owner = TypeVar("Owner", bound=HasEar)
Given = ParamSpec("Given")
Result = TypeVar("Result")


def told(method: Callable[Concatenate[Owner, Given], Result]) -> Callable[Concatenate[Owner, Given], Result]:
    """A method that changes what the pipeline knows: told by its name and what it was given, once it has succeeded."""

    @functools.wraps(method)
    def act(self: Owner, /, *given: Given.args, **named: Given.kwargs) -> Result:
        with self.ear.inside():
            result = method(self, *given, **named)
        self.ear.did(method.__name__, given, named)
        return result

    act.__dict__[TOLD] = True
    return act


def is_told(owner: type, name: str) -> bool:
    """Whether this is a method marked `@told`: nothing else is done because a capture says so."""
    return TOLD in getattr(getattr(owner, name, None), "__dict__", {})
