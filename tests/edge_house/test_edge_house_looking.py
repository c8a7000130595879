"""People look for pieces that radio alone cannot explain, and the store says what is wrong with its books."""

import pytest

from contract.facts import AlarmKind, AlarmRaised, PieceLooked
from contract.ids import PieceId, UserId, ZoneId
from edge.floor import looking

ANA = UserId("ana")
PAD = ZoneId("pad")
HOUR_S = 20
CASE = [1, 2, 3, 4]


@pytest.fixture
def shop(make, config, clock, monkeypatch):
    """Four rings in the case, five and six in the safe; an hour lasts twenty seconds."""
    monkeypatch.setattr(looking, "HOUR_US", HOUR_S * 1_000_000)
    monkeypatch.setattr(looking, "ROUNDS_MIN", 5)
    cards = [make.card(n) for n in CASE] + [make.card(n, zone="safe") for n in (5, 6)]
    shop = make.shop(config, clock, cards)
    shop.run(2 * HOUR_S, lying={"r-case": CASE, "r-safe": [5, 6]})
    return shop


def wanted(shop):
    return [(wish.piece, wish.zone) for wish in shop.store.looking.wanted]


def said(shop):
    return [fact for fact in shop.facts(AlarmRaised) if fact.kind is AlarmKind.BOOKS]


def look(shop, number, *numbers, found=True):
    tags = tuple(
        shop.store.stock.catalogue.epc_of(shop.store.stock.catalogue.row_of(PieceId(f"p{n}"))) for n in numbers
    )
    shop.store.look(PieceId(f"p{number}"), tags, PAD, ANA, found=found)


def test_a_quiet_store_asks_nobody_to_look(shop):
    assert wanted(shop) == []
    assert said(shop) == []


def test_a_piece_whose_tag_died_is_looked_for_and_named(shop):
    shop.run(4 * HOUR_S + 1, lying={"r-case": [2, 3, 4], "r-safe": [5, 6]})
    assert wanted(shop) == [("p1", "case")]
    assert "unheard" in shop.store.looking.wanted[0].why
    assert said(shop) == [], "radio alone names nothing"
    look(shop, 1)
    (alarm,) = said(shop)
    assert "Its tag is dead: found by hand" in alarm.sentence
    assert "write it a new tag" in alarm.sentence
    assert wanted(shop) == []


def test_tags_on_each_others_piece_are_named_when_a_hand_has_held_both(shop):
    shop.run(5 * HOUR_S, lying={"r-case": [1, 2, 3, 5], "r-safe": [4, 6]})
    assert {piece for piece, _ in wanted(shop)} == {"p4", "p5"}
    look(shop, 4, 5)
    look(shop, 5, 4)
    (alarm,) = said(shop)
    assert alarm.pieces == ("p4", "p5")
    assert "Their tags are swapped" in alarm.sentence


def test_a_ring_that_was_shown_carried_out_and_not_found_seems_sold_and_not_booked(shop):
    shop.run(6, lying={"r-case": [2, 3, 4], "r-safe": [5, 6], "r-pad": [1]}, p=1.0)
    for second in range(12):
        shop.read("r-exit", [1], rssi=-6500 + 200 * second)
        shop.run(1, lying={"r-case": [2, 3, 4], "r-safe": [5, 6]})
    shop.run(4 * HOUR_S, lying={"r-case": [2, 3, 4], "r-safe": [5, 6]})
    look(shop, 1, found=False)
    assert said(shop) == [], "one look may have overlooked it"
    look(shop, 1, found=False)
    (alarm,) = said(shop)
    assert "It seems sold, and not booked: shown in the hour it was last heard, then read at the gate" in alarm.sentence


def test_a_look_is_in_the_journal_with_what_the_pad_read(shop):
    look(shop, 1, found=False)
    assert shop.facts(PieceLooked) == [PieceLooked(piece=PieceId("p1"), found=False, zone=PAD)]


def test_a_zone_that_was_hardly_watched_makes_nobody_look(shop):
    shop.dead.add("r-case")
    shop.health["r-case"].link = "silent"
    shop.run(5 * HOUR_S, lying={"r-safe": [5, 6]})
    assert wanted(shop) == []


def test_without_that_rule_a_dead_reader_would_send_people_looking(shop, monkeypatch):
    """The control."""
    monkeypatch.setattr(looking, "ROUNDS_MIN", 0)
    shop.dead.add("r-case")
    shop.health["r-case"].link = "silent"
    shop.run(5 * HOUR_S, lying={"r-safe": [5, 6]})
    assert len(wanted(shop)) == 4


def test_a_strange_tag_on_the_pad_is_shown_there_and_its_piece_is_looked_at_first(shop, make):
    shop.run(HOUR_S + 1, lying={"r-case": [2, 3, 4], "r-safe": [5, 6], "r-pad": [1, 99]}, p=1.0)
    (pad,) = shop.store.pipeline.floor.pads
    assert pad.strangers == (make.epc(99).hex().upper(),)
    assert pad.unknown_tags == 1
    assert wanted(shop)[0] == ("p1", "case")
    shop.store.look(PieceId("p1"), (make.epc(1).hex(), make.epc(99).hex()), PAD, ANA, found=True)
    assert "It carries two tags" in said(shop)[-1].sentence


def test_what_was_gathered_survives_a_restart(shop):
    shop.run(4 * HOUR_S, lying={"r-case": [2, 3, 4], "r-safe": [5, 6]})
    shop.store.pipeline.save(shop.clock.now)
    heard = shop.store.looking.errors.notes.heard.copy()
    shop.store.looking.errors.notes.heard[:] = -1
    shop.store.reload()
    assert shop.store.looking.errors.notes.heard.tolist() == heard.tolist()
