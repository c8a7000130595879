"""Points at the office: earned when a sale is posted, spent by slices, taken back with what comes back, lapsed by their day."""

import itertools

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud import house_settings, points_lots
from cloud.desk import Desk
from cloud.points import NAME, Loyalty
from cloud.points_lots import Lapsing
from cloud.pos.value import by_hand, queries
from cloud.tables import (
    case_file,
    client_segment,
    ledger_line,
    parked,
    points_lot,
    points_move,
    value_account,
    value_move,
    value_slice,
)
from cloud.work import begin
from contract.commands import AnswerValue, KeepValue, RecallValue
from contract.facts import (
    ReturnedLine,
    ReturnRecorded,
    Tender,
    TenderKind,
    ValueAsked,
    ValueAskEnded,
    ValueReleased,
)
from contract.feed import EarnRule
from contract.ids import UserId
from trade.accounts import Account
from trade.guards import ALL
from trade.points import Lot, lapsing, points_account, settled

ANA = points_account("ana", "EUR")
NIGHTS = itertools.count(10**12)
RULES = Loyalty(rules=(EarnRule(name="one in a hundred", rate_bp=100),), months=12)


def rule(house, told=RULES):
    with house.office.transaction() as tx:
        house_settings.write(begin(tx, ALL, 1), NAME, told, {"rules": str(told)}, by=UserId("ada"), why="a test")


def bought(box, house, name, piece, minor=120_000, *, day="2026-11-20", points=0, client="ana"):
    fact = house.sale(box, name, piece, price_minor=minor)
    tenders = (Tender(kind=TenderKind.CARD, amount_minor=minor - points, reference="slip"),) if minor > points else ()
    if points:
        tenders += (Tender(kind=TenderKind.POINTS, amount_minor=points, account=ANA),)
    return msgspec.structs.replace(fact, client=client, business_day=day, tenders=tenders)


def back(sold, minor, *, day="2026-11-25", piece=None, tender=TenderKind.CARD):
    line = sold.lines[0]
    whole = minor == line.gross_minor
    part = ReturnedLine(
        line=line.line, gross_minor=minor, tax_minor=0, quantity_milli=1000 if whole and piece else 0,
        piece=piece if whole else None,
    )  # fmt: skip
    account = ANA if tender is TenderKind.POINTS else ""
    return ReturnRecorded(
        sale=sold.sale, lines=(line.line,), pieces=(piece,) if piece and whole else (), till="t1", shift="z1",
        receipt_number=9, business_day=day, currency="EUR", total_minor=minor, tax_minor=0, reason="too large",
        tenders=(Tender(kind=tender, amount_minor=minor, reference="slip", account=account),), parts=(part,),
    )  # fmt: skip


def balance(house, account=ANA):
    with house.office.reading() as tx:
        seen = queries.detail(tx, account)
    return None if seen is None else seen.row.balance_minor


def asked(name, wanted, day="2026-11-21"):
    return ValueAsked(
        ask=name, sale=f"sale-{name}", till="t1", account=ANA, kind=TenderKind.POINTS, currency="EUR",
        wanted_minor=wanted, client="ana", business_day=day,
    )  # fmt: skip


def commands(box):
    return [each.command for each in box.obey(box.send())]


def conserved(house):
    """The account, its moves, the rows of points and the ledger say the same."""
    (row,) = house.rows(sa.select(value_account).where(value_account.c.account == ANA))
    moves = house.rows(sa.select(value_move).where(value_move.c.account == ANA))
    owed = house.rows(sa.select(ledger_line).where(ledger_line.c.account == Account.POINTS))
    assert row["issued_minor"] - row["spent_minor"] == sum(each["amount_minor"] for each in moves)
    assert row["issued_minor"] - row["spent_minor"] == -sum(each["amount_minor"] for each in owed)
    assert {each["by"] for each in owed} <= {ANA}
    earned = sum(each["amount_minor"] for each in house.rows(sa.select(points_move)))
    given = house.rows(sa.select(ledger_line).where(ledger_line.c.account == Account.POINTS_GIVEN))
    assert earned == sum(each["amount_minor"] for each in given)


