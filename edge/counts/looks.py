"""How the readers of counts look: another way for each round, so that what one leaves unread the next may find."""

from collections.abc import Iterable, Mapping

from contract.ids import ReaderId
from edge.floor.pipeline import Pipeline
from edge.readers.base import Look, Varying


class Looks:
    """`varying`: readers that can be asked to look otherwise; the composition root names them."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.varying: Mapping[ReaderId, Varying] = {}
        self._pipeline = pipeline

    def of(self, reader: ReaderId) -> Look:
        """How it looks now."""
        health = self._pipeline.readers.get(reader)
        return Look() if health is None else health.look

    def able(self, reader: ReaderId) -> Varying | None:
        """The reader, where it can look in more than one way."""
        able = self.varying.get(reader)
        return able if able is not None and len(able.looks) > 1 else None

    def words(self, readers: Iterable[ReaderId]) -> str:
        """How these read now: `session 3, single target`, by reader where they differ; empty if none can vary."""
        able = sorted(reader for reader in readers if self.able(reader) is not None)
        names = {reader: self._name(reader) for reader in able}
        if len(set(names.values())) == 1:
            return names[able[0]]
        return "; ".join(f"{reader}: {name}" for reader, name in names.items())

    def _name(self, reader: ReaderId) -> str:
        able, number = self.able(reader), self.of(reader).number
        return able.looks[number] if able is not None and number < len(able.looks) else ""

    def vary(self, reader: ReaderId) -> None:
        """Another look for the next round."""
        able = self.able(reader)
        if able is not None:
            able.vary((self.of(reader).number + 1) % len(able.looks))

    def as_always(self, readers: Iterable[ReaderId]) -> None:
        """A count has ended, and no other has these to itself."""
        for reader in readers:
            able = self.able(reader)
            if able is not None:
                able.vary(0)
