"""A reference tag in the safe and in the case: no piece, nobody's stranger, and the zone's own witness."""

import msgspec
import pytest

from contract.facts import AlarmKind, AlarmRaised, CountFinished, CountPlace, Verdict, Vision, ZoneVision
from contract.ids import CountId, PieceId
from edge.floor.reference_tags import NAME

CASE = list(range(1, 13))
SAFE = list(range(13, 25))
SAFE_TAG, CASE_TAG = 901, 902
LYING = {"r-case": [*CASE, CASE_TAG], "r-safe": [*SAFE, SAFE_TAG]}


@pytest.fixture
def hung(config, make):
    """The store's configuration with a tag in the safe and one in the case."""
    tags = {"safe": make.epc(SAFE_TAG).hex(), "case": make.epc(CASE_TAG).hex().upper()}
    zones = tuple(msgspec.structs.replace(zone, reference=tags.get(zone.id, "")) for zone in config.zones)
    return msgspec.structs.replace(config, zones=zones)


def a_shop(config, clock, make, path=None):
    cards = [make.card(n) for n in CASE] + [make.card(n, zone="safe") for n in SAFE]
    return make.shop(config, clock, cards, path=path)


def accused(shop):
    """Pieces of alarms: that a zone hears nothing at all is an alarm of no piece."""
    return {piece for alarm in shop.facts(AlarmRaised) for piece in alarm.pieces}


def zone_now(shop, name):
    return next(zone for zone in shop.store.pipeline.floor.zones if zone.zone == name)


def test_a_reference_tag_is_no_piece_no_stranger_and_no_alarm(hung, clock, make):
    shop = a_shop(hung, clock, make)
    shop.run(120, lying=LYING)
    shop.run(120, lying={**LYING, "r-pad": [SAFE_TAG], "r-exit": [CASE_TAG]})
    floor = shop.store.pipeline.floor
    assert (floor.unknown_tags, floor.pieces) == (0, 24)
    assert shop.store.stock.catalogue.unknown() == []
    assert shop.facts(AlarmRaised) == []
    pad = next(pad for pad in floor.pads if pad.zone == "pad")
    assert (pad.pieces, pad.strangers) == ((), ())
    assert zone_now(shop, "safe").expected == zone_now(shop, "safe").present == 12


def test_control_the_same_tags_without_the_configuration_are_strangers(config, clock, make):
    shop = a_shop(config, clock, make)
    shop.run(120, lying={**LYING, "r-pad": [SAFE_TAG]})
    assert shop.store.pipeline.floor.unknown_tags == 2
    assert len(shop.store.pipeline.floor.pads[0].strangers) == 1


def test_a_count_neither_counts_a_reference_tag_nor_names_it(hung, clock, make):
    shop = a_shop(hung, clock, make)
    shop.run(60, lying=LYING)
    facts = shop.store.counting.start(CountId("c1"), CountPlace.SAFE, (), clock.now)
    assert facts[0].expected == 12
    shop.run(90, lying=LYING)
    done = shop.facts(CountFinished)[0]
    assert (done.expected, done.found, done.unknown_tags, done.tags) == (12, 12, 0, ())
    assert [each for each in done.verdicts if each.verdict is Verdict.UNEXPECTED] == []


def test_a_piece_cannot_carry_a_reference_tag(hung, clock, make):
    card = msgspec.structs.replace(make.card(1), epc=make.epc(SAFE_TAG).hex().upper())
    shop = make.shop(hung, clock, [card, make.card(2)])
    assert "reference tag" in shop.store.stock.epc_refused[PieceId("p1")]
    shop.run(30, lying={"r-safe": [SAFE_TAG], "r-case": [2]})
    assert zone_now(shop, "case").present == 1


