"""The tick: what lies here is present, what leaves is missed, and a dead reader accuses nobody."""

import msgspec

from contract.facts import (
    AlarmKind,
    AlarmRaised,
    CustodyReceived,
    PiecePresence,
    PieceSighted,
    PresenceState,
    ReaderHealth,
    ReaderLink,
    Vision,
    ZoneVision,
)
from contract.ids import PieceId, ReaderId, UserId, ZoneId
from edge.config import ZoneKind
from edge.floor.zonemap import ZoneMap
from trade.acts import ReturnPieces
from trade.custody import TokenState

CASE = list(range(1, 31))
SAFE = list(range(31, 51))


def a_shop(config, clock, make, path=None):
    cards = [make.card(n, tray=f"t{n // 8}") for n in CASE] + [make.card(n, zone="safe") for n in SAFE]
    return make.shop(config, clock, cards, path=path)


def test_what_lies_in_its_case_becomes_present_and_stays_so(config, clock, make):
    shop = a_shop(config, clock, make)
    shop.run(30, lying={"r-case": CASE, "r-safe": SAFE})
    told = shop.facts(PiecePresence)
    assert {fact.piece for fact in told if fact.state is PresenceState.PRESENT} == {f"p{n}" for n in CASE + SAFE}
    assert len(told) == 50, "a state is told when it changes, not each second"
    assert shop.facts(AlarmRaised) == []
    case = next(zone for zone in shop.store.pipeline.floor.zones if zone.zone == "case")
    assert (case.vision, case.expected, case.present, case.missing) == (Vision.SEEING, 30, 30, 0)


def test_a_piece_that_leaves_its_case_is_missed_with_its_evidence_in_words(config, clock, make):
    shop = a_shop(config, clock, make)
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.run(240, lying={"r-case": [n for n in CASE if n != 7], "r-safe": SAFE})
    alarms = shop.facts(AlarmRaised)
    assert [alarm.pieces for alarm in alarms] == [("p7",)]
    alarm = alarms[0]
    assert (alarm.kind, alarm.zone, alarm.value_minor) == (AlarmKind.MISSING, "case", 120_000)
    assert alarm.rounds >= 5
    assert alarm.evidence_nats >= 14
    assert "Ring 7" in alarm.sentence
    assert f"{alarm.rounds} rounds" in alarm.sentence
    assert "alarms" in shop.told


def test_a_black_holed_reader_is_shown_silent_and_none_of_its_pieces_is_missing(config, clock, make):
    shop = a_shop(config, clock, make)
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.dead.add("r-case")  # bytes stop; the link looks alive until the watchdog bites
    shop.run(3, lying={"r-case": CASE, "r-safe": SAFE})
    shop.health["r-case"].link, shop.health["r-case"].why = ReaderLink.SILENT, "not heard for 3.0 s"
    shop.run(600, lying={"r-case": CASE, "r-safe": SAFE})
    assert shop.facts(AlarmRaised) == []
    assert [f for f in shop.facts(PiecePresence) if f.state is PresenceState.MISSING] == []
    assert shop.facts(ReaderHealth)[-1].link is ReaderLink.SILENT
    blind = shop.facts(ZoneVision)[-1]
    assert (blind.zone, blind.vision) == ("case", Vision.BLIND)
    assert "r-case" in blind.why
    assert "silent" in blind.why


def test_control_the_same_silence_from_a_reader_believed_alive_does_accuse(config, clock, make):
    shop = a_shop(config, clock, make)
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.run(600, lying={"r-case": [n for n in CASE if n not in (3, 20)], "r-safe": SAFE})
    assert {piece for alarm in shop.facts(AlarmRaised) for piece in alarm.pieces} == {"p3", "p20"}


def test_a_reader_that_comes_back_sees_again_and_its_pieces_were_never_gone(config, clock, make):
    shop = a_shop(config, clock, make)
    shop.run(30, lying={"r-case": CASE, "r-safe": SAFE})
    shop.health["r-case"].link = ReaderLink.SILENT
    shop.run(30, lying={"r-safe": SAFE})
    shop.health["r-case"].link = ReaderLink.READING
    shop.run(30, lying={"r-case": CASE, "r-safe": SAFE})
    assert [fact.vision for fact in shop.facts(ZoneVision) if fact.zone == "case"] == [
        Vision.SEEING,
        Vision.BLIND,
        Vision.SEEING,
    ]
    assert shop.facts(AlarmRaised) == []


