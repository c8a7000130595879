"""What stores write of clients, at the office: read with keys that lie under each person's own, and gone with it."""

import asyncio
import secrets

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from cloud import remarks, schema, ways
from cloud.client_standings import ClientStandings
from cloud.db import open_office
from cloud.desk import Desk
from cloud.doors import CN_KEY, create_door
from cloud.doors.clients import add_clients
from cloud.ingest import Ingest
from cloud.people import Keyring
from cloud.pos.client_orders import queries, resealing, sending
from cloud.pos.client_orders.apply import decode
from cloud.pos.clients import desk as clients
from cloud.pos.clients import erasing, profile
from cloud.pos.purchases import queries as purchases
from cloud.provider import NoProvider
from cloud.recover import recover
from cloud.rejoin import Rejoins
from cloud.remarks import Remarks as Read
from cloud.tables import client_order, down_log, house_setting, inbox, piece_backing, piece_past, remark_key
from cloud.work import begin
from contract.commands import decode_command, encode_command
from contract.facts import CommandHeard, OrderHanded, OrderKind, OrderOpened, TradeIn, TradeInTaken
from contract.ids import PersonId, StoreId, UserId
from contract.remarks import FORGOTTEN, NOT_HERE, TOKEN, RemarkKeys, RemarkKeysKept, mapped
from edge.clients.keys import box_keys
from edge.clients.remarks import Remarks
from trade.guards import ALL

ANA = PersonId("01990000-0000-7000-8000-000000000001")
OPENED = OrderOpened(
    order="o1", number="R-1", kind=OrderKind.REPAIR, client=ANA, title="Ring of Zwetlana", currency="EUR", account="a"
)
GIVEN = TradeIn(
    piece="old-1", title="A brooch", category="brooch", client=ANA, value_minor=5_000, currency="EUR",
    provenance="From her aunt Ottilie", proof="Passport of Ruritania",
)  # fmt: skip


class Meeting:
    """A store's box with its keys, and the office's door."""

    def __init__(self, house, folder):
        self.house, self.box, self.folder = house, house.store("paris", "p1"), folder
        house.store("lyon")
        self.desk = Desk(office=house.office, now_us=lambda: 5, mono_us=lambda: 5, new_id=lambda: "n")
        self.ring = Keyring(self.desk.sealing)
        self.app = create_door(self.desk, Ingest(house.office), Rejoins(house.office))
        add_clients(self.app, self.desk, self.ring, ClientStandings())
        self.kept = self.machine("one")
        ready = profile.typed({"given_name": "Ana", "family_name": "Exemple"}, country="fr")
        lea, paris = UserId("lea"), StoreId("paris")
        self.work(lambda work: clients.create(work, self.ring, ANA, ready, by=lea, store=paris, why="new"))

    def machine(self, name):
        folder = self.folder / name
        return Remarks(folder, box_keys(folder), secrets.token_bytes)

    def work(self, act):
        with self.house.office.transaction() as tx:
            return act(begin(tx, ALL, 9))

    def sync(self, kept=None, store="paris"):
        async def known(scope, receive, send):
            await self.app({**scope, CN_KEY: store}, receive, send)

        class Door:
            async def remark_keys(self, told):
                async with httpx.AsyncClient(transport=httpx.ASGITransport(app=known), base_url="http://door") as http:
                    answer = await http.post("/edge/v1/clients/remarks", content=msgspec.json.encode(told))
                    assert answer.status_code == 200, answer.text
                    return msgspec.json.decode(answer.content, type=RemarkKeysKept)

        asyncio.run((kept or self.kept).sync(Door()))

    def hear(self, fact, person=ANA):
        self.box.write(mapped(fact, lambda text: self.kept.seal(person, text)))
        self.box.send()

    def title(self):
        with self.house.office.reading() as tx:
            seen = queries.detail(tx, Read(tx, self.ring), "o1", now_us=9)
        return seen.row.title

    def erase(self):
        self.work(lambda work: erasing.erase(self.house.office, work, ANA, "asked", by=UserId("lea")))


@pytest.fixture
def met(house, tmp_path):
    made = Meeting(house, tmp_path)
    yield made
    made.kept.stop()


