"""A box one release behind, against today's office: its whole traffic is taken, and it can read every answer."""

import asyncio
import json
from pathlib import Path

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from cloud.desk import Desk
from cloud.doors import NamedApp, create_door
from cloud.pos.commissions.desk import set_rate
from cloud.pos.goods.desk import put as put_goods
from cloud.pos.staff.desk import put_staff
from cloud.pos.staff.roles import put_role
from cloud.pos.value.by_hand import allow
from cloud.tables import node, value_account
from cloud.work import begin
from contract.commands import AnyCommand, NumberedCommand, encode_command
from contract.facts import ReturnRecorded
from contract.feed import (
    AnyFeedBody,
    FeedPage,
    FeedRow,
    GoodsCard,
    Permission,
    RoleCard,
    StaffCard,
    Unit,
    decode_page,
    encode_page,
)
from contract.feed.older import readable
from contract.ids import HOUSE
from contract.messages import Down, JournalRows, Refusal, Rejoin, Snapshot, encode
from edge.config import UplinkConfig
from edge.sync.office import Office
from trade.guards import ALL

MEND = (
    "A released box cannot read what the office says: {why}. Say it in words that box has, or raise CONTRACT_VERSION and "
    "name in contract/feed/older.py what came with it (a command: ask `node.contract_max` before it is decided)."
)
ONLY_WHO_ASKS = {"order.answer", "order.take", "value.answer", "value.keep", "value.recall", "value.tell"}
"""Commands the first release lacks: the first goes to the store that told of the order, `order.take` looks at the box's version,
the third and the last answer what only newer boxes say, `value.keep` looks at the box's version, `value.recall` goes to who had that."""
_rows, _rejoin = msgspec.json.Decoder(JournalRows).decode, msgspec.json.Decoder(Rejoin).decode


def contract_of(released):
    """What that version said it can read."""
    return next(json.loads(step["up"])["contract_max"] for step in released.life["steps"] if "up" in step)


def relived(house, released, appliers=None):
    """Today's office through the life of that box; and everything it answered, by the name of its schema."""
    office, answers = house.HeadOffice(), []
    office.ingest.appliers = office.ingest.appliers if appliers is None else appliers
    for step in released.life["steps"]:
        match step:
            case {"act": act, "words": words}:
                getattr(office, act)(*words)
            case {"up": body}:
                for down in office.up(body.encode()):
                    answers.append(("down", encode(down)))
                    answers += [("command", bytes(command)) for command in down.commands]
            case {"journal": body}:
                office.journal(_rows(body.encode()))
            case {"rejoin": body, "epoch": epoch}:
                answer = office.rejoin(_rejoin(body.encode()), epoch)
                answers.append(("snapshot" if isinstance(answer, Snapshot) else "refusal", encode(answer)))
            case {"feed": since}:
                answers.append(("feed_page", encode_page(office.feed(since))))
    return office, answers


def test_the_whole_life_of_an_older_box_ends_in_the_same_books(house, released):
    office, _ = relived(house, released)
    assert house.books(office, released.life["columns"]) == released.life["books"]


def test_an_office_that_forgets_what_a_fact_means_ends_in_others(house, released):
    office = house.HeadOffice()
    forgetful = {kind: apply for kind, apply in office.ingest.appliers.items() if kind is not ReturnRecorded}
    office, _ = relived(house, released, forgetful)
    assert house.books(office, released.life["columns"]) != released.life["books"]


def test_an_older_box_can_read_all_that_today_s_office_answers(house, released, unreadable):
    _, answers = relived(house, released)
    assert {name for name, _ in answers} >= {"down", "snapshot", "feed_page", "command"}
    for name, body in answers:
        assert unreadable(released.schemas[name], body) == [], name


def page_of(rows):
    return encode_page(FeedPage(rows=tuple(rows), upto=9, more=False))


def test_every_card_the_office_can_send_can_be_read_by_an_older_box(released, unreadable, samples):
    """Every kind with every word of it, as that box would get them."""
    for kind in AnyFeedBody.__args__:
        for body in samples(kind):
            row = readable(FeedRow(rev=9, scope="*", key="k", body=body), contract_of(released))
            why = unreadable(released.schemas["feed_page"], page_of([] if row is None else [row]))
            assert why == [], MEND.format(why=why)


@pytest.mark.parametrize("kind", [Down, Snapshot, Refusal, JournalRows])
def test_every_message_of_the_office_can_be_read_by_an_older_box(released, unreadable, samples, kind):
    name = {JournalRows: "journal_rows"}.get(kind, kind.__name__.lower())
    for said in samples(kind):
        why = unreadable(released.schemas[name], encode(said))
        assert why == [], MEND.format(why=why)