def test_a_sold_piece_may_leave_and_nobody_misses_it(config, clock, make):
    shop = a_shop(config, clock, make)
    shop.run(30, lying={"r-case": CASE, "r-safe": SAFE})
    make.give(shop.books, 7, state=TokenState.SOLD)
    shop.store.stock.restand(shop.books.db, [PieceId("p7")])
    shop.run(120, lying={"r-case": [n for n in CASE if n != 7], "r-safe": SAFE})
    assert shop.facts(AlarmRaised) == []


def test_a_granted_piece_is_received_when_it_is_read_on_a_shelf(config, clock, make):
    shop = a_shop(config, clock, make)
    make.give(shop.books, 7, state=TokenState.INCOMING)
    shop.store.stock.restand(shop.books.db, [PieceId("p7")])
    shop.run(5, lying={"r-case": [n for n in CASE if n != 7], "r-safe": SAFE})
    assert shop.facts(CustodyReceived) == []
    shop.run(5, lying={"r-case": CASE, "r-safe": SAFE})
    assert [fact.piece for fact in shop.facts(CustodyReceived)] == ["p7"]
    assert shop.store.stock.expected[shop.store.stock.catalogue.row_of(PieceId("p7"))]


def test_a_box_that_dies_between_reading_a_delivery_and_taking_it_takes_it_after_its_start(
    config, clock, make, tmp_path, monkeypatch
):
    """docs/adr/0009: the arrival is a transaction of its own, after that of the tick."""
    path = tmp_path / "books.sqlite3"
    shop = a_shop(config, clock, make, path)
    make.give(shop.books, 7, state=TokenState.INCOMING)
    shop.store.stock.restand(shop.books.db, [PieceId("p7")])
    with monkeypatch.context() as dying:
        dying.setattr(shop.store, "act", lambda act, by: None)
        shop.run(5, lying={"r-case": CASE, "r-safe": SAFE}, p=1.0)
    assert shop.facts(CustodyReceived) == []
    shop.books.close()
    again = a_shop(config, clock, make, path)
    again.run(5, lying={"r-case": CASE, "r-safe": SAFE}, p=1.0)
    assert [fact.piece for fact in again.facts(CustodyReceived)] == ["p7"]


def test_a_piece_kept_for_a_return_is_told_at_the_pad_of_its_own_till(config, clock, make):
    pads = {"pad": "counter-left", "exit": "counter-right"}
    zones = tuple(
        msgspec.structs.replace(zone, id=pads[zone.id], kind=ZoneKind.PAD) if zone.id in pads else zone
        for zone in config.zones
    )
    ports = {"r-pad": {"1": "counter-left"}, "r-exit": {"1": "counter-right"}}
    readers = tuple(msgspec.structs.replace(one, antennas=ports.get(one.id, one.antennas)) for one in config.readers)
    shop = a_shop(msgspec.structs.replace(config, zones=zones, readers=readers), clock, make)
    make.give(shop.books, 7, state=TokenState.AWAY)
    shop.run(10, lying={"r-exit": [7]}, p=1.0)
    shop.store.act(
        ReturnPieces(sale="s1", pieces=("p7",), till="till-2", tenders=(), reason="too small"), UserId("ana")
    )
    kept = [fact for fact in shop.facts(PieceSighted) if fact.return_of]
    assert [(fact.piece, fact.zone) for fact in kept] == [("p7", "counter-right")]


def test_what_a_reader_complains_of_is_on_the_floor_for_the_pages_and_blinds_nothing(config, clock, make):
    shop = a_shop(config, clock, make)
    shop.health["r-case"].exception = "fan at rest"
    shop.run(5, lying={"r-case": CASE, "r-safe": SAFE})
    floor = shop.store.pipeline.floor
    assert {one.reader: one.exception for one in floor.readers if one.exception} == {"r-case": "fan at rest"}
    assert next(zone for zone in floor.zones if zone.zone == "case").vision is Vision.SEEING


def test_a_piece_is_seen_now_only_while_somebody_reads_it(config, clock, make):
    shop = a_shop(config, clock, make)
    shop.run(10, lying={"r-case": CASE, "r-safe": SAFE})
    assert shop.store.seen(PieceId("p1"), clock.now)
    shop.run(60, lying={"r-safe": SAFE})
    assert not shop.store.seen(PieceId("p1"), clock.now)
    assert not shop.store.seen(PieceId("nobody"), clock.now)


