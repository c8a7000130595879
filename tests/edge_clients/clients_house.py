"""A real office as a box calls it: the doors' own functions, no sockets. Made importable by `conftest`."""

import secrets

import msgspec

from cloud.client_standings import ClientStandings
from cloud.people import Keyring
from cloud.pos.clients import absorbing, apply, desk, erasing, merging, profile, slices
from cloud.sealing import passing
from cloud.work import Heard, begin
from contract.clients import EDIT, ClientEdit
from contract.facts import ClientTold, Stream
from contract.ids import PersonId, StoreId, UserId
from trade.guards import ALL
from web.sealed import NONCE_BYTES, key_id, seal, to_text

ANA = UserId("ana")
PARIS, MILAN = StoreId("paris"), StoreId("milan")
ONE, OTHER, THIRD = (PersonId(f"01990000-0000-7000-8000-00000000000{n}") for n in (1, 2, 3))
EVA = {"given_name": "Éva", "family_name": "Beispielowa", "emails": ["eva@example.com"], "phones": ["+33199001234"]}
MAX = {"given_name": "Max", "family_name": "Muster", "emails": ["max@example.org"], "phones": ["+33199005566"]}


class Tokens:
    def __init__(self, work):
        self.work = work


class TheOffice:
    """The office, and the door as a box calls it."""

    def __init__(self, office, store=PARIS):
        self.office, self.store, self.ring = office, store, Keyring(passing())
        self.standings = ClientStandings()
        self.now_us = 1_764_400_000_000_000
        self.seq = 0
        self.down = False

    def tick(self):
        self.now_us += 1
        return self.now_us

    def work(self, act):
        with self.office.transaction() as tx:
            return act(begin(tx, ALL, self.tick()))

    def keep(self, person, given, store=PARIS, **more):
        ready = profile.typed({**given, **more})
        self.work(lambda work: desk.create(work, self.ring, person, ready, by=ANA, store=store, why="new"))

    def change(self, person, alter):
        self.work(lambda work: desk.change(work, self.ring, person, alter, by=ANA, why="told us"))

    def read(self, person):
        return self.work(lambda work: desk.read(work, self.ring, person))

    def erase(self, person):
        self.work(lambda work: erasing.erase(self.office, work, person, "asked", by=ANA))

    def merge(self, survivor, absorbed):
        self.work(lambda work: merging.merge(work, self.ring, survivor, absorbed, f"m{self.tick()}", by=ANA))

    def hear(self, *facts, store=None):
        """Entries of a store, as ingest applies them."""
        self.seq += 1
        heard = Heard(store or self.store, "e1", Stream.TRADE, self.seq, self.tick(), ANA)
        for fact in facts:
            self.work(lambda work, fact=fact: apply.APPLY[type(fact)](Tokens(work), heard, fact))
        return heard.at_us

    def absorb(self):
        return self.work(lambda work: absorbing.absorb(work, self.ring))

    # the door

    async def clients(self, asked):
        return self.work(
            lambda work: slices.page(work, self.ring, self.store, asked, self.standings.kept(work, self.store))
        )

    async def search_clients(self, asked):
        tell = self.standings.seen if asked.person else self.standings.kept
        return self.work(lambda work: slices.search(work, self.ring, self.store, asked, tell(work, self.store)))

    async def bring_keys(self, told):
        return self.work(lambda work: slices.take_keys(work, self.ring, told))


def told(person, key, edit: ClientEdit) -> ClientTold:
    """As `edge.api.clients.acts` writes it."""
    sealed = seal(key, person, EDIT, msgspec.json.encode(edit), secrets.token_bytes)
    return ClientTold(
        person=person, key_id=key_id(key), nonce=to_text(sealed[:NONCE_BYTES]), bytes=to_text(sealed[NONCE_BYTES:])
    )
