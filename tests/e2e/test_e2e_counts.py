"""Counts at the boutique in a real browser: blind, at closing, and with a piece that a person has to answer for."""

import re
from collections.abc import Callable

from house_boutique import PHONE, TILL, Boutique
from house_hands import press_key
from playwright.sync_api import Page, expect


def test_a_safe_is_counted_blind_by_one_person_and_approved_by_another(
    signed_in: Callable[..., Page],
) -> None:
    ana = signed_in("Ana Lindqvist", "/counts", size=PHONE)
    ana.get_by_role("checkbox").first.check()
    ana.get_by_role("button", name="Start").first.click()
    expect(ana.get_by_text("Count blind.")).to_be_visible()
    expect(ana.get_by_text(re.compile("expected"))).to_have_count(0)
    place = ana.url
    marc = signed_in("Marc Oyelaran", "/counts/" + place.rpartition("/")[2])
    expect(marc.get_by_role("heading", name="The safes")).to_be_visible()
    expect(marc.get_by_text(re.compile(r"of \d+ expected"))).to_be_visible()
    for field in ana.locator(".blind-count input:not([type=hidden])").all():
        field.fill("3")
    ana.get_by_role("button", name="Submit my figures").click()
    expect(ana.get_by_text(re.compile(r"of \d+ expected"))).to_be_visible()
    approve = marc.get_by_role("button", name="Approve")
    expect(approve).to_be_visible(timeout=90_000)
    expect(ana.get_by_role("button", name="Approve")).to_have_count(0)
    approve.click()
    expect(marc.get_by_text("Approved", exact=True)).to_be_visible()


def test_at_closing_the_safes_are_counted_with_one_key_and_another_person_approves_with_one(
    signed_in: Callable[..., Page],
) -> None:
    ana = signed_in("Ana Lindqvist", "/closing")
    expect(ana.get_by_role("button", name="Count the safes")).to_be_visible()
    press_key(ana, "F1")
    expect(ana.get_by_role("heading", name="Counting the safes")).to_be_visible()
    expect(ana.get_by_role("heading", name=re.compile("The safes are (not )?complete"))).to_be_visible(timeout=90_000)
    expect(ana.get_by_role("button", name="Approve")).to_have_count(0)
    marc = signed_in("Marc Oyelaran", "/closing")
    expect(marc.get_by_role("button", name="Approve")).to_be_visible()
    press_key(marc, "F8")
    expect(marc.get_by_text("Approved", exact=True)).to_be_visible()


def test_a_piece_that_was_not_read_is_explained_by_one_person_and_the_count_approved_by_another(
    boutique: Boutique, signed_in: Callable[..., Page], keep_shot: Callable[[Page, str], None]
) -> None:
    away, held = boutique.of_zone("case-2")[:2]
    boutique.move("hand", away.piece, held.piece)
    ana = signed_in("Ana Lindqvist", "/counts", size=TILL)
    ana.get_by_role("button", name="Start").last.click()
    explain = ana.get_by_text(f"Explain: {away.title}")
    expect(explain).to_be_visible(timeout=120_000)
    before = ana.locator(".banner.large").inner_text()
    explain.click()
    line = ana.locator(".verdicts li", has_text=away.title)
    line.get_by_label("Where is it, and why?").fill("with the photographer until Friday")
    keep_shot(ana, "count-explain")
    line.get_by_role("button", name="It is rightly elsewhere").click()
    expect(line).to_contain_text("with the photographer until Friday")
    expect(line.get_by_text("Explained", exact=True)).to_be_visible()
    ana.get_by_text(f"Explain: {held.title}").click()
    beside = ana.locator(".verdicts li", has_text=held.title)
    beside.get_by_role("button", name="It is here, in my hand").click()
    expect(beside.get_by_text("Seen by hand", exact=True)).to_be_visible()
    assert ana.locator(".banner.large").inner_text() != before
    expect(ana.get_by_role("button", name="Approve")).to_have_count(0)
    marc = signed_in("Marc Oyelaran", "/counts/" + ana.url.rpartition("/")[2])
    expect(marc.get_by_text("Ana Lindqvist").first).to_be_visible()
    press_key(marc, "F8")
    expect(marc.get_by_text("Approved", exact=True)).to_be_visible()
