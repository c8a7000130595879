"""Pages of what is done with clients: nouns that know them by id alone, given their names here."""

import sqlalchemy as sa
from fastapi import APIRouter

from cloud.client_standings import pins_of
from cloud.db import Tx
from cloud.desk import Desk
from cloud.messages.outbox import Ways
from cloud.people import Keyring
from cloud.pos.campaigns import pages as campaigns
from cloud.pos.campaigns import pages_invited as invited
from cloud.pos.campaigns import routes as campaign_routes
from cloud.pos.clients import desk as clients
from cloud.pos.clients.acts import answered
from cloud.pos.clients.reach import naming
from cloud.pos.loyalty import pages as loyalty
from cloud.pos.loyalty import routes as loyalty_routes
from cloud.pos.reports import pages as reports
from cloud.pos.segments import pages as segments
from cloud.pos.segments import settings as tiers
from cloud.pos.segments.job import Divisions
from cloud.pos.suggestions import pages as suggestions
from cloud.pos.suggestions.queries import Pins
from cloud.tables import client
from cloud.work import Work
from contract.ids import PersonId


def apis(desk: Desk, ways: Ways, time_zone: str) -> tuple[APIRouter, ...]:
    return campaign_routes.api(desk, ways, time_zone), loyalty_routes.api(desk)


def routers(desk: Desk, ring: Keyring, divisions: Divisions, ways: Ways, time_zone: str) -> tuple[APIRouter, ...]:
    names = naming(ring)

    def pinned(work: Work, person: str) -> tuple[Pins, str]:
        with answered():
            seen = clients.read(work, ring, PersonId(person))
        home = work.tx.value(sa.select(client.c.store).where(client.c.person == person))
        return pins_of(seen.pins), str(home or "")

    def steps(tx: Tx) -> list[str]:
        return [each.name for each in tiers.read(tx).steps]

    return (
        segments.router(desk, divisions, names),
        loyalty.router(desk, steps),
        campaigns.router(desk, ways, names, steps, time_zone),
        invited.router(desk),
        suggestions.router(desk, pinned),
        reports.router(desk, steps, time_zone),
    )