def test_a_sale_earns_once_by_the_rule_of_its_day_and_nobody_elses_does(house):
    rule(house)
    paris = house.store("paris", "p1", "p2")
    paris.write(bought(paris, house, "s1", "p1"))
    paris.write(bought(paris, house, "s2", "p2", client=""))
    paris.send()
    assert balance(house) == 1_200
    paris.send(1)
    assert balance(house) == 1_200
    (row,) = house.rows(sa.select(value_account))
    assert (row["kind"], row["client"], row["expires"]) == ("points", "ana", "2027-11-20")
    conserved(house)


@pytest.mark.parametrize("day", ["2026-02-31", "yesterday"])
def test_a_sale_of_a_day_that_cannot_be_is_parked_and_the_next_one_goes_on(house, day):
    rule(house)
    paris = house.store("paris", "p1", "p2")
    paris.write(bought(paris, house, "s1", "p1", day=day))
    paris.write(msgspec.structs.replace(bought(paris, house, "s2", "p2", client="bob"), till="till-2"))
    assert paris.send().acks[0].upto == 2
    (row,) = house.rows(sa.select(parked))
    assert "write it as 2026-11-29" in row["why"]
    assert balance(house) is None
    assert balance(house, points_account("bob", "EUR")) == 1_200


def test_without_rules_nothing_is_earned(house):
    paris = house.store("paris", "p1")
    paris.write(bought(paris, house, "s1", "p1"))
    paris.send()
    assert balance(house) is None


def test_a_tier_earns_at_its_own_rate(house):
    gold = EarnRule(name="Gold", rate_bp=300, tier_min=2)
    rule(house, msgspec.structs.replace(RULES, rules=(*RULES.rules, gold)))
    with house.office.transaction() as tx:
        tx.add(client_segment, {"person": "ana", "tier": 2})
    paris = house.store("paris", "p1")
    paris.write(bought(paris, house, "s1", "p1"))
    paris.send()
    (row,) = house.rows(sa.select(points_move))
    assert (row["amount_minor"], row["rate_bp"], row["rule"], row["basis_minor"]) == (3_600, 300, "Gold", 120_000)


def test_points_pay_by_the_slice_and_never_twice(house):
    rule(house)
    paris, lyon = house.store("paris", "p1", "p2"), house.store("lyon")
    paris.write(bought(paris, house, "s1", "p1"))
    paris.send()
    lyon.write(asked("a1", 1_000))
    assert commands(lyon)[-1] == AnswerValue(
        ask="a1", account=ANA, amount_minor=1_000, left_minor=200, expires="2027-11-20"
    )
    paris.write(asked("a2", 1_000))
    assert commands(paris)[-1].amount_minor == 200
    paris.write(bought(paris, house, "sale-a2", "p2", points=200))
    paris.send()
    assert balance(house) == 1_000 + 1_198, "what points paid earned nothing"
    assert house.rows(sa.select(case_file)) == []
    conserved(house)


def test_offline_a_store_spends_only_its_allowance(house):
    rule(house)
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    paris.write(bought(paris, house, "s1", "p1"))
    paris.send()
    assert house.rows(sa.select(value_slice)) == [], "earning keeps nothing at the store that earned it"
    with house.office.transaction() as tx:
        assert by_hand.allow(begin(tx, ALL, 1), "lyon", ANA, 500, by=UserId("ada")) == ""
        assert "free" in by_hand.allow(begin(tx, ALL, 1), "paris", ANA, 701, by=UserId("ada"))
    (kept,) = [each for each in commands(lyon) if isinstance(each, KeepValue)]
    assert (kept.kind, kept.amount_minor, kept.client) == (TenderKind.POINTS, 500, "ana")


