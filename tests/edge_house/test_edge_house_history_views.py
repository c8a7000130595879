"""What history's pages make of what was kept: averages over the time there was, and neighbours that are there."""

from types import SimpleNamespace

import pytest

from contract.facts import PresenceState
from edge.api.history import views
from edge.history.questions import Dwell, Span
from edge.history.rates import Rate


def test_an_hour_in_which_history_began_is_divided_by_what_was_kept_of_it():
    """Ten pieces lay there from half past on, and lie there still at twenty past the next but one."""
    hour = 3_600_000_000
    began, end = 100 * hour + hour // 2, 102 * hour + hour // 3
    hours = [
        Dwell("100", "case", 10 * 1800, 10),
        Dwell("101", "case", 10 * 3600, 0),
        Dwell("102", "case", 10 * 1200, 0),
    ]
    found = views.NOTHING._replace(begin_us=began, end_us=end, hours=hours)
    told = views._by_hour(found, Span(began - 30 * 24 * hour, end + 1000), lambda nth: nth % 24)
    assert [one.pieces for one in told if one.hour in (4, 5, 6)] == pytest.approx([10.0, 10.0, 10.0])
    assert {one.pieces for one in told if one.hour not in (4, 5, 6)} == {0.0}


@pytest.mark.parametrize(
    ("stays", "sums", "began"),
    [([8.9, 9.5], [8, 9], 8.9), ([100.0], [8, 9], 8), ([], [8], 8), ([8.9], [], 8.9), ([], [], 1)],
    ids=["its first hour", "stays that were thinned out since", "sums alone", "stays alone", "nothing"],
)
def test_a_history_begins_with_its_first_stay_and_not_with_the_hour_around_it(stays, sums, began):
    """Else a case of 133 pieces held 64 on average in a store's first hour."""
    runs = {"stays": [SimpleNamespace(from_us=int(at * views.HOUR_US)) for at in stays]}
    files = [*runs["stays"], *(SimpleNamespace(from_us=at * views.HOUR_US) for at in sums)]
    history = SimpleNamespace(files=lambda: files, stays=SimpleNamespace(all=lambda: runs["stays"]))
    assert views._began(history, Span(views.HOUR_US, 200 * views.HOUR_US)) == int(began * views.HOUR_US)


def test_mates_of_the_tray_that_are_missing_too_are_no_neighbours(config, clock, make):
    """Whoever lifted three rings of a tray left the others: they alone show how well it could be seen."""
    store = make.shop(config, clock, [make.card(n, tray="case/1") for n in range(1, 6)]).store
    own, *others = store.stock.cards.values()
    own = [own]
    assert set(views.neighbours(store, own)) == {card.epc for card in others}
    store.pipeline.news.shown[others[0].piece] = PresenceState.MISSING
    assert set(views.neighbours(store, own)) == {card.epc for card in others[1:]}


def test_the_map_of_read_rates_sums_antennas_and_counts_each_readers_rounds_once():
    """Two antennas of one reader, a second reader, an hour without a round, and a zone that is kept from who asks."""
    rates = [
        Rate(100, "r1", 1, "case", 90, 30),
        Rate(100, "r1", 2, "case", 30, 30),
        Rate(100, "r2", 1, "case", 30, 20),
        Rate(124, "r1", 1, "case", 60, 30),
        Rate(101, "r3", 0, "safe", 0, 40),
        Rate(100, "r9", 1, "kept", 7, 7),
    ]
    case, safe = views._map_of(rates, {"case": "Case", "safe": "Safe", "shelf": "Shelf"}, lambda nth: nth % 24)
    assert (case.zone_name, case.reads_per_round) == ("Case", 210 / 80)
    assert case.by_hour[4] == 210 / 80
    assert {one for hour, one in enumerate(case.by_hour) if hour != 4} == {None}
    assert (safe.reads_per_round, safe.by_hour[5]) == (0.0, 0.0)


def test_the_map_of_read_rates_has_a_page_and_a_route(face):
    page = face.client.get("/zones/reads", headers=face.bearer("ana"))
    assert page.status_code == 200
    assert "What is read where" in page.text
    assert face.get("/history/reads").json()["zones"] == []