def test_every_command_can_be_read_by_an_older_box_or_is_only_for_newer_ones(released, unreadable, samples):
    schema, strange = released.schemas["command"], set()
    for kind in AnyCommand.__args__:
        for said in samples(kind):
            if unreadable(schema, encode_command(NumberedCommand(seq=1, command=said))):
                strange.add(kind.__struct_config__.tag)
    assert strange <= ONLY_WHO_ASKS, MEND.format(why=sorted(strange))


@pytest.fixture
def grown(house):
    """An office that uses what came later: goods, a commission, a role of its own and new permissions."""
    office = house.HeadOffice()
    office.open()
    with office.office.transaction() as tx:
        work = begin(tx, ALL, 1)
        goods = GoodsCard(goods="melee", title="Melee", unit=Unit.CARAT, unit_minor=50_000, currency="EUR")
        put_goods(work, goods, by=HOUSE)
        set_rate(work, whose="associate", rate_bp=300, from_day="2026-12-01", by=HOUSE, why="season")
        card = RoleCard(role="setter", name="Setter", permissions=(Permission.SELL, Permission.COUNT))
        put_role(work, card, "*", by=HOUSE, why="workshop")
        put_role(
            work,
            RoleCard(role="associate", permissions=(Permission.SELL, Permission.DISPOSE)),
            "*",
            by=HOUSE,
            why="more",
        )
        put_staff(work, StaffCard(user="ugo", name="Ugo", roles=("setter", "associate")))
    return office


def feed_for(office, house, contract):
    from cloud import feed

    with office.office.reading() as tx:
        return feed.page(tx, house.STORE, 0, contract=contract)


def test_an_older_box_reads_the_feed_of_an_office_that_uses_what_came_later(house, grown, released, unreadable):
    page = feed_for(grown, house, contract_of(released))
    assert unreadable(released.schemas["feed_page"], encode_page(page)) == []
    ugo, associate = (row.body for row in page.rows if row.key in ("staff:ugo", "role:associate"))
    if isinstance(ugo, RoleCard):
        ugo, associate = associate, ugo
    assert (ugo.roles, associate.permissions) == (("associate",), (Permission.SELL,)), "less, never more"
    assert page.upto == feed_for(grown, house, 99).upto


def test_the_same_feed_as_it_is_would_have_cost_that_box_the_whole_page(house, grown, released, unreadable):
    why = " ".join(unreadable(released.schemas["feed_page"], encode_page(feed_for(grown, house, 99))))
    for word in ("'goods'", "'commission'", "'dispose'", "'setter'"):
        assert word in why


def test_the_door_takes_who_says_nothing_for_the_first_release_and_our_own_boxes_say_what_they_read(house, grown):
    desk = Desk(grown.office, now_us=lambda: 1, mono_us=lambda: 1, new_id=lambda: "x")
    door = NamedApp(create_door(desk, grown.ingest, grown.rejoins), house.STORE, 1)

    async def fetched():
        line = httpx.AsyncClient(transport=httpx.ASGITransport(app=door), base_url="http://office")
        nowhere = Path("not-used-over-plain-http")
        office = Office(
            UplinkConfig(
                broker_host="", broker_port=1, cloud_url="http://office", ca=nowhere, cert=nowhere, key=nowhere
            )
        )
        async with office, line:
            old = decode_page((await line.get("/edge/v1/feed?since=0")).content)
            office._http, unused = line, office._http
            await unused.aclose()
            return old, await office.feed(0)

    old, ours = asyncio.run(fetched())
    assert {row.key for row in ours.rows} - {row.key for row in old.rows} >= {"goods:melee", "role:setter"}


def test_slices_of_money_are_not_allowed_to_a_box_that_would_wait_at_the_command_for_ever(house, released):
    office, _ = relived(house, released)
    with office.office.transaction() as tx:
        assert tx.value(sa.select(node.c.contract_max).where(node.c.store == house.STORE)) == contract_of(released)
        tx.run(
            sa.insert(value_account).values(
                account="gc-1", kind="gift_card", currency="EUR", issued_minor=5_000, spent_minor=0, store=house.STORE
            )
        )
        work = begin(tx, ALL, 1)
        if contract_of(released) < 2:
            assert "update it" in allow(work, house.STORE, "gc-1", 1_000, by=HOUSE)
        tx.run(sa.update(node).values(contract_max=2))
        assert allow(work, house.STORE, "gc-1", 1_000, by=HOUSE) == ""
