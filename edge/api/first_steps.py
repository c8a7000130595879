"""What to do first at a store's box, told by what its books and readers say."""

from fastapi import Request

from contract.facts import ReaderLink
from edge.api import views_store
from edge.api.shop import Shop
from edge.till import queries
from web.first_steps import Step, Steps
from web.words import _


def steps_of(shop: Shop) -> Steps:
    async def steps(request: Request) -> tuple[Step, ...]:
        del request
        now = views_store.store(shop)
        reading = all(reader.link is ReaderLink.READING for reader in now.readers)
        counted = bool(queries.counts_newest(shop.db, 1))
        office = not now.uplink.configured or now.uplink.up or now.pieces > 0
        return (
            Step(_("Reach the office"), _("Enrol this box with a token from the store's page at the office."), office),
            Step(
                _("Bring the pieces"), _("The office sends their cards once they are imported or shipped here."),
                now.pieces > 0,
            ),
            Step(_("See every reader read"), _("Each reader's page says what it waits for."), reading, "/readers"),
            Step(_("Count once"), _("The first counts teach how well each piece is read."), counted, "/counts"),
        )  # fmt: skip

    return steps
