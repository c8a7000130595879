"""Two ids that are one person: joined by somebody's word, seen together, and parted again when it was wrong.

Nothing is rewritten: sales, notes and consents stay written of the id they were written of.
"""

from typing import Final

import sqlalchemy as sa

from cloud import aliases, changes, value_joined
from cloud.clienteling.identity.merging import Merge, MergeRefusedError
from cloud.people import Keyring
from cloud.pos.clients import desk, pairs
from cloud.pos.clients.pairs import Said
from cloud.tables import client, client_alias
from cloud.work import Work
from contract.ids import PersonId, UserId

NOTED: Final = "client"
WHY_SAME: Final = "The same person"
WHY_UNDONE: Final = "They are two people after all"


class UnknownMergeError(LookupError):
    """No such merge holds."""


def merge(work: Work, ring: Keyring, survivor: PersonId, absorbed: PersonId, merge_id: str, *, by: UserId) -> PersonId:
    """Whatever is known of `absorbed` is seen under `survivor` from now on; the id that stands for both.

    Raises `MergeRefusedError`, `UnknownClientError`, `SealedError`.
    """
    for person in sorted((survivor, absorbed)):
        desk.lock(work, person)
    known = aliases.around(work.tx, [survivor, absorbed])
    phones = (_verified(work, ring, known.ids(survivor)), _verified(work, ring, known.ids(absorbed)))
    made = known.merged(Merge(merge_id, survivor, absorbed), verified_phones=phones).merges[-1]
    row = {"merge": made.id, "survivor": made.survivor, "absorbed": made.absorbed, "by": by, "at_us": work.now_us}
    if not work.tx.add_new(client_alias, row):
        raise MergeRefusedError("somebody joined them a moment ago: reload the page")
    pairs.say(work, survivor, absorbed, Said.SAME, by=by)
    _noted(work, made, by=by, why=WHY_SAME, was="", now=f"with {made.absorbed}")
    return PersonId(made.survivor)


def undo(work: Work, merge_id: str, *, by: UserId) -> PersonId:
    """Two again, with everything as it was written of each. The id that stood for both. Raises `UnknownMergeError`."""
    row = work.tx.row(sa.select(client_alias).where(client_alias.c.merge == merge_id, aliases.HOLDS))
    if row is None:
        raise UnknownMergeError("It was undone, or never made: reload the page")
    undone = {"undone_us": work.now_us, "undone_by": by}
    work.tx.run(sa.update(client_alias).where(client_alias.c.merge == merge_id).values(**undone))
    value_joined.apart(work, merge_id, row["survivor"], row["absorbed"])
    pairs.say(work, row["survivor"], row["absorbed"], Said.APART, by=by)
    made = Merge(merge_id, row["survivor"], row["absorbed"])
    _noted(work, made, by=by, why=WHY_UNDONE, was=f"with {made.absorbed}", now="")
    return PersonId(row["survivor"])


def _verified(work: Work, ring: Keyring, persons: tuple[str, ...]) -> str:
    """The number that was verified of any of these ids: two different ones never came together."""
    found = (desk.read(work, ring, PersonId(person)).verified_phone for person in persons)
    return next((phone for phone in found if phone), "")


def _noted(work: Work, made: Merge, *, by: UserId, why: str, was: str, now: str) -> None:
    changed = sa.update(client).where(client.c.person.in_([made.survivor, made.absorbed]))
    work.tx.run(changed.values(changed_us=work.now_us))
    changes.note(work, NOTED, made.survivor, by=by, why=why, was={"joined": was}, now={"joined": now})