def test_an_order_is_read_once_its_key_is_here_and_lies_sealed(met):
    met.hear(OPENED)
    assert met.title() == NOT_HERE, "the entry came before the key"
    met.sync()
    assert met.title() == "Ring of Zwetlana"
    with met.house.office.reading() as tx:
        bodies = [bytes(row["body"]) for table in (inbox, client_order) for row in tx.rows(sa.select(table.c.body))]
        (row,) = tx.rows(sa.select(remark_key))
    assert not any(b"Zwetlana" in body for body in bodies)
    assert (row["store"], row["person"]) == ("paris", ANA)


def test_what_an_older_box_wrote_in_clear_is_read_as_it_stands(met):
    met.box.write(OPENED)
    met.box.send()
    assert met.title() == "Ring of Zwetlana"


def test_erasing_the_client_ends_it_and_no_key_comes_back(met):
    met.hear(OPENED)
    met.sync()
    with met.house.office.reading() as tx:
        before = bytes(tx.rows(sa.select(remark_key))[0]["sealed"])
    met.erase()
    assert met.title() == FORGOTTEN
    with met.house.office.reading() as tx:
        assert bytes(tx.rows(sa.select(remark_key))[0]["sealed"]) == b"" != before
    late = met.machine("late")
    late.seal(ANA, "Zwetlana again")
    met.sync(late)
    with met.house.office.reading() as tx:
        assert [bytes(row["sealed"]) for row in tx.rows(sa.select(remark_key))] == [b"", b""]
    late.stop()


def test_a_box_that_was_restored_is_given_its_stores_keys_and_no_others(met):
    met.hear(OPENED)
    token = met.kept.seal(ANA, "Ring of Zwetlana")
    met.sync()
    new, other = met.machine("new"), met.machine("other")
    assert new.open(token) == NOT_HERE
    met.sync(new)
    met.sync(other, "lyon")
    assert (new.open(token), other.open(token)) == ("Ring of Zwetlana", NOT_HERE)
    met.erase()
    third = met.machine("third")
    met.sync(third)
    assert third.open(token) == FORGOTTEN
    for each in (new, other, third):
        each.stop()


def test_an_office_that_was_put_back_reads_again_what_its_stores_wrote_since(met):
    met.hear(OPENED)
    met.sync()
    met.work(lambda work: work.tx.run(sa.delete(remark_key)))
    met.sync()
    assert met.title() == NOT_HERE, "the control: the box believes that it has brought the key"
    met.kept.bring_again()
    met.sync()
    assert met.title() == "Ring of Zwetlana"


def test_a_key_that_is_none_is_refused(met):
    async def known(scope, receive, send):
        await met.app({**scope, CN_KEY: "paris"}, receive, send)

    async def call(told):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=known), base_url="http://door") as http:
            return await http.post("/edge/v1/clients/remarks", content=told)

    good = msgspec.to_builtins(RemarkKeys(box_key=met.kept._keys.public))
    for keys in ([{"person": ANA, "key_id": "0" * 16, "key": "AAAA"}], [{"person": ANA, "key_id": "x", "key": "!"}]):
        assert asyncio.run(call(msgspec.json.encode({**good, "keys": keys}))).status_code == 422
    assert asyncio.run(call(b"{")).status_code == 422


def test_where_a_client_had_a_piece_from_is_told_and_stands_in_no_record_in_clear(met):
    met.hear(TradeInTaken(account="trade", sale="s1", trade_in=GIVEN))
    met.sync()
    with met.house.office.reading() as tx:
        (row,) = purchases.past(tx, Read(tx, met.ring), "old-1")
        assert (row.provenance, row.proof) == ("From her aunt Ottilie", "Passport of Ruritania")
        stored = [str(dict(each)) for table in (piece_past, piece_backing) for each in tx.rows(sa.select(table))]
    assert not any(word in text for text in stored for word in ("Ottilie", "Ruritania"))
    met.erase()
    with met.house.office.reading() as tx:
        (row,) = purchases.past(tx, Read(tx, met.ring), "old-1")
    assert (row.provenance, row.proof) == (FORGOTTEN, FORGOTTEN)


TOLD = (
    "Zwetlana", "Beispielowa", "Lanotschka", "Hochwohlgeboren", "zwetlana@example.org", "+33199001234", "+442079460123",
    "Musterallee", "Hinterhaus", "99999", "Beispielstadt", "Ottokar", "Ottilie", "1984-05-17", "Paraiba", "Dackel", "Rosen",
    "Saphirring", "Ruritania", "Schreibfehler",
)  # fmt: skip


