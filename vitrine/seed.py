"""The first data of a demo house: stores, people and stock at the head office, and everybody's PIN at each store."""

import time
from collections.abc import Callable, Sequence

from cloud import schema
from cloud.config import load_config as load_office
from cloud.db import open_office
from cloud.people import Keyring
from cloud.pos.pieces.desk import bring_in
from cloud.pos.staff import desk as staff
from cloud.pos.stores.desk import cards, open_store
from cloud.sealing import open_sealing
from cloud.work import begin
from contract.commands import CustodyState
from contract.feed import Role, StaffCard, StoreCard
from edge.config import load_config as load_store
from edge.own_books import set_pin
from simulator.app import StorePlan
from trade.guards import ALL
from vitrine.problems import PersonError
from vitrine.seed_clients import sow_clients
from vitrine.shop import Shop


def sow(shop: Shop, say: Callable[[str], None]) -> None:
    """Does nothing where it was done. One transaction at the office: a run that was cut short leaves all or nothing."""
    if shop.sown.exists():
        return
    stores = shop.plan().stores
    pieces = sum(len(store.stock) for store in stores)
    say(f"Bringing {pieces:,} pieces into {len(stores)} stores …")
    _office(shop, stores)
    for store in stores:
        config = load_store(shop.store_folder(store.layout.store) / "edge.toml")
        for login in shop.kept.logins:
            set_pin(config, login.user, login.pin)
    shop.sown.touch()


def _office(shop: Shop, stores: Sequence[StorePlan]) -> None:
    config = load_office(shop.folder / "cloud" / "cloud.toml")
    office, sealing = open_office(config.database_url), open_sealing(config)
    try:
        schema.migrate(office)
        passwords = staff.Passwords()
        verifiers = {login.user: passwords.verifier(login.password, login.user) for login in shop.kept.logins}
        with office.transaction() as tx:
            work = begin(tx, ALL, time.time_ns() // 1000)
            if cards(work):
                return
            for login in shop.kept.logins:
                card = StaffCard(user=login.user, name=login.name, roles=(login.role,))
                staff.put_staff(work, card, verifiers[login.user])
            for store in stores:
                layout = store.layout
                open_store(
                    work,
                    StoreCard(
                        store=layout.store, name=layout.name, currency=layout.currency, city=layout.city,
                        time_zone=layout.time_zone,
                    ),
                )  # fmt: skip
                # Where readers see a piece it becomes sellable by being read; nobody reads the web stockroom's shelves.
                state = CustodyState.INCOMING if store.readers else CustodyState.HERE
                imported = bring_in(work, store.cards, layout.store, state=state)
                if imported.errors:
                    first = imported.errors[0]
                    raise PersonError(
                        f"The simulator's stock does not fit: row {first.row}, {first.field}: {first.why}."
                    )
            sellers = [each.user for each in shop.kept.logins if each.role in (Role.MANAGER, Role.ASSOCIATE)]
            sow_clients(work, Keyring(sealing), stores, sellers, shop.kept.clients)
    finally:
        office.close()
