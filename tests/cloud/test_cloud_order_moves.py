"""Orders that move from store to store, at the office: one home at any moment, its money there, told until it is heard."""

import msgspec
import pytest
import sqlalchemy as sa
from house_ways import held, home, takes

from cloud import feed, ways
from cloud.people import Keyring
from cloud.pos.client_orders import answering, papers, queries
from cloud.pos.client_orders.apply import decode
from cloud.provider import NoProvider
from cloud.recover import recover
from cloud.remarks import Remarks, trade_keys
from cloud.sealing import passing
from cloud.tables import (
    case_file,
    claim,
    client_order,
    node,
    order_answer,
    order_page,
    order_way,
    remark_key,
    remark_reader,
)
from cloud.work import begin
from contract.commands import AnswerOrder, GrantCustody, NumberedCommand, TakeOrder, encode_command
from contract.facts import (
    ClaimHeld,
    ClaimKind,
    CommandHeard,
    CustodyReceived,
    CustodyReleased,
    LineKind,
    OrderEvent,
    OrderHanded,
    OrderItem,
    OrderItemTaken,
    OrderKind,
    OrderMoved,
    OrderOpened,
    OrderPaper,
    OrderPromised,
    OrderQuoted,
    OrderReceived,
    PaperKind,
    QuoteLine,
    ReleaseWhy,
    SaleLine,
    Tender,
    TenderKind,
    TransferShipped,
    ValueKept,
    ValueReleased,
)
from contract.feed import StoreCard
from contract.ids import HOUSE
from contract.messages import Rejoin
from contract.order_page import page_key
from contract.remarks import RemarkKey, RemarkKeys, token
from trade.guards import ALL
from web.sealed import key_id, public_of, to_text

ORDER = "01990000-1111-7000-8000-0123456789ab"
ACCOUNT = f"order-{ORDER}"
KEY = bytes(range(32))
THING = OrderItem(item="i-1", description="White metal ring", condition="Worn", declared_value_minor=900)
pytestmark = pytest.mark.parametrize("office", ["sqlite"], indirect=True)


def opened(kind=OrderKind.REPAIR, title="A ring", **more):
    return OrderOpened(
        order=ORDER, number="R-1001", kind=kind, client="c-1", title=title, currency="EUR", account=ACCOUNT, **more
    )  # fmt: skip


def quoted(quote=1):
    line = QuoteLine(line="q", description="Work", gross_minor=90_000, tax_bp=0)
    return OrderQuoted(order=ORDER, quote=quote, lines=(line,)), OrderMoved(order=ORDER, event=OrderEvent.QUOTE)


def deposit(house, box, minor):
    line = SaleLine(
        line="d-1", kind=LineKind.DEPOSIT, description="Deposit: R-1001", list_price_minor=minor, gross_minor=minor,
        tax_bp=0, tax_minor=0, account=ACCOUNT,
    )  # fmt: skip
    sold = msgspec.structs.replace(
        house.sale(box, "s-1"), lines=(line,), total_minor=minor, tax_minor=0, client="c-1",
        tenders=(Tender(kind=TenderKind.CASH, amount_minor=minor),),
    )  # fmt: skip
    kept = ValueKept(account=ACCOUNT, kind=TenderKind.DEPOSIT, amount_minor=minor, currency="EUR", client="c-1")
    return sold, kept


def handed(to="lyon", home=0, minor=0):
    money = (ValueReleased(account=ACCOUNT, amount_minor=minor, currency="EUR"),) if minor else ()
    return (*money, OrderHanded(order=ORDER, home=home, to=to))


def cases(house):
    return [row["kind"] for row in house.rows(sa.select(case_file))]


@pytest.fixture
def two(house):
    return house.store("paris", "p1"), house.store("lyon")


def test_an_order_is_the_other_stores_with_its_money_from_the_entry_that_gave_it_up(house, two):
    paris, lyon = two
    paris.write(opened(), *quoted())
    paris.write(*deposit(house, paris, 30_000))
    paris.write(*handed(minor=30_000))
    paris.send()
    store, order = home(house)
    assert (store, order.number, order.home, order.away) == ("lyon", "R-1001/paris", 1, "")
    assert held(house) == {"lyon": 30_000}
    (told,) = takes(lyon)
    assert (told.home, told.amount_minor, told.source) == (1, 30_000, "paris")
    assert decode(told.body) == order
    assert house.rows(sa.select(order_way)) == []
    assert held(house) == {"lyon": 30_000}
    lyon.write(OrderPromised(order=ORDER, promised_day="2027-01-01"))
    lyon.send()
    assert home(house)[1].promised_day == "2027-01-01"
    assert cases(house) == []


