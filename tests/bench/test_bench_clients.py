"""`python -m bench clients`: its figures have the names that its bars ask for."""

import pytest
from house_templates import empty_office

from bench import clients_book
from bench.__main__ import bars_of
from bench.clients import run
from cloud.pos.clients import words


def test_segments_of_a_short_run_are_measured_and_their_bar_is_found():
    figures = run(short=True, only="segments")
    assert figures["segments_clients"] == 50_000
    assert 0.5 < figures["segments_kept_share"] < 1
    assert [bar.name for bar in bars_of("clients", figures, partly=True)] == ["segments_s"]


@pytest.mark.parametrize("page", [clients_book.PAGE, 20], ids=["one page", "by every core"])
def test_a_small_book_is_found_and_opened_and_its_words_are_those_of_the_office(monkeypatch, page):
    monkeypatch.setattr(clients_book, "PAGE", page)
    people = clients_book.People(7)
    for at in range(6):
        assert clients_book.words_of(people.profile(at)) == words.of_profile(people.profile(at))
    office = empty_office()
    figures = clients_book.measured(office, 60, 7, fresh=False)
    office.close()
    assert {"search_p99_ms", "open_p99_ms"} <= set(figures)
