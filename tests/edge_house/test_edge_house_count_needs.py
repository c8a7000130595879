"""What a running count still needs, place by place, and how its readers read meanwhile."""

import msgspec
import pytest

from contract.facts import CountFinished, CountPlace
from contract.ids import CountId, ReaderId, UserId, ZoneId
from edge.api.counts import views
from edge.counts.running import ZoneNeeds
from edge.readers.base import Look
from trade.permissions import DEFAULTS, together
from web.logins import Login
from web.powers import Powers

ONE, TWO = list(range(1, 9)), [21, 22, 23, 24]
C1 = CountId("c1")


class Looker:
    """Just what views ask of a shop."""

    def __init__(self, shop) -> None:
        self.db, self.store, self.config = shop.books.db, shop.store, shop.config


class HalfAndHalf:
    """A reader that looks with one antenna, then with the other; `tells`: its health says which it leaves out."""

    id = ReaderId("r-case")
    looks = ("as always", "odd antennas", "even antennas")

    def __init__(self, shop, *, tells: bool = True) -> None:
        self.shop, self.tells = shop, tells
        shop.health[self.id].looks = self.looks

    def vary(self, number: int) -> None:
        out = {1: frozenset({2}), 2: frozenset({1})}.get(number, frozenset())
        self.left_out = out
        self.shop.health[self.id].look = Look(number, self.shop.clock.now, out if self.tells else frozenset())


@pytest.fixture
def shop(config, clock, make):
    """One reader with an antenna above each of two cases, and a piece without a tag."""
    zones = (*config.zones, msgspec.structs.replace(config.zones[1], id=ZoneId("case-2"), name="Case 2"))
    readers = tuple(
        msgspec.structs.replace(each, antennas={"1": ZoneId("case"), "2": ZoneId("case-2")})
        if each.id == "r-case"
        else each
        for each in config.readers
    )
    bare = msgspec.structs.replace(make.card(9), epc="")
    cards = [make.card(n) for n in ONE] + [bare] + [make.card(n, zone="case-2") for n in TWO]
    shop = make.shop(msgspec.structs.replace(config, zones=zones, readers=readers), clock, cards)
    for _ in range(20):
        second(shop, ONE, TWO)
    return shop


def second(shop, one, two, without=frozenset()):
    """A second of the reader; what its look leaves out is not read."""
    for turn in range(10):
        shop.clock.now += 100_000
        for health in shop.health.values():
            health.last_heard_us = shop.clock.now
        if turn == 5:
            for port, those in ((1, one), (2, two)):
                if port not in without:
                    shop.read("r-case", those, antenna=port)
        shop.store.tick(shop.clock.now, writing=True)


def begun(shop, *, tells: bool = True) -> HalfAndHalf:
    reader = HalfAndHalf(shop, tells=tells)
    reader.left_out = frozenset()
    shop.store.counting.looks.varying = {reader.id: reader}
    shop.store.start_count(C1, CountPlace.SHELF, (), UserId("ana"))
    return reader


def needs(shop) -> dict[str, ZoneNeeds]:
    return {each.zone: each for each in shop.store.counting.now[C1].needs}


def test_a_count_tells_of_each_place_what_it_still_needs(shop):
    reader = begun(shop)
    assert {zone: each.unread for zone, each in needs(shop).items()} == {"case": 8, "case-2": 4}
    assert needs(shop)["case-2"].sentence() == "4 of 4 unread; no round has seen this place yet"
    while not shop.facts(CountFinished) and shop.store.counting.now[C1].round < 4:
        second(shop, ONE[:-1], TWO, reader.left_out)
    case = needs(shop)["case"]
    assert (case.expected, case.unread, case.untagged) == (9, 1, 1)
    assert case.gone + case.open == 1
    assert case.sentence().startswith("1 of 9 unread: ")
    assert case.sentence().endswith("1 without a tag, to be counted by hand")
    assert needs(shop)["case-2"].sentence() == "all read"


def test_a_round_of_half_the_antennas_speaks_of_their_places_alone(shop):
    reader, seen = begun(shop), set()
    for _ in range(60):
        second(shop, ONE[:-1], TWO[:-1], reader.left_out)
        now = shop.store.counting.now[C1]
        rounds = tuple(each.rounds for each in now.needs)
        seen.add((now.round, rounds))
        if shop.facts(CountFinished):
            break
    assert {rounds for number, rounds in seen if number == 3} == {(2, 2)}, "always, then one case, then the other"
    assert shop.facts(CountFinished)[-1].found == len(ONE) + len(TWO) - 2


def test_control_a_reader_that_does_not_tell_what_it_leaves_out_is_believed_to_see_all(shop):
    reader = begun(shop, tells=False)
    while shop.store.counting.now[C1].round < 3:
        second(shop, ONE[:1], TWO[:1], reader.left_out)
    assert [each.rounds for each in shop.store.counting.now[C1].needs] != [2, 2]


def test_a_count_says_how_its_readers_read_just_now(shop):
    reader, said = begun(shop), set()
    for _ in range(8):
        if not shop.facts(CountFinished):
            second(shop, ONE[:-1], TWO, reader.left_out)
            said.add(shop.store.counting.now[C1].look)
    assert said >= set(reader.looks[1:])


def test_readers_that_read_differently_are_named_and_those_that_never_do_are_not(shop):
    looks = shop.store.counting.looks
    assert looks.words([ReaderId("r-case")]) == ""
    reader = HalfAndHalf(shop)
    looks.varying = {reader.id: reader, ReaderId("r-safe"): reader}
    shop.health[ReaderId("r-safe")].look = Look(2)
    second(shop, ONE, TWO)
    both = [ReaderId("r-safe"), ReaderId("r-case"), ReaderId("r-pad")]
    assert looks.words(both) == "r-case: as always; r-safe: even antennas"
    shop.health[reader.id].look = Look(2)
    second(shop, ONE, TWO)
    assert looks.words(both) == "even antennas"


@pytest.mark.parametrize(("blind", "told"), [(False, True), (True, False)])
def test_whoever_counts_blind_is_not_told_what_is_unread(shop, blind, told):
    shop.store.start_count(C1, CountPlace.SHELF, (), UserId("ana"), blind=blind)
    powers = Powers(house=together(card for card in DEFAULTS if card.role == "associate").permissions)
    who = Login(user=UserId("ana"), name="Ana", roles=("associate",), csrf="", powers=powers)
    assert bool(views.count(Looker(shop), C1, who).needs) is told


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        (ZoneNeeds(ZoneId("z"), 40, 0, 0.0, 0, 0, 3), "all read"),
        (ZoneNeeds(ZoneId("z"), 40, 3, 1.64, 1, 0, 5), "3 of 40 unread: 1 as good as missing, about 1.6 still there"),
        (ZoneNeeds(ZoneId("z"), 40, 2, 0.0, 2, 0, 5), "2 of 40 unread: 2 as good as missing"),
        (ZoneNeeds(ZoneId("z"), 40, 0, 0.0, 0, 2, 5), "2 without a tag, to be counted by hand"),
    ],
)
def test_what_a_place_needs_is_one_sentence(zone, said):
    assert zone.sentence() == said
