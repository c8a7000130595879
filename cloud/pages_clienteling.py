"""Pages of what is done with clients: nouns that know them by id alone, given their names here."""

from collections.abc import Sequence

from fastapi import APIRouter

from cloud.db import Tx
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.clients import queries as clients
from cloud.pos.loyalty import pages as loyalty
from cloud.pos.segments import pages as segments
from cloud.pos.segments import settings as tiers
from cloud.pos.segments.job import Divisions
from cloud.tables import client


def routers(desk: Desk, ring: Keyring, divisions: Divisions) -> tuple[APIRouter, ...]:
    def names(tx: Tx, persons: Sequence[str]) -> dict[str, str]:
        """Of those who were not erased."""
        if not persons:
            return {}
        rows = tx.rows(clients.sealed_rows().where(client.c.person.in_(list(persons))))
        return {row.person: row.name for row, _ in clients.opened(ring, rows)}

    def steps(tx: Tx) -> list[str]:
        return [each.name for each in tiers.read(tx).steps]

    return (segments.router(desk, divisions, names), loyalty.router(desk, steps))
