"""Handhelds on the floor: what they read is there, what they do not read says nothing. Each guard with its control."""

import msgspec
import pytest

from contract.facts import (
    AlarmRaised,
    CountFinished,
    CountPlace,
    CustodyReceived,
    ExitSeen,
    PiecePresence,
    PresenceState,
    ReaderLink,
    Vision,
    ZoneVision,
)
from contract.ids import CountId, PieceId, ReaderId, UserId, ZoneId
from edge.config import ConfigError, ReaderConfig, load_config
from edge.counts.counting import CountImpossibleError
from edge.reconcile.counts.count import Count
from edge.reconcile.presence import by_hand, evidence
from edge.reconcile.presence.evidence import load
from trade.custody import TokenState

CASE = list(range(1, 31))
SAFE = list(range(31, 51))
ANA = UserId("ana")
CASE_PORT, SAFE_PORT = 1, 2


def with_sled(config, *, handheld=True, ports=("case", "safe")):
    antennas = {str(port): ZoneId(zone) for port, zone in enumerate(ports, start=1)}
    sled = ReaderConfig(id=ReaderId("sled"), url="wedge:", profile="wedge", antennas=antennas, handheld=handheld)
    return msgspec.structs.replace(config, readers=(*config.readers, sled))


@pytest.fixture
def open_shop(config, clock, make):
    def open_(**more):
        cards = [make.card(n, tray=f"t{n // 8}") for n in CASE] + [make.card(n, zone="safe") for n in SAFE]
        return make.shop(with_sled(config, **more), clock, cards)

    return open_


def missed(shop):
    return {fact.piece for fact in shop.facts(PiecePresence) if fact.state is PresenceState.MISSING}


def blind_told(shop):
    return [fact for fact in shop.facts(ZoneVision) if fact.vision is Vision.BLIND and fact.zone in ("case", "safe")]


def a_pass_goes_by(shop):
    """Everything is read by everybody for a while, then the person leaves and the fixed readers go on."""
    shop.run(40, lying={"r-case": CASE, "r-safe": SAFE, "sled": CASE})
    shop.run(160, lying={"r-case": CASE, "r-safe": SAFE})


def test_a_pass_that_ends_accuses_nobody_and_blinds_nothing(open_shop):
    shop = open_shop()
    a_pass_goes_by(shop)
    assert (missed(shop), shop.facts(AlarmRaised), blind_told(shop)) == (set(), [], [])


def pass_over_what_no_fixed_reader_sees(shop):
    """Two of the case were never read by its reader; a pass reads them, and nobody reads them after it."""
    hidden = (7, 8)
    seen = [n for n in CASE if n not in hidden]
    shop.run(60, lying={"r-case": seen, "r-safe": SAFE})
    shop.run(3, lying={"r-case": seen, "r-safe": SAFE, "sled": list(hidden)}, p=1.0)
    shop.run(160, lying={"r-case": seen, "r-safe": SAFE})


def test_what_only_a_pass_has_found_is_present_and_nobody_is_accused_of_it(open_shop):
    shop = open_shop()
    pass_over_what_no_fixed_reader_sees(shop)
    told = [fact for fact in shop.facts(PiecePresence) if fact.piece in ("p7", "p8")]
    assert {(fact.piece, fact.state, fact.why) for fact in told} == {
        ("p7", PresenceState.PRESENT, "read by hand in Case"),
        ("p8", PresenceState.PRESENT, "read by hand in Case"),
    }
    assert shop.facts(AlarmRaised) == []


def test_control_a_sled_taken_for_a_fixed_reader_would_blind_what_it_leaves(open_shop):
    shop = open_shop(handheld=False, ports=("case",))
    shop.health["r-case"].link = ReaderLink.SILENT  # only the sled is left, and a pass is no reader
    shop.run(60, lying={"sled": CASE})
    assert next(zone for zone in shop.store.pipeline.floor.zones if zone.zone == "case").vision is Vision.SEEING
    shop.run(60)
    assert blind_told(shop) or missed(shop), "the guard is what keeps a pass from accusing"