def test_what_comes_back_takes_its_points_back_at_the_rate_they_were_earned_at(house):
    rule(house)
    paris = house.store("paris", "p1")
    sold = bought(paris, house, "s1", "p1", 99_990)
    paris.write(sold)
    paris.send()
    assert balance(house) == 999
    rule(house, msgspec.structs.replace(RULES, rules=(EarnRule(name="ten", rate_bp=1_000),)))
    for minor, left in ((33_330, 666), (33_330, 333), (33_330, 0)):
        paris.write(back(sold, minor))
        paris.send()
        assert balance(house) == left
    conserved(house)
    assert {row["rate_bp"] for row in house.rows(sa.select(points_move))} == {100}


def test_points_that_were_spent_before_are_owed_and_the_next_ones_fill_the_hole(house):
    rule(house)
    paris = house.store("paris", "p1", "p2", "p3")
    sold = bought(paris, house, "s1", "p1")
    paris.write(sold)
    paris.write(asked("a1", 1_200))
    paris.send()
    paris.write(bought(paris, house, "sale-a1", "p2", points=1_200))
    paris.write(back(sold, 120_000, piece="p1"))
    paris.send()
    assert balance(house) == 1_188 - 1_200
    paris.write(asked("a2", 100))
    paris.send()
    answer = [each for each in commands(paris) if isinstance(each, AnswerValue)][-1]
    assert (answer.amount_minor, answer.why) == (0, "nothing is left on it")
    paris.write(bought(paris, house, "s3", "p3"))
    paris.send()
    assert balance(house) == 1_188
    conserved(house)


def test_what_a_store_keeps_and_is_no_more_is_asked_for(house):
    rule(house)
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    sold = bought(paris, house, "s1", "p1")
    paris.write(sold)
    paris.send()
    with house.office.transaction() as tx:
        assert by_hand.allow(begin(tx, ALL, 1), "lyon", ANA, 1_000, by=UserId("ada")) == ""
    paris.write(back(sold, 120_000, piece="p1"))
    paris.send()
    assert RecallValue(account=ANA) in commands(lyon)
    lyon.write(ValueReleased(account=ANA, amount_minor=1_000, currency="EUR"))
    lyon.send()
    assert balance(house) == 0


def test_points_paid_with_go_back_as_points(house):
    rule(house)
    paris = house.store("paris", "p1", "p2")
    paris.write(bought(paris, house, "s1", "p1"))
    paris.write(asked("a1", 1_000))
    paris.send()
    sold = bought(paris, house, "sale-a1", "p2", 1_000, points=1_000)
    paris.write(sold)
    paris.send()
    assert balance(house) == 200
    paris.write(back(sold, 1_000, piece="p2", tender=TenderKind.POINTS))
    paris.send()
    assert balance(house) == 1_200
    conserved(house)


def test_a_day_that_is_over_is_refused_and_the_next_purchase_lets_the_old_ones_lapse(house):
    rule(house)
    paris = house.store("paris", "p1", "p2")
    paris.write(bought(paris, house, "s1", "p1", day="2025-01-10"))
    paris.write(asked("a1", 100, day="2026-01-11"))
    answer = [each for each in commands(paris) if isinstance(each, AnswerValue)][-1]
    assert "could be spent until 2026-01-10" in answer.why
    paris.write(bought(paris, house, "s2", "p2", 50_000, day="2026-01-11"))
    paris.send()
    assert balance(house) == 500
    (row,) = house.rows(sa.select(value_account))
    assert row["expires"] == "2027-01-11"
    assert [
        each["amount_minor"]
        for each in house.rows(sa.select(points_move).order_by(points_move.c.at_us, points_move.c.ref))
    ] == [1_200, -1_200, 500]
    conserved(house)


def lots(house):
    rows = house.rows(sa.select(points_lot).order_by(points_lot.c.expires))
    return [(row["ref"], row["left_minor"], row["expires"]) for row in rows]


