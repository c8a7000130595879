"""One client known by several ids: a merge adds an alias, and takes nothing away, so that it can be undone.

Whatever was written of the absorbed id stays written of it; who reads asks `Aliases.whole` first.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


class MergeRefusedError(ValueError):
    """These two are not merged; the sentence says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Merge:
    id: str
    """Of this decision, so that it can be undone."""
    survivor: str
    absorbed: str


class Aliases:
    """The merges that hold now. A value: `merged` and `undone` give a new one."""

    def __init__(self, merges: Iterable[Merge] = ()) -> None:
        self.merges: tuple[Merge, ...] = tuple(merges)
        self._of = {merge.absorbed: merge.survivor for merge in self.merges}
        assert len(self._of) == len(self.merges), "a client is absorbed once"

    def whole(self, client: str) -> str:
        """The id under which this client is known now; its own when it was never absorbed."""
        while (survivor := self._of.get(client)) is not None:
            client = survivor
        return client

    def ids(self, client: str) -> tuple[str, ...]:
        """All ids of the client `client` is, the surviving one first."""
        below = defaultdict(list)
        for merge in self.merges:
            below[merge.survivor].append(merge.absorbed)
        found = [self.whole(client)]
        for one in found:
            found += below[one]
        return tuple(found)

    def merged(self, merge: Merge, *, verified_phones: tuple[str, str] = ("", "")) -> "Aliases":
        """With one more. Both ids may be aliases: those they are known by now are joined.

        `verified_phones`: of survivor and absorbed, E.164, empty for none. Raises `MergeRefusedError`.
        """
        survivor, absorbed = self.whole(merge.survivor), self.whole(merge.absorbed)
        if survivor == absorbed:
            raise MergeRefusedError("these two are one client already: nothing to merge")
        if any(done.id == merge.id for done in self.merges):
            raise MergeRefusedError(f"the merge {merge.id} was made already: give a new one its own id")
        if all(verified_phones) and len(set(verified_phones)) > 1:
            raise MergeRefusedError(
                "both telephones were verified, and they differ: these are two people, or one of the numbers has to be "
                "verified anew or removed first"
            )
        return Aliases((*self.merges, Merge(merge.id, survivor, absorbed)))

    def undone(self, merge_id: str) -> "Aliases":
        """Without that merge; in any order. Raises `KeyError` when it does not hold."""
        if all(merge.id != merge_id for merge in self.merges):
            raise KeyError(f"no merge {merge_id} holds: it was undone, or never made")
        return Aliases(merge for merge in self.merges if merge.id != merge_id)