def test_a_handheld_makes_no_zone_seeing_whose_own_reader_is_silent(open_shop):
    shop = open_shop()
    shop.run(30, lying={"r-case": CASE, "r-safe": SAFE})
    shop.health["r-case"].link = ReaderLink.SILENT
    shop.run(20, lying={"r-safe": SAFE, "sled": CASE})
    case = next(zone for zone in shop.store.pipeline.floor.zones if zone.zone == "case")
    assert case.vision is Vision.BLIND
    shop.run(160, lying={"r-safe": SAFE})
    assert (missed(shop), shop.facts(AlarmRaised)) == (set(), [])


def test_a_handheld_that_lies_in_its_cradle_makes_no_zone_blind(open_shop):
    shop = open_shop()
    shop.health["sled"].link = ReaderLink.SILENT
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    assert blind_told(shop) == []
    assert shop.store.pipeline.places.windows_total > 0, "nor does a window wait for it"


def miss_one_and_find_it_by_hand(shop):
    """Piece 7 is turned so that its reader cannot read it any more; gives the others."""
    others = [n for n in CASE if n != 7]
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.run(200, lying={"r-case": others, "r-safe": SAFE})
    assert missed(shop) == {"p7"}
    shop.run(2, lying={"r-case": others, "r-safe": SAFE, "sled": [7]}, p=1.0)
    shop.run(200, lying={"r-case": others, "r-safe": SAFE})
    return others


def test_control_if_what_a_pass_found_were_judged_at_once_it_would_be_accused_again(open_shop, monkeypatch):
    def hasty(evidence, *reads):
        new = by_hand.found(evidence, *reads)
        evidence.by_hand[:] = False
        return new

    monkeypatch.setattr("edge.floor.pipeline.found", hasty)
    shop = open_shop()
    miss_one_and_find_it_by_hand(shop)
    assert len(shop.facts(AlarmRaised)) == 2


def test_a_missed_piece_that_a_pass_finds_is_present_again_and_not_accused_twice(open_shop):
    shop = open_shop()
    others = miss_one_and_find_it_by_hand(shop)
    told = [fact.state for fact in shop.facts(PiecePresence) if fact.piece == "p7"]
    assert told == [PresenceState.PRESENT, PresenceState.MISSING, PresenceState.PRESENT]
    assert len(shop.facts(AlarmRaised)) == 1
    shop.run(30, lying={"r-case": CASE, "r-safe": SAFE})  # turned back: its own reader reads it again
    shop.run(200, lying={"r-case": others, "r-safe": SAFE})
    assert len(shop.facts(AlarmRaised)) == 2, "from then on its silence counts as before"


def test_a_piece_that_a_pass_and_its_reader_read_is_missed_when_it_leaves(open_shop):
    shop = open_shop()
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE, "sled": CASE})
    shop.run(200, lying={"r-case": [n for n in CASE if n != 7], "r-safe": SAFE})
    assert missed(shop) == {"p7"}


def test_a_pass_reads_next_door_and_moves_nothing(open_shop):
    shop = open_shop()
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    for _ in range(60):
        shop.read("sled", [7, 8], SAFE_PORT, rssi=-3000)
        shop.run(1, lying={"r-case": CASE, "r-safe": SAFE})
    assert {fact.zone for fact in shop.facts(PiecePresence) if fact.piece in ("p7", "p8")} == {"case"}


def test_a_piece_that_lay_nowhere_lies_where_a_pass_finds_it(config, clock, make):
    shop = make.shop(with_sled(config), clock, [make.card(99, zone="a case of another store")])
    shop.run(3, lying={"sled": [99]}, p=1.0)
    told = shop.facts(PiecePresence)[-1]
    assert (told.piece, told.zone, told.state) == ("p99", "case", PresenceState.PRESENT)


def test_a_granted_piece_is_received_by_a_pass(open_shop, make):
    shop = open_shop()
    make.give(shop.books, 7, state=TokenState.INCOMING)
    shop.store.stock.restand(shop.books.db, [PieceId("p7")])
    shop.run(2, lying={"sled": [7]}, p=1.0)
    assert [fact.piece for fact in shop.facts(CustodyReceived)] == ["p7"]


