"""What people write of themselves, made comparable."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.clienteling.identity import normal
from cloud.clienteling.identity.nicknames import LONGER, related


@pytest.mark.parametrize(
    ("written", "region", "told"),
    [
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+33 (0) 6 12 34 56 78", "", "+33612345678"),
        ("0033612345678", "FR", "+33612345678"),
        ("+33612345678", "GB", "+33612345678"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("07712 345678 ext. 9", "GB", "+447712345678"),
        ("0612345678", "", ""),
        ("call me", "FR", ""),
        ("12", "FR", ""),
        ("", "FR", ""),
    ],
)
def test_a_telephone_is_one_number_however_it_is_written(written, region, told):
    assert normal.e164(written, region) == told


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Anna.Rossi+shop@GoogleMail.com", "annarossi@gmail.com"),
        ("Anna.Rossi+shop@outlook.com", "anna.rossi@outlook.com"),
        ("anna-news@yahoo.fr", "anna@yahoo.fr"),
        ("anna@me.com", "anna@icloud.com"),
        ("Anna.Rossi+shop@example.com", "anna.rossi+shop@example.com"),
        (" a @ example.com ", "a@example.com"),
        ("no mailbox", ""),
        ("a@b@c.com", ""),
        ("+@gmail.com", "+@gmail.com"),
    ],
)
def test_a_mailbox_is_read_by_its_providers_rules(written, told):
    assert normal.mailbox(written) == told


def test_dots_at_a_provider_that_minds_them_stay():
    """The control: a rule of one provider taken for everybody's would join two people."""
    assert normal.mailbox("a.b@example.com") != normal.mailbox("ab@example.com")
    assert normal.mailbox("a.b@gmail.com") == normal.mailbox("ab@gmail.com")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "MUELLER"),
        ("Jean-Luc", "jean luc"),
        ("Søren", "Soren"),
        ("Hoffmann", "Hofmann"),
        ("Mme Élodie", "elodie"),
        ("An\u200bna", "Anna"),
        ("Straßer", "Strasser"),
    ],
)
def test_a_name_is_one_word_however_it_is_written(one, other):
    assert normal.name(one) == normal.name(other) != ""


def test_a_street_is_one_however_it_is_shortened():
    assert normal.street("Schillerstraße 12") == normal.street("12, Schiller Str")
    assert normal.street("12 Main Street") == normal.street("12 main st.")
    assert normal.street("12 Main Street") != normal.street("13 Main Street")


@settings(deadline=None)
@given(st.text(max_size=300))
def test_normalising_never_fails_and_what_is_normal_stays_so(text):
    for rule in (normal.name, normal.street, normal.mailbox, normal.folded):
        once = rule(text)
        assert rule(once) == once or len(text) > normal.TEXT_LETTERS_MAX
    number = normal.e164(text, "FR")
    assert normal.e164(number) == number


def test_short_forms_go_with_their_names_and_no_name_with_another():
    known = related(
        [normal.name(word) for word in ("Bob", "Robert", "Alex", "Alexander", "Alexandra", "Beppe", "Giuseppe")]
    )
    assert ("bob", "robert") in known
    assert (normal.name("beppe"), normal.name("giuseppe")) in known
    assert {("alex", "alexander"), ("alexandra", "alex")} <= known
    assert ("alexander", "alexandra") not in known
    assert {(b, a) for a, b in known} == known


def test_short_forms_of_four_languages_are_known():
    assert {normal.name(word) for word in ("Bill", "Titi", "Uschi", "Gigi", "Fanfan")} <= set(LONGER)
    assert not {normal.name(word) for word in ("Rossi", "Robert")} & set(LONGER)