def test_a_restart_goes_on_where_it_stopped_and_tells_nothing_twice(config, clock, make, tmp_path):
    shop = a_shop(config, clock, make, path=tmp_path / "books.sqlite3")
    shop.run(30, lying={"r-case": CASE, "r-safe": SAFE})
    shop.run(240, lying={"r-case": [n for n in CASE if n != 7], "r-safe": SAFE})
    before = len(shop.facts())
    shop.store.stop()
    shop.books.close()
    again = a_shop(config, clock, make, path=tmp_path / "books.sqlite3")
    assert again.store.pipeline.evidence.detectability()[:30].mean() > 0.7
    again.run(60, lying={"r-case": [n for n in CASE if n != 7], "r-safe": SAFE})
    assert len(again.facts(AlarmRaised)) == 1
    assert len(again.facts()) == before


def test_a_full_disk_keeps_facts_back_and_writes_them_later(config, clock, make):
    shop = a_shop(config, clock, make)
    for _ in range(100):
        clock.now += 20_000
        for health in shop.health.values():
            health.last_heard_us = clock.now
        shop.read("r-case", CASE)
        shop.store.tick(clock.now, writing=False)
    assert shop.facts(PiecePresence) == []
    shop.run(1)
    assert len(shop.facts(PiecePresence)) == 30


def test_a_box_that_has_not_joined_writes_no_facts(config, clock, make):
    shop = a_shop(config, clock, make)
    with shop.books.transaction() as tx:
        tx.must_rejoin("told old")
    shop.store.reload()
    shop.run(10, lying={"r-case": CASE, "r-safe": SAFE})
    assert shop.facts() == []
    assert shop.store.act.__self__ is shop.store
    assert shop.store.desk is not None
    assert UserId("ana")


def test_a_piece_put_elsewhere_is_told_there_and_accused_of_nothing(config, clock, make):
    shop = a_shop(config, clock, make)
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.run(90, lying={"r-case": [n for n in CASE if n != 7], "r-safe": [*SAFE, 7]})
    told = [fact for fact in shop.facts(PiecePresence) if fact.piece == "p7"]
    assert [fact.zone for fact in told] == ["case", "safe"]
    assert "Safe" in told[-1].why
    shop.run(300, lying={"r-case": [n for n in CASE if n != 7], "r-safe": [*SAFE, 7]})
    assert shop.facts(AlarmRaised) == []
    shop.run(300, lying={"r-case": [n for n in CASE if n != 7], "r-safe": SAFE})
    assert [(alarm.pieces, alarm.zone) for alarm in shop.facts(AlarmRaised)] == [(("p7",), "safe")]


def test_while_a_reader_is_dead_nobody_is_said_to_have_moved(config, clock, make):
    shop = a_shop(config, clock, make)
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.health["r-case"].link = ReaderLink.SILENT
    shop.run(120, lying={"r-safe": [*SAFE, 7, 8]})  # strays of the dead reader's pieces, read next door
    assert {fact.zone for fact in shop.facts(PiecePresence) if fact.piece in ("p7", "p8")} == {"case"}
    assert shop.store.pipeline.places.windows_unwitnessed_total >= 10


def with_a_window(config):
    """The same house with one more case: the window, and a reader of its own."""
    window = msgspec.structs.replace(config.zones[1], id=ZoneId("window"), name="Window")
    reader = msgspec.structs.replace(config.readers[1], id=ReaderId("r-window"), antennas={"1": ZoneId("window")})
    return msgspec.structs.replace(config, zones=(*config.zones, window), readers=(*config.readers, reader))


def test_a_safe_whose_reader_waits_for_its_door_holds_no_other_zone_back(config, clock, make):
    cards = [make.card(n) for n in CASE] + [make.card(n, zone="safe") for n in SAFE]
    shop = make.shop(with_a_window(config), clock, cards)
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.health["r-safe"].waits_for = "its door"
    shop.run(120, lying={"r-case": [n for n in CASE if n != 7], "r-window": [7, SAFE[0]]})
    told = {fact.piece: fact.zone for fact in shop.facts(PiecePresence)}
    assert told["p7"] == "window", "carried from case to window, which are both seen"
    assert told[f"p{SAFE[0]}"] == "safe", "nobody looks into the safe: its stray next door is no move"


