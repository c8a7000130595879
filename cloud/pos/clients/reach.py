"""What the office's letters and lists need of a profile, without a person looking at it."""

from collections.abc import Callable, Iterable

import sqlalchemy as sa

from cloud import aliases
from cloud.db import Tx
from cloud.messages.reach import Reach, Reaching
from cloud.people import Keyring
from cloud.pos.clients import desk
from cloud.pos.clients.queries import opened, profiles_of, sealed_rows
from cloud.pos.clients.together import together
from cloud.tables import client
from cloud.work import Work
from contract.ids import PersonId


def reaching(ring: Keyring) -> Reaching:
    def reach(work: Work, person: PersonId) -> Reach | None:
        try:
            own = desk.read(work, ring, person)
        except desk.UnknownClientError:
            return None
        others = [each for each in aliases.ids(work.tx, person) if each != person]
        known = profiles_of(work.tx, ring, others) if others else {}
        seen = together(own, [known[each] for each in others if each in known])
        row = work.tx.row(sa.select(client.c.store, client.c.owner).where(client.c.person == person))
        assert row is not None, "its profile was opened a moment ago"
        return Reach(
            person, seen.name, seen.salutation, seen.given_name, seen.family_name, seen.language, seen.emails,
            seen.phones, row["store"], row["owner"],
        )  # fmt: skip

    return reach


def naming(ring: Keyring) -> Callable[[Tx, Iterable[str]], dict[str, str]]:
    def names(tx: Tx, persons: Iterable[str]) -> dict[str, str]:
        """What a list calls them. Raises `SealedError`."""
        wanted = sorted(set(persons))
        rows = tx.rows(sealed_rows().where(client.c.person.in_(wanted))) if wanted else ()
        return {told.person: told.name for told, _ in opened(ring, rows)}

    return names
