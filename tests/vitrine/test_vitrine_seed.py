"""The demo's past at the office: receipts as tills number them, and money where a house has it when it begins."""

import time

import sqlalchemy as sa

from cloud import schema
from cloud.db import open_office
from cloud.people import Keyring
from cloud.pos.ledger import queries as ledger
from cloud.pos.stores.desk import open_store
from cloud.sealing import Sealing
from cloud.tables import refund, sale
from cloud.work import begin
from contract.feed import StoreCard
from contract.ids import UserId
from simulator.app import plan
from trade.guards import ALL
from vitrine.seed_clients import IN_THE_SAFE_MINOR, TILL, sow_clients

KEY = bytes(32)


def test_each_store_has_its_receipts_in_one_series_without_a_gap_and_change_in_its_safe():
    office = open_office("sqlite://")
    schema.create(office)
    world = plan(("flagship", "boutique"), seed=3, pieces={"flagship": 1, "boutique": 1})
    with office.transaction() as tx:
        work = begin(tx, ALL, time.time_ns() // 1000)
        for store in world.stores:
            open_store(work, StoreCard(store=store.layout.store, name=store.layout.name, currency="EUR"))
        assert sow_clients(work, Keyring(Sealing((KEY,))), world.stores, [UserId("manager")], 60) > 60
    with office.reading() as tx:
        rows = [row for table in (sale, refund) for row in tx.rows(sa.select(table))]
        for store in ("flagship", "boutique"):
            mine = sorted((row["receipt_number"], row["business_day"]) for row in rows if row["store"] == store)
            assert [number for number, _ in mine] == list(range(1, len(mine) + 1))
            assert [day for _, day in mine] == sorted(day for _, day in mine), "numbered as they were given"
            money = {each.account: each.amount_minor for each in ledger.balances(tx, store=store)}
            assert (money["safe"], money.get("card_clearing", 0)) == (IN_THE_SAFE_MINOR, 0)
            assert money["bank"] > 0
    assert {row["till"] for row in rows} == {TILL}
    assert TILL not in {"till-1", "till-2"}, "a till of today begins its own"
    office.close()