def test_what_its_old_home_still_says_of_it_changes_nothing_and_a_person_is_told(house, two):
    paris, _ = two
    paris.write(opened(), *handed())
    paris.write(OrderPromised(order=ORDER, promised_day="2027-01-01"))
    paris.send()
    assert home(house)[1].promised_day == ""
    assert cases(house) == ["order of another store"]


def test_a_piece_it_keeps_goes_with_its_promise(house, two):
    paris, lyon = two
    paris.write(opened(OrderKind.LAYAWAY, pieces=("p1",)))
    paris.write(ClaimHeld(claim="k", piece="p1", ce=paris.ce["p1"], kind=ClaimKind.LAYAWAY, ref=ORDER))
    gone = CustodyReleased(piece="p1", ce=paris.ce["p1"], why=ReleaseWhy.SHIPPED, to="lyon", transfer="t")
    paris.write(TransferShipped(transfer="t", to="lyon", pieces=("p1",)), gone, *handed())
    paris.send()
    commands = [each.command for each in lyon.obey(lyon.send())]
    (grant,) = [each for each in commands if isinstance(each, GrantCustody)]
    assert (grant.promise, grant.promise_ref, grant.promise_claim) == (ClaimKind.LAYAWAY, ORDER, "k")
    assert house.token("p1")[:2] == ("lyon", "incoming")


def test_a_store_that_keeps_a_piece_of_an_order_that_ends_elsewhere_hears_of_it(house, two):
    """The piece was carried astray, or read there after its box was lost: nobody could ever sell it there again."""
    paris, lyon = two
    paris.write(opened(OrderKind.LAYAWAY, pieces=("p1",)))
    paris.write(ClaimHeld(claim="k", piece="p1", ce=paris.ce["p1"], kind=ClaimKind.LAYAWAY, ref=ORDER))
    paris.write(CustodyReleased(piece="p1", ce=paris.ce["p1"], why=ReleaseWhy.SHIPPED, to="lyon", transfer="t"))
    paris.send()
    (brought,) = [each.command for each in lyon.obey(lyon.send())]
    assert brought.promise_claim == "k"
    lyon.write(CustodyReceived(piece="p1", ce=brought.ce, transfer="t"))
    lyon.send(1)
    paris.write(OrderMoved(order=ORDER, event=OrderEvent.CANCEL))
    paris.send()
    (again,) = [each.command for each in lyon.obey(lyon.send(1))]
    assert (again.piece, again.promise, again.ce > brought.ce) == ("p1", None, True)
    assert "" not in {row["ended"] for row in house.rows(sa.select(claim.c.ended))}


def test_an_order_handed_over_that_a_restored_office_hears_of_before_it_was_opened_has_a_home(house, two):
    """A box that does not know of the restore yet hands over what it had not sent, and only then what it had."""
    paris, lyon = two
    paris.write(opened(), *quoted())
    paris.write(OrderPromised(order=ORDER, promised_day="2027-01-01"))
    paris.write(*handed())
    paris.hand_over(2)
    assert house.rows(sa.select(client_order)) == []
    paris.send()
    store, order = home(house)
    assert (store, order.home, order.promised_day) == ("lyon", 1, "2027-01-01")
    assert [told.order for told in takes(lyon)] == [ORDER]
    steps = [step.event for step in order.steps]
    paris.hand_over(2)
    assert [step.event for step in home(house)[1].steps] == steps, "once"


def test_a_box_of_an_older_version_is_told_when_it_was_updated(house, two):
    paris, lyon = two
    lyon.send(contract_max=3)
    paris.write(opened(), *handed())
    paris.send()
    lyon.write(opened())
    assert lyon.obey(lyon.send(contract_max=3)) == []
    assert home(house)[0] == "lyon", "nobody else decides meanwhile"
    (told,) = takes(lyon)
    assert told.order == ORDER


def card_of(house, store):
    with house.office.reading() as tx:
        return feed.card(tx, StoreCard, f"store:{store}")


def waits(house):
    with house.office.reading() as tx:
        return queries.detail(tx, Remarks(tx, Keyring(passing())), ORDER, now_us=10**15).waits