def test_why_the_office_sent_an_order_on_lies_sealed_and_goes_with_its_client(met, texts_of):
    met.house.store("nice")
    met.house.boxes["lyon"].send(contract_max=3)
    met.box.write(OPENED, OrderHanded(order="o1", home=0, to="lyon"))
    met.box.send()
    why = " ".join(TOLD)
    met.work(lambda work: sending.send_on(work, met.ring, "o1", "nice", by=UserId("mia"), why=why))

    def story():
        with met.house.office.reading() as tx:
            return queries.detail(tx, Read(tx, met.ring), "o1", now_us=9).steps[0].why

    def in_clear():
        return [word for word in TOLD if word.encode() in texts_of(met.house.office).replace(clear, b"")]

    clear = OPENED.title.encode()  # of a box that does not seal yet: the control of what is looked through
    assert clear in texts_of(met.house.office)
    assert (story(), in_clear()) == (why, [])
    nice = met.machine("nice")
    met.sync(nice, "nice")
    told = next(each.command for each in met.house.boxes["nice"].obey(met.house.boxes["nice"].send()))
    sealed = decode(told.body).steps[-1].why
    assert nice.open(sealed) == why
    met.erase()
    assert (story(), in_clear()) == (FORGOTTEN, [])
    met.sync(nice, "nice")
    assert met.machine("another").open(sealed) == NOT_HERE
    nice.stop()


def test_of_who_was_erased_the_office_writes_no_more(met, texts_of):
    first = met.work(lambda work: remarks.seal(work, met.ring, ANA, "Zwetlana"))
    again = met.work(lambda work: remarks.seal(work, met.ring, ANA, "Zwetlana"))
    assert first != again
    assert TOKEN.fullmatch(first)[1] == TOKEN.fullmatch(again)[1], "by one key"
    met.erase()
    assert met.work(lambda work: remarks.seal(work, met.ring, ANA, "Zwetlana")) == FORGOTTEN
    with met.house.office.reading() as tx:
        assert Read(tx, met.ring).open(first) == FORGOTTEN


# --- from before they were sealed -----------------------------------------------------------------------------------


@pytest.fixture
def older(met):
    return aged(met)


def aged(met):
    """An order that the office of an older version sent on: why stands in clear, in three places."""
    why = " ".join(TOLD)
    met.house.store("nice")
    met.house.boxes["lyon"].send(contract_max=3)
    met.hear(msgspec.structs.replace(OPENED, title="A ring"))
    met.box.write(OrderHanded(order="o1", home=0, to="lyon"))
    met.box.send()
    met.sync()
    met.work(lambda work: sending.send_on(work, met.ring, "o1", "nice", by=UserId("mia"), why=why))

    def in_clear(order):
        *steps, last = order.steps
        return msgspec.json.encode(
            msgspec.structs.replace(order, steps=(*steps, msgspec.structs.replace(last, why=why)))
        )

    def age(work):
        (row,) = work.tx.rows(sa.select(client_order))
        work.tx.run(sa.update(client_order).values(body=in_clear(decode(bytes(row["body"])))))
        (row,) = work.tx.rows(sa.select(down_log).where(down_log.c.store == "nice"))
        told = decode_command(bytes(row["body"]))
        told = msgspec.structs.replace(
            told, command=msgspec.structs.replace(told.command, body=in_clear(decode(told.command.body)))
        )
        work.tx.run(sa.update(down_log).where(down_log.c.store == "nice").values(body=encode_command(told)))
        work.tx.run(sa.delete(remark_key).where(remark_key.c.store == remarks.OFFICE))

    met.work(age)
    return why


def how_far(met):
    """As the database says itself."""
    with met.house.office.reading() as tx:
        return tx.value(sa.select(house_setting.c.body).where(house_setting.c.name == ways.REASONS))


def told_to_nice(met):
    with met.house.office.reading() as tx:
        (row,) = tx.rows(sa.select(down_log.c.body).where(down_log.c.store == "nice"))
    return decode_command(bytes(row["body"])).command


def words_in(text):
    return [word for word in TOLD if word.encode() in text]