def test_pages_say_how_a_reference_tag_stands(hung, clock, make):
    shop = a_shop(hung, clock, make)
    shop.run(20, lying={"r-case": CASE, "r-safe": LYING["r-safe"]})
    assert "has not been read yet" in zone_now(shop, "case").reference
    assert "being learned" in zone_now(shop, "safe").reference
    assert zone_now(shop, "pad").reference == ""
    shop.run(100, lying=LYING, p=1.0)
    assert "read in" in zone_now(shop, "safe").reference


def test_a_safe_that_is_shut_away_with_its_tag_is_blind_says_why_and_accuses_nobody(hung, clock, make):
    shop = a_shop(hung, clock, make)
    shop.run(120, lying=LYING)
    shop.run(60, lying={"r-case": LYING["r-case"]})
    assert accused(shop) == set()
    blind = shop.facts(ZoneVision)[-1]
    assert (blind.zone, blind.vision) == ("safe", Vision.BLIND)
    assert blind.why.startswith("the reference tag of Safe has not been read for ")
    assert zone_now(shop, "safe").vision is Vision.BLIND
    assert "for 6" in zone_now(shop, "safe").why, "and how long by now"
    shop.run(120, lying=LYING)
    assert zone_now(shop, "safe").vision is Vision.SEEING
    assert accused(shop) == set()


def test_an_emptied_safe_whose_tag_is_read_is_missed_and_not_blind(hung, clock, make):
    shop = a_shop(hung, clock, make)
    shop.run(120, lying=LYING)
    shop.run(600, lying={"r-case": LYING["r-case"], "r-safe": [SAFE_TAG]})
    assert accused(shop) == {f"p{n}" for n in SAFE}
    assert AlarmKind.MISSING not in {alarm.kind for alarm in shop.facts(AlarmRaised)}, "they left together"
    assert zone_now(shop, "safe").vision is Vision.SEEING


def test_control_an_emptied_safe_without_a_tag_is_only_blind(config, clock, make):
    shop = a_shop(config, clock, make)
    shop.run(120, lying=LYING)
    shop.run(600, lying={"r-case": LYING["r-case"]})
    assert accused(shop) == set()
    assert zone_now(shop, "safe").vision is Vision.BLIND


def test_a_tag_that_fell_off_is_said_while_its_pieces_go_on_being_watched(hung, clock, make):
    shop = a_shop(hung, clock, make)
    shop.run(120, lying=LYING)
    shop.run(90, lying={"r-case": LYING["r-case"], "r-safe": SAFE})
    safe = zone_now(shop, "safe")
    assert safe.vision is Vision.SEEING
    assert "has not been read for" in safe.why
    assert "look whether it still hangs there" in safe.reference
    shop.run(400, lying={"r-case": LYING["r-case"], "r-safe": SAFE[1:]})
    assert accused(shop) == {f"p{SAFE[0]}"}


def test_what_is_known_of_a_reference_tag_outlives_the_box(hung, clock, make, tmp_path):
    shop = a_shop(hung, clock, make, tmp_path / "books.sqlite3")
    shop.run(200, lying=LYING)
    known = shop.store.pipeline.reference_tags.references.known
    assert known.tolist() == [True, True, False, False]
    shop.books.close()
    again = a_shop(hung, clock, make, tmp_path / "books.sqlite3")
    again.store.pipeline.load(clock.now)
    assert again.store.pipeline.reference_tags.references.known.tolist() == known.tolist()


def test_damaged_memory_of_reference_tags_is_learned_anew(hung, clock, make, tmp_path):
    shop = a_shop(hung, clock, make, tmp_path / "books.sqlite3")
    shop.run(200, lying=LYING)
    with shop.books.transaction() as tx:
        tx.db.run("evidence_set", name=NAME, body=b"rubbish", at_us=1)
    shop.books.close()
    again = a_shop(hung, clock, make, tmp_path / "books.sqlite3")
    again.store.pipeline.load(clock.now)
    again.run(100, lying=LYING)
    assert "read in" in zone_now(again, "safe").reference
