"""Which ids are one client now: of a few persons only the merges around them are read, never all of a house."""

from collections.abc import Iterable, Sequence
from typing import Final

import sqlalchemy as sa

from cloud.clienteling.identity.merging import Aliases, Merge
from cloud.db import Tx
from cloud.tables import client, client_alias
from contract.ids import PersonId

HOLDS: Final = client_alias.c.undone_us == sa.literal_column("0")
"""Of a merge: nobody undid it. Written out: the plan that PostgreSQL keeps for whatever number comes goes by the index
of such rows alone only so. SQLite looks at the number that is handed over, and goes by it either way."""
ABSORBED: Final = sa.exists().where(client_alias.c.absorbed == client.c.person, HOLDS)
"""Of a row of `client`: another id stands for it."""
AT_ONCE: Final = 500
_PERSONS: Final[sa.BindParameter[str]] = sa.bindparam("persons", expanding=True)
_AROUND: Final = sa.select(client_alias).where(
    HOLDS, sa.or_(client_alias.c.survivor.in_(_PERSONS), client_alias.c.absorbed.in_(_PERSONS))
)


def around(tx: Tx, persons: Iterable[str]) -> Aliases:
    """All merges that hold and reach any of these persons."""
    known: set[str] = set()
    new = set(persons)
    found: dict[str, Merge] = {}
    while new:
        known |= new
        reached: set[str] = set()
        for some in _parts(sorted(new)):
            for row in tx.rows(_AROUND, {"persons": some}):
                found[row["merge"]] = Merge(row["merge"], row["survivor"], row["absorbed"])
                reached |= {row["survivor"], row["absorbed"]}
        new = reached - known
    return Aliases(found.values())


def ids(tx: Tx, person: str) -> tuple[PersonId, ...]:
    """Every id of the client this one is, the surviving one first."""
    return tuple(PersonId(each) for each in around(tx, [person]).ids(person))


def heads(tx: Tx, persons: Sequence[str]) -> dict[str, PersonId]:
    """Of each of these persons the id they are known by now."""
    above: dict[str, str] = {}
    new = set(persons)
    while new:
        found: dict[str, str] = {}
        for some in _parts(sorted(new)):
            query = sa.select(client_alias.c.absorbed, client_alias.c.survivor)
            holds = HOLDS, client_alias.c.absorbed.in_(some)
            found |= {row["absorbed"]: row["survivor"] for row in tx.rows(query.where(*holds))}
        above |= found
        new = set(found.values()) - above.keys()
    return {person: PersonId(_top(above, person)) for person in persons}


def touch(tx: Tx, person: str, *, now_us: int) -> None:
    """Stores that keep this client are to hear of it, under the id that stands for them too."""
    both = {person, heads(tx, [person])[person]}
    tx.run(sa.update(client).where(client.c.person.in_(sorted(both))).values(changed_us=now_us))


def _top(above: dict[str, str], person: str) -> str:
    while (survivor := above.get(person)) is not None:
        person = survivor
    return person


def _parts(names: list[str]) -> list[list[str]]:
    return [names[at : at + AT_ONCE] for at in range(0, len(names), AT_ONCE)]