def test_a_store_with_handhelds_alone_sells_what_a_pass_has_read(config, clock, make):
    config = with_sled(msgspec.structs.replace(config, readers=()))
    shop = make.shop(config, clock, [make.card(n) for n in CASE])
    shop.run(2, lying={"sled": [7]}, p=1.0)
    shop.run(120)
    assert shop.store.seen(PieceId("p7"), clock.now)
    assert not shop.store.seen(PieceId("p8"), clock.now)
    with pytest.raises(CountImpossibleError, match="count it by hand"):
        shop.store.start_count(CountId("c1"), CountPlace.SHELF, (), ANA)


def count_with_a_pass(shop):
    """The case's reader does not reach pieces 7 and 8; somebody sweeps the case while the count runs."""
    reached = [n for n in CASE if n not in (7, 8)]
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.store.start_count(CountId("c1"), CountPlace.SHELF, (), ANA)
    shop.run(4, lying={"r-case": reached})
    shop.read("sled", [7, 8, 31])
    shop.run(80, lying={"r-case": reached})
    return shop.facts(CountFinished)[-1]


def test_a_running_count_takes_as_found_what_a_pass_reads_in_its_zone(open_shop):
    finished = count_with_a_pass(open_shop())
    assert (finished.found, finished.expected, finished.why_stopped) == (30, 30, "complete")


def test_control_without_the_pass_the_count_names_what_to_look_for(open_shop, monkeypatch):
    monkeypatch.setattr(Count, "find", lambda self, rows, zones: None)
    finished = count_with_a_pass(open_shop())
    assert finished.found == 28


def test_a_pass_before_the_count_finds_nothing_for_it(open_shop):
    shop = open_shop()
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.read("sled", [7])
    shop.clock.now += 1
    shop.store.start_count(CountId("c1"), CountPlace.SHELF, (), ANA)
    shop.run(80, lying={"r-case": [n for n in CASE if n != 7]})
    assert shop.facts(CountFinished)[-1].found == 29


def test_no_handheld_raises_an_alarm_at_the_gate_or_fills_a_pad(open_shop):
    shop = open_shop(ports=("exit", "pad"))
    for step in range(40):
        shop.read("sled", [5], 1, rssi=-6500 + 60 * step)
        shop.read("sled", [6], 2, rssi=-3500)
        shop.run(0.1)
    shop.run(5)
    assert shop.facts(ExitSeen) == []
    assert all(pad.pieces == () for pad in shop.store.pipeline.floor.pads)


def test_control_a_fixed_reader_at_the_same_places_would(open_shop):
    shop = open_shop(ports=("exit", "pad"), handheld=False)
    for step in range(40):
        shop.read("sled", [5], 1, rssi=-6500 + 60 * step)
        shop.read("sled", [6], 2, rssi=-3500)
        shop.run(0.1)
    assert any(pad.pieces for pad in shop.store.pipeline.floor.pads)
    shop.run(5)
    assert shop.facts(ExitSeen)


def test_a_configuration_that_lets_a_handheld_sweep_a_gate_is_refused_with_its_mend(tmp_path):
    path = tmp_path / "edge.toml"
    path.write_text(
        'store = "paris"\nname = "Paris"\ncurrency = "EUR"\ndata_dir = "paris"\n'
        'zones = [{ id = "door", name = "Door", kind = "exit" }]\n'
        '[[readers]]\nid = "sled"\nurl = "wedge:"\nprofile = "wedge"\nhandheld = true\nantennas = { 1 = "door" }\n'
    )
    with pytest.raises(ConfigError, match="name a case, safe, shelf"):
        load_config(path)


def test_a_blob_from_before_handhelds_is_still_understood(open_shop):
    shop = open_shop()
    pass_over_what_no_fixed_reader_sees(shop)
    pipeline = shop.store.pipeline
    zones = [zone.id for zone in shop.config.zones]
    pieces = shop.store.stock.catalogue.pieces
    kept = load(pipeline.evidence.save(shop.clock.now, pieces, zones), shop.clock.now, pieces, zones)
    assert kept.by_hand.sum() == 2, "what a pass found is not judged after a restart either"
    with pytest.MonkeyPatch.context() as older:
        older.delitem(evidence._PIECE_ARRAYS, "by_hand")
        blob = pipeline.evidence.save(shop.clock.now, pieces, zones)
    assert load(blob, shop.clock.now, pieces, zones).by_hand.sum() == 0