def test_of_a_box_that_cannot_take_orders_over_every_store_is_told_and_whoever_handed_one_too(house, two):
    """It may never be updated: until then the order would be nobody's, and nobody would know why."""
    paris, lyon = two
    assert card_of(house, "lyon").takes_orders
    lyon.send(contract_max=3)
    assert not card_of(house, "lyon").takes_orders, "a till that would hand one over there is refused"
    paris.write(opened(), *handed())
    paris.send()
    (case,) = house.rows(sa.select(case_file))
    assert (case["kind"], case["store"], case["ref"]) == (ways.WAITS, "paris", ORDER)
    assert "have that box updated" in case["sentence"]
    assert waits(house)
    assert [told.order for told in takes(lyon)] == [ORDER], "updated, it is told"
    assert card_of(house, "lyon").takes_orders
    assert not waits(house)
    (case,) = house.rows(sa.select(case_file))
    assert (case["closed_by"], case["outcome"]) == (HOUSE, "lyon has taken it over"), "nobody is asked any more"
    assert case["closed_us"] > case["opened_us"]


def test_a_case_of_an_order_that_waits_stays_open_until_its_box_has_it(house, two):
    """Told is not taken: a box that was updated and stands still keeps nothing yet."""
    paris, lyon = two
    lyon.send(contract_max=3)
    paris.write(opened(), *handed())
    paris.send()
    lyon.send()
    (case,) = house.rows(sa.select(case_file))
    assert case["closed_us"] is None


def test_an_office_that_starts_tells_of_a_box_that_said_long_ago_what_it_reads(house, two):
    with house.office.transaction() as tx:
        tx.run(sa.update(node).where(node.c.store == "lyon").values(contract_max=3))
        ways.tell_all(begin(tx, ALL, 1))
        rev = feed.newest(tx)
        ways.tell_all(begin(tx, ALL, 2))
        assert feed.newest(tx) == rev, "once"
    assert [card_of(house, store).takes_orders for store in ("paris", "lyon")] == [True, False]


def test_a_box_that_rejoins_before_it_heard_is_told_again_and_gets_the_money_once(house, two):
    paris, lyon = two
    paris.write(opened(), *quoted())
    paris.write(*deposit(house, paris, 5_000))
    paris.write(*handed(minor=5_000))
    paris.send()
    lyon.join()
    (told,) = takes(lyon)
    assert told.amount_minor == 5_000
    assert held(house) == {"lyon": 5_000}
    assert lyon.rejoins.hear(
        Rejoin(store="lyon", instance=lyon.instance, nonce="later", term=lyon.term, cloud_epoch=lyon.cloud_epoch),
        lyon.tick(), new_epoch=lambda: "e-later",
    )  # fmt: skip
    assert house.rows(sa.select(order_way)) == [], "what was taken over is not told again"


def test_an_order_that_a_lost_life_gave_is_where_its_store_says_it_took_it(house, two):
    """The office was restored to before it heard of the move: the new home speaks first."""
    paris, lyon = two
    paris.write(opened(), *quoted())
    paris.write(*deposit(house, paris, 7_000))
    paris.send()
    _, order = home(house)
    moved = msgspec.structs.replace(order, home=1, number="R-1001/paris", title="told in a lost life")
    told = TakeOrder(
        order=ORDER, home=1, account=ACCOUNT, source="paris", amount_minor=7_000,
        body=msgspec.json.encode(moved),
    )  # fmt: skip
    recover(house.office, NoProvider(), now_us=5)
    lyon.write(
        CommandHeard(cloud_epoch=1, seq=1, command=msgspec.Raw(encode_command(NumberedCommand(seq=1, command=told))))
    )
    lyon.hand_over()
    assert (home(house)[0], home(house)[1].title) == ("lyon", "told in a lost life")
    paris.write(ValueReleased(account=ACCOUNT, amount_minor=7_000, currency="EUR"))
    paris.hand_over()
    assert held(house) == {"lyon": 7_000}
    assert len(house.rows(sa.select(order_page))) == 1


