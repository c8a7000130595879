"""Whatever people answer for pieces that a count did not read, its totals stay those of the pieces it expected."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.facts import CountTotal, Verdict
from contract.feed import PieceCard
from contract.ids import PieceId, ZoneId
from edge.counts.totals import rejudged, tray_of
from trade.stocktake import FOUND, with_total

UNREAD = (Verdict.MISSING, Verdict.CHECK_BY_HAND, Verdict.DUPLICATE)
ANSWERS = (Verdict.FOUND, Verdict.EXPLAINED)
SOME = st.integers(1, 9)
FIRST = (None, Verdict.MISPLACED, Verdict.EXPLAINED, *UNREAD)


def summed(cards, trays, said) -> list[CountTotal]:
    """From scratch: a piece without a verdict was simply found."""
    found = {n: said[n] is None or said[n] in FOUND for n in range(len(cards))}
    gone = {n: said[n] is Verdict.EXPLAINED for n in range(len(cards))}
    totals = []
    for place in sorted(set(trays)):
        mine = [n for n in range(len(cards)) if trays[n] == place]
        told = {}
        for column, which in (("expected", dict.fromkeys(mine, True)), ("found", found), ("explained", gone)):
            some = [cards[n] for n in mine if which[n]]
            told |= {column: len(some), f"{column}_mg": sum(each.weight_mg for each in some)}
            told[f"{column}_minor"] = sum(each.price_minor for each in some)
        totals.append(CountTotal(zone=place[0], tray=place[1], **told))
    return totals


@settings(deadline=None)
@given(data=st.data())
def test_totals_after_any_answers_are_those_of_a_sum_from_scratch_and_never_more_than_was_expected(data):
    trays = data.draw(
        st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(("", "1", "2"))), min_size=1, max_size=12)
    )
    said = [data.draw(st.sampled_from(FIRST)) for _ in trays]
    cards = [
        PieceCard(
            piece=PieceId(f"p{n}"), sku="", title="", category="", metal="", fineness=0, stones="", currency="EUR", tax_bp=0,
            epc="", home_zone=zone, tray=tray, weight_mg=data.draw(SOME), price_minor=data.draw(SOME),
        )
        for n, (zone, tray) in enumerate(trays)
    ]  # fmt: skip
    moved = data.draw(st.booleans())
    open_ones = [n for n, verdict in enumerate(said) if verdict in UNREAD]
    totals = tuple(summed(cards, trays, said))
    for _ in range(8 if open_ones else 0):
        n = data.draw(st.sampled_from(open_ones))
        now, zone = data.draw(st.sampled_from(ANSWERS)), ZoneId(trays[n][0])
        card = cards[n]
        if moved:
            card = msgspec.structs.replace(card, tray=data.draw(st.sampled_from(("", "1", "2", "3"))))
        mine = tray_of(totals, zone, card, said[n], now)
        assert mine is not None
        totals = with_total(totals, rejudged(mine, card, said[n], now))
        said[n] = now
        assert all(
            each.found >= 0 <= each.explained and each.found + each.explained <= each.expected for each in totals
        )
        for zone in "ab":
            told, truth = (
                [each for each in some if each.zone == zone] for some in (totals, summed(cards, trays, said))
            )
            assert sum(each.found for each in told) == sum(each.found for each in truth)
            assert sum(each.explained for each in told) == sum(each.explained for each in truth)
    if not moved:
        assert totals == tuple(summed(cards, trays, said))