def test_each_purchase_lapses_by_its_own_day_and_the_first_to_lapse_is_spent_first(house):
    rule(house)
    paris = house.store("paris", "p1", "p2", "p3")
    paris.write(bought(paris, house, "s1", "p1", day="2025-01-10"))
    paris.write(bought(paris, house, "s2", "p2", 50_000, day="2025-06-10"))
    paris.write(asked("a1", 700, day="2025-07-01"))
    paris.write(bought(paris, house, "sale-a1", "p3", 700, points=700, day="2025-07-01"))
    paris.send()
    assert balance(house) == 1_000
    lapse(house, "2026-01-10")
    assert balance(house) == 1_000, "it is its last day"
    lapse(house, "2026-01-11")
    assert (balance(house), lots(house)) == (500, [("sale:s1", 0, "2026-01-10"), ("sale:s2", 500, "2026-06-10")])
    lapse(house, "2026-06-11")
    assert balance(house) == 0
    conserved(house)


def lapse(house, day):
    desk = Desk(house.office, lambda: next(NIGHTS), lambda: 0, lambda: "id")
    return Lapsing(desk, "UTC").lapse(day)


def test_by_account_the_second_purchase_would_have_kept_the_first_alive(house, monkeypatch):
    """The control: without lots of their own, what is left lapses with the last of them."""
    rule(house)
    paris = house.store("paris", "p1", "p2")
    paris.write(bought(paris, house, "s1", "p1", day="2025-01-10"))
    paris.write(bought(paris, house, "s2", "p2", 50_000, day="2025-06-10"))
    paris.send()
    (row,) = house.rows(sa.select(value_account))
    monkeypatch.setattr(
        points_lots, "lots_of", lambda rows: [Lot(ref=r["ref"], left_minor=r["left_minor"], expires=row["expires"]) for r in rows]
    )  # fmt: skip
    lapse(house, "2026-01-11")
    assert balance(house) == 1_700


def test_what_lapsed_is_not_taken_back_a_second_time(house):
    rule(house)
    paris = house.store("paris", "p1", "p2")
    sold = bought(paris, house, "s1", "p1", day="2025-01-10")
    paris.write(sold)
    paris.write(bought(paris, house, "s2", "p2", 50_000, day="2025-06-10"))
    paris.send()
    lapse(house, "2026-01-11")
    paris.write(back(sold, 120_000, piece="p1", day="2026-01-12"))
    paris.send()
    assert balance(house) == 500
    conserved(house)


def test_what_a_store_keeps_lapses_when_it_has_given_it_back(house):
    rule(house)
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    paris.write(bought(paris, house, "s1", "p1", day="2025-01-10"))
    paris.send()
    with house.office.transaction() as tx:
        assert by_hand.allow(begin(tx, ALL, 1), "lyon", ANA, 500, by=UserId("ada")) == ""
    lapse(house, "2026-01-11")
    assert balance(house) == 500
    commands(lyon)
    lyon.write(ValueReleased(account=ANA, amount_minor=500, currency="EUR"))
    lyon.send()
    lapse(house, "2026-01-11")
    assert balance(house) == 0
    conserved(house)


def test_what_is_given_back_after_its_last_day_lapses_in_the_night_and_not_at_the_next_purchase(house):
    """Spent to the last point before that day, and given back after it: no lot had anything left."""
    rule(house)
    paris = house.store("paris", "p1", "p2")
    sold = bought(paris, house, "sale-a1", "p2", 1_200, points=1_200, day="2026-01-09")
    for fact in (bought(paris, house, "s1", "p1", day="2025-01-10"), asked("a1", 1_200, day="2026-01-09"), sold):
        paris.write(fact)
        paris.send()
    assert lapse(house, "2026-01-11") == 1
    paris.write(back(sold, 1_200, day="2026-02-01", piece="p2", tender=TenderKind.POINTS))
    paris.send()
    assert (balance(house), lots(house)) == (1_200, [("sale:s1", 0, "2026-01-10")])
    assert (lapse(house, "2026-02-02"), balance(house)) == (1, 0)
    assert lapse(house, "2026-02-03") == 0, "and nobody looks at it again"


