"""What clients have of the house, and what it tells of their taste and of what they pay."""

from hypothesis import given
from hypothesis import strategies as st

from cloud.people import Keyring
from cloud.pos.clients import desk, queries
from cloud.pos.clients.owned import Owned, budgets, owned, tastes
from cloud.pos.clients.timeline import timeline
from cloud.sealing import passing
from cloud.tables import appointment, appraisal, message, piece, returned_line, sale, sale_line
from cloud.work import begin
from contract.ids import PersonId, StoreId, UserId
from trade.guards import ALL

EVA = PersonId("eva")


def test_pieces_that_were_not_brought_back_with_their_papers(office):
    with office.transaction() as tx:
        for n, client in ((1, "eva"), (2, "eva"), (3, "max")):
            tx.add(sale, {"store": "paris", "sale": f"s{n}", "client": client, "currency": "EUR", "recorded_us": n})
            line = {"description": f"Ring {n}", "piece": f"p{n}", "gross_minor": 1_000 * n}
            tx.add(sale_line, {"store": "paris", "sale": f"s{n}", "line": "1", **line})
        gems = '[{"kind": "sapphire", "colour": "blue", "certificate": "GIA 7"}]'
        tx.add(piece, {"piece": "p1", "metal": "gold", "gems": gems, "certificates": '["SSEF 1"]'})
        for day, value in (("2025-01-01", 5_000), ("2026-01-01", 6_000)):
            row = {
                "appraisal": day,
                "piece": "p1",
                "value_minor": value,
                "currency": "EUR",
                "day": day,
                "purpose": "estate",
            }
            tx.add(appraisal, row)
        tx.add(returned_line, {"sale": "s2", "line": "1"})
    with office.reading() as tx:
        (only,) = owned(tx, [EVA])
    assert (only.piece, only.certificates, only.stones, only.colours) == (
        "p1",
        ("SSEF 1", "GIA 7"),
        ("sapphire",),
        ("blue",),
    )
    assert only.appraised is not None
    assert (only.appraised.value_minor, only.appraised.day) == (6_000, "2026-01-01")


def test_appointments_and_messages_stand_on_the_timeline(office):
    ring, now_us = Keyring(passing()), 5_000
    with office.transaction() as tx:
        work = begin(tx, ALL, now_us)
        seen = desk.create(work, ring, EVA, {"given_name": "Eva"}, by=UserId("ana"), store=StoreId("paris"), why="new")
        told = {"uid": "u", "store": "paris", "person": EVA, "state": "no_show", "starts_us": 10, "ends_us": 20}
        tx.add(appointment, {"appointment": "a1", **told})
        said = {"key": "k", "person": EVA, "channel": "email", "kind": "service", "state": "sent", "made_us": 30}
        tx.add(message, {"message": "m1", **said})
        events = timeline(tx, queries.detail(work, ring, EVA, seen))
    assert [(each.at_us, each.kind, each.text) for each in events] == [
        (30, "message", "service by email: sent"), (10, "appointment", "no show"),
    ]  # fmt: skip


def bought(amount, currency="EUR", metal="gold"):
    return Owned("p", "Ring", "s", "paris", 1, amount, currency, metal=metal)


def test_what_is_in_doubt_tells_no_taste_and_no_budget():
    doubt = Owned("q", "Ring", "t", "paris", 1, 9_000, "EUR", metal="gold", in_doubt=True)
    assert tastes([bought(5), doubt]) == []
    assert budgets([bought(5), doubt]) == []


def test_one_purchase_is_no_taste():
    assert tastes([bought(5)]) == []
    assert budgets([bought(5)]) == []
    assert [(each.about, each.words) for each in tastes([bought(5), bought(7)])] == [("metal", [("gold", 2)])]


@given(st.lists(st.tuples(st.integers(1, 10**12), st.sampled_from(["EUR", "JPY"])), max_size=40))
def test_a_budget_lies_between_what_was_paid_and_currencies_are_never_mixed(paid):
    for each in budgets([bought(*one) for one in paid]):
        amounts = [amount for amount, currency in paid if currency == each.currency]
        assert each.low_minor in amounts
        assert each.high_minor in amounts
        assert min(amounts) <= each.low_minor <= each.high_minor <= max(amounts)
        assert each.pieces == len(amounts) >= 2