def test_why_an_older_office_sent_an_order_on_is_sealed_at_its_next_start(met, older, texts_of):
    assert words_in(texts_of(met.house.office)) == list(TOLD), "the control"
    assert words_in(told_to_nice(met).body) == list(TOLD)
    assert resealing.seal_older(met.desk, met.ring) == 1
    assert words_in(texts_of(met.house.office) + told_to_nice(met).body) == []
    with met.house.office.reading() as tx:
        assert queries.detail(tx, Read(tx, met.ring), "o1", now_us=9).steps[0].why == older
    nice = met.machine("nice")
    met.sync(nice, "nice")
    told = next(each.command for each in met.house.boxes["nice"].obey(met.house.boxes["nice"].send()))
    assert nice.open(decode(told.body).steps[-1].why) == older, "its new home reads it"
    assert resealing.seal_older(met.desk, met.ring) == 0, "once"
    met.erase()
    with met.house.office.reading() as tx:
        assert queries.detail(tx, Read(tx, met.ring), "o1", now_us=9).steps[0].why == FORGOTTEN
    nice.stop()


def test_on_postgresql_too(postgres_office, empty_postgres, house_type, tmp_path, texts_of):
    del empty_postgres
    met = Meeting(house_type(postgres_office), tmp_path)
    aged(met)
    assert words_in(texts_of(postgres_office)) == list(TOLD), "the control"
    with postgres_office.reading() as tx:
        tx.rows(sa.select(client_order))
        assert resealing.seal_older(met.desk, met.ring) == 1, "somebody reads, and the office starts all the same"
    assert how_far(met) == resealing.TO_SCRUB
    assert words_in(texts_of(postgres_office) + told_to_nice(met).body) == []
    assert resealing.seal_older(met.desk, met.ring) == 0
    assert how_far(met) == resealing.SEALED
    met.kept.stop()


def test_words_are_overwritten_at_the_next_start_when_the_office_died_before_it_could(house_type, tmp_path):
    office = open_office(f"sqlite:///{tmp_path / 'office.sqlite3'}")
    schema.create(office)
    met = Meeting(house_type(office), tmp_path)
    aged(met)

    def on_disk():
        return words_in(b"".join(each.read_bytes() for each in tmp_path.glob("office.sqlite3*")))

    crossed = iter(range(100))

    def dies():
        if next(crossed) == 1:  # as soon as the page is committed
            raise InterruptedError

    office.crashpoint = dies
    with pytest.raises(InterruptedError):
        resealing.seal_older(met.desk, met.ring)
    office.crashpoint = lambda: None
    assert (words_in(told_to_nice(met).body), on_disk()) == ([], list(TOLD)), "sealed, and still there to read"
    assert resealing.seal_older(met.desk, met.ring) == 0
    assert (on_disk(), how_far(met)) == ([], resealing.SEALED)
    met.kept.stop()
    office.close()


def test_an_office_that_never_kept_such_words_looks_for_them_once(met):
    assert resealing.seal_older(met.desk, met.ring) == 0
    assert how_far(met) == resealing.SEALED


def test_of_who_was_erased_meanwhile_no_word_is_kept(met, older, texts_of):
    met.erase()
    assert words_in(texts_of(met.house.office)) == list(TOLD), "the control: in clear it outlived its client"
    resealing.seal_older(met.desk, met.ring)
    assert words_in(texts_of(met.house.office) + told_to_nice(met).body) == []


def test_what_a_box_was_told_in_clear_by_a_lost_life_is_taken_and_then_sealed(met, older):
    nice = met.house.boxes["nice"]
    (heard,) = nice.obey(nice.send())
    resealing.seal_older(met.desk, met.ring)
    with met.house.office.transaction() as tx:
        tx.run(sa.delete(client_order))
        tx.run(sa.delete(down_log))
    recover(met.house.office, NoProvider(), now_us=5)
    nice.write(CommandHeard(cloud_epoch=1, seq=heard.seq, command=msgspec.Raw(encode_command(heard))))
    nice.hand_over()

    def body():
        with met.house.office.reading() as tx:
            (row,) = tx.rows(sa.select(client_order.c.store, client_order.c.body))
        return row["store"], words_in(bytes(row["body"]))

    assert body() == ("nice", list(TOLD)), "an older entry still applies"
    assert resealing.seal_older(met.desk, met.ring) == 1
    assert body() == ("nice", [])