@pytest.mark.parametrize("home_told", [1, 9])
def test_no_store_takes_an_order_that_this_life_of_the_office_never_gave_it(house, two, home_told):
    """A stolen box that makes such a command up: one on its way to another store, and one that never moved so far."""
    paris, lyon = two
    thief = house.store("nice")
    paris.write(opened(), *quoted())
    paris.write(*deposit(house, paris, 7_000))
    paris.write(*handed(minor=7_000))
    paris.send()
    told = TakeOrder(
        order=ORDER, home=home_told, account=ACCOUNT, source="paris", amount_minor=900_000,
        body=msgspec.json.encode(msgspec.structs.replace(home(house)[1], home=home_told)),
    )  # fmt: skip
    raw = msgspec.Raw(encode_command(NumberedCommand(seq=1, command=told)))
    thief.write(CommandHeard(cloud_epoch=thief.cloud_epoch, seq=1, command=raw))
    thief.send()
    assert (home(house)[0], held(house)) == ("lyon", {"lyon": 7_000})
    assert len(takes(lyon)) == 1


def test_the_new_home_reads_what_was_written_also_when_the_key_comes_later(house, two):
    paris, lyon = two
    del lyon
    name, ring = key_id(KEY), Keyring(passing())
    paris.write(opened(title=token(name, b"sealed")), *handed())
    paris.send()
    assert [(row["store"], row["key_id"]) for row in house.rows(sa.select(remark_reader))] == [("lyon", name)]

    def ask(store, after=(0, ""), keys=()):
        told = RemarkKeys(box_key=to_text(public_of(KEY)), keys=keys, after_us=after[0], after=after[1])
        with house.office.transaction() as tx:
            return trade_keys(begin(tx, ALL, 99_000_000), ring, store, told)

    first = ask("lyon")
    assert first.keys == ()
    ask("paris", keys=(RemarkKey(person="c-1", key_id=name, key=to_text(KEY)),))
    (found,) = ask("lyon", after=(50_000_000, "")).keys
    assert (found.person, found.key_id, bool(found.key)) == ("c-1", name, True)
    assert len(house.rows(sa.select(remark_key))) == 1
    assert ask("nice").keys == ()


def test_its_old_home_brings_the_papers_it_named_and_no_others(house, two):
    ring, name = Keyring(passing()), "a" * 64
    paris, _ = two
    paper = OrderPaper(order=ORDER, kind=PaperKind.NOTE, sha256=name, media=papers.papers.JSON)
    paris.write(opened(), paper, *handed())
    paris.send()
    body = papers.papers.write("0" * papers.papers.SALT_CHARS, "a note")

    def bring(sha256):
        with house.office.transaction() as tx:
            papers.add(
                begin(tx, ALL, 5), ring, ORDER, body, PaperKind.NOTE, store="paris", by="ana",
                media=papers.papers.JSON, sha256=sha256,
            )  # fmt: skip

    bring(name)
    with pytest.raises(papers.PaperError, match="another store"):
        bring("b" * 64)


def test_the_clients_page_goes_on_and_what_they_said_reaches_the_new_home(house, two):
    paris, lyon = two
    ring, key = Keyring(passing()), page_key(ORDER)
    paris.write(opened(), *quoted())
    paris.send()
    with house.office.transaction() as tx:
        answering.answer(begin(tx, ALL, 5), ring, key, what="quote", number=1, proof="", approved=True)
    paris.write(*handed())
    paris.send()
    with house.office.reading() as tx:
        _, store, shown = answering.find(tx, ring, key, 5)
    assert (store, shown.store, shown.said.approved) == ("lyon", "Lyon", True)
    heard = [each.command for each in lyon.obey(lyon.send())]
    assert [type(each) for each in heard] == [TakeOrder, AnswerOrder]
    assert heard[1].approved is True
    assert len(house.rows(sa.select(order_answer))) == 1


def test_the_things_that_travel_are_told_and_received(house, two):
    paris, lyon = two
    paris.write(opened(), OrderItemTaken(order=ORDER, item=THING), *handed())
    paris.send()
    assert home(house)[1].coming is True
    takes(lyon)
    lyon.write(OrderReceived(order=ORDER, home=1))
    lyon.send()
    assert home(house)[1].coming is False
    assert [step.event for step in home(house)[1].steps][-2:] == ["handed", "received"]


def test_an_order_handed_to_no_store_of_ours_stays_where_it_was_and_a_person_is_told(house, two):
    paris, _ = two
    paris.write(opened(), *handed(to="atlantis"))
    paris.send()
    assert home(house)[0] == "paris"
    assert cases(house) == ["order without a home"]