def test_another_day_for_the_account_is_another_day_for_its_lots(house):
    rule(house)
    paris = house.store("paris", "p1")
    paris.write(bought(paris, house, "s1", "p1", day="2025-01-10"))
    paris.send()
    with house.office.transaction() as tx:
        assert by_hand.extend(begin(tx, ALL, 1), ANA, "2026-12-31", by=UserId("ada"), why="was ill") == ""
    lapse(house, "2026-12-31")
    assert balance(house) == 1_200


def test_a_return_that_is_heard_before_its_sale_leaves_nothing_earned(house):
    rule(house)
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    sold = bought(paris, house, "s1", "p1")
    lyon.write(back(sold, 120_000, piece="p1"))
    lyon.send()
    paris.write(sold)
    paris.send()
    assert balance(house) in (None, 0)


def test_points_never_change_once_they_are_written(house):
    rule(house)
    paris = house.store("paris", "p1")
    paris.write(bought(paris, house, "s1", "p1"))
    paris.send()
    with pytest.raises(sa.exc.DBAPIError), house.office.transaction() as tx:
        tx.run(sa.update(points_move).values(amount_minor=1))


@given(
    st.lists(st.tuples(st.integers(0, 900), st.sampled_from(["", "2026-01-01", "2026-06-01"])), max_size=6),
    st.integers(-500, 4_000),
)
def test_lots_are_what_the_balance_says_and_never_less_than_nothing(given_lots, balance_minor):
    before = [Lot(ref=f"s{n}", left_minor=left, expires=day) for n, (left, day) in enumerate(given_lots)]
    after = settled(before, balance_minor)
    assert all(lot.left_minor >= 0 for lot in after)
    assert not before or sum(lot.left_minor for lot in after) == max(balance_minor, 0)
    assert 0 <= lapsing(after, "2026-03-01") <= max(balance_minor, 0)
    assert settled(after, balance_minor) == after


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_whatever_happens_points_are_conserved(data, house_type):
    """A control stands above: `conserved` reads four places that are written apart."""
    from house_templates import empty_office

    office = empty_office()
    house = house_type(office)
    rule(house, msgspec.structs.replace(RULES, months=data.draw(st.sampled_from([0, 1]))))
    pieces = [f"p{n}" for n in range(8)]
    paris = house.store("paris", *pieces)
    open_sales, left, day = {}, list(pieces), 1
    for step in range(10):
        day += data.draw(st.integers(0, 20))
        today = f"2026-{1 + day // 28:02d}-{1 + day % 28:02d}"
        what = data.draw(st.sampled_from(["buy", "back", "ask"]))
        if what == "buy" and left:
            sold = bought(paris, house, f"s{step}", left.pop(), data.draw(st.integers(1, 300_000)), day=today)
            open_sales[sold.sale] = (sold, sold.total_minor)
            paris.write(sold)
        elif what == "back" and open_sales:
            name = data.draw(st.sampled_from(sorted(open_sales)))
            sold, rest = open_sales.pop(name)
            minor = data.draw(st.integers(1, rest))
            if rest > minor:
                open_sales[name] = (sold, rest - minor)
            paris.write(back(sold, minor, day=today))
        elif what == "ask":
            paris.write(asked(f"a{step}", data.draw(st.integers(1, 5_000)), day=today))
            granted = [each for each in commands(paris) if isinstance(each, AnswerValue) and each.ask == f"a{step}"]
            amount = granted[0].amount_minor if granted else 0
            if amount and left and data.draw(st.booleans()):
                paris.write(bought(paris, house, f"sale-a{step}", left.pop(), amount + 500, day=today, points=amount))
            elif amount:
                paris.write(ValueAskEnded(ask=f"a{step}", sale=f"sale-a{step}", account=ANA, how="given_up"))
                paris.write(ValueReleased(account=ANA, amount_minor=amount, currency="EUR"))
        commands(paris)
        if balance(house) is not None:
            conserved(house)
            held = sum(row["held_minor"] for row in house.rows(sa.select(value_slice)))
            assert held == 0
    assert house.rows(sa.select(case_file).where(case_file.c.kind == "value overspent")) == []
    office.close()