def test_a_piece_without_a_home_here_is_watched_where_it_lies(config, clock, make):
    cards = [make.card(n, tray=f"t{n // 8}") for n in CASE] + [make.card(99, zone="a case of another store")]
    shop = make.shop(config, clock, cards)
    shop.run(60, lying={"r-case": [*CASE, 99]})
    assert [(fact.zone, fact.state) for fact in shop.facts(PiecePresence) if fact.piece == "p99"] == [
        ("case", PresenceState.PRESENT)
    ]
    shop.run(240, lying={"r-case": CASE})
    assert [alarm.pieces for alarm in shop.facts(AlarmRaised)] == [("p99",)]


def lose_half_the_case(shop):
    """Antenna 2 of r-case falls off; what only it reads is silent from then on, and the others are read as before."""
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.health["r-case"].antennas_down = frozenset({2})
    shop.run(600, lying={"r-case": [n for n in CASE if n not in (4, 11, 25)], "r-safe": SAFE})


def test_a_disconnected_antenna_blinds_its_zone_in_words_and_accuses_nobody(config, clock, make):
    shop = a_shop(config, clock, make)
    lose_half_the_case(shop)
    assert shop.facts(AlarmRaised) == []
    assert [f for f in shop.facts(PiecePresence) if f.state is PresenceState.MISSING] == []
    blind = shop.facts(ZoneVision)[-1]
    assert (blind.zone, blind.vision, blind.why) == ("case", Vision.BLIND, "antenna 2 of r-case is disconnected")
    shop.health["r-case"].antennas_down = frozenset()
    shop.run(10, lying={"r-case": CASE, "r-safe": SAFE})
    assert shop.facts(ZoneVision)[-1].vision is Vision.SEEING
    assert shop.facts(AlarmRaised) == []


def test_control_without_the_word_about_the_antenna_three_pieces_would_be_accused(config, clock, make, monkeypatch):
    monkeypatch.setattr(ZoneMap, "watched_by", lambda self, reader, down: self.zones_of(reader))
    shop = a_shop(config, clock, make)
    lose_half_the_case(shop)
    assert {piece for alarm in shop.facts(AlarmRaised) for piece in alarm.pieces} == {"p4", "p11", "p25"}


def test_while_an_antenna_is_off_its_pieces_read_next_door_have_not_moved(config, clock, make):
    shop = a_shop(config, clock, make)
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.health["r-case"].antennas_down = frozenset({1, 2})
    shop.run(120, lying={"r-safe": [*SAFE, 7, 8]})
    assert {fact.zone for fact in shop.facts(PiecePresence) if fact.piece in ("p7", "p8")} == {"case"}


def figures(shop, zone="case"):
    shop.run(1.2)
    now = next(each for each in shop.store.pipeline.floor.zones if each.zone == zone)
    parts = (now.present, now.hard_to_read, now.missing, now.not_read_yet)
    assert sum(parts) == now.expected
    return now


def test_in_place_is_only_what_was_read_since_the_box_started(config, clock, make, tmp_path):
    shop = a_shop(config, clock, make, path=tmp_path / "books.sqlite3")
    assert figures(shop).not_read_yet == 30
    shop.run(60, lying={"r-case": CASE[:-2], "r-safe": SAFE})
    assert (figures(shop).present, figures(shop).not_read_yet) == (28, 2)
    shop.store.stop()
    shop.books.close()
    again = a_shop(config, clock, make, path=tmp_path / "books.sqlite3")
    kept = figures(again)
    assert (kept.present, kept.missing, kept.not_read_yet) == (0, 0, 30), "the books remember, but nobody has looked"
    assert again.store.pipeline.evidence.detectability()[:30].mean() > 0.7, "what was learned counts as before"
    assert not again.store.stock.seen_since(PieceId("p1"), 0), "no lease is granted on a memory"
    again.run(20, lying={"r-case": CASE[:-2], "r-safe": SAFE})
    assert (figures(again).present, figures(again).not_read_yet) == (28, 2)
    assert again.store.seen(PieceId("p1"), clock.now)


def test_a_missed_piece_stays_missed_over_a_restart_and_is_not_called_unread(config, clock, make, tmp_path):
    shop = a_shop(config, clock, make, path=tmp_path / "books.sqlite3")
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.run(240, lying={"r-case": CASE[1:], "r-safe": SAFE})
    shop.store.stop()
    shop.books.close()
    again = a_shop(config, clock, make, path=tmp_path / "books.sqlite3")
    assert (figures(again).missing, figures(again).not_read_yet) == (1, 29)
