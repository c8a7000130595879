"""A box that serves in a new log brings the office again what was made here: it may have been put back to a backup."""

import asyncio
import secrets
from types import SimpleNamespace

import pytest

from contract.clients import ClientCard
from edge.books.rows import Mode
from edge.clients.remarks import in_memory
from edge.cloudward import Cloudward

CLIENT = "p-1"


@pytest.fixture
def admit(box):
    """As the link to the office does once all of the feed is here; and the keys of remarks."""
    remarks = in_memory("paris")
    store = SimpleNamespace(books=SimpleNamespace(node=lambda: node), remarks=remarks)
    ward = Cloudward.__new__(Cloudward)
    ward._store, ward._clients, ward._clients_poke = store, box, asyncio.Event()

    async def on_house(work):
        return work()

    ward._on_house = on_house
    node = SimpleNamespace(mode=Mode.ACTIVE, epoch="e1")

    def admit(epoch):
        node.epoch = epoch
        asyncio.run(ward._admit())
        return [person for person, _ in box.to_bring(9)], len(remarks._told().keys)

    box.make(ClientCard(person=CLIENT, given_name="Nina"), secrets.token_bytes(32), at_us=1)
    remarks.seal(CLIENT, "Ring of Zwetlana")
    box.brought([CLIENT])
    remarks._take(SimpleNamespace(taken=[each.key_id for each in remarks._told().keys], keys=(), upto_us=0))
    yield admit
    remarks.stop()


def test_in_the_same_log_nothing_is_brought_again(admit):
    assert admit("e1") == ([], 0)


def test_in_a_new_log_keys_made_here_are_brought_again(admit):
    assert admit("e2") == ([CLIENT], 1)
