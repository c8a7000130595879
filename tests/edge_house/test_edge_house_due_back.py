"""Pieces of others at a store: which go back to their owners, by the days that the office told."""

import datetime as dt

import pytest

from contract.feed import DueBackCard, FeedPage, FeedRow
from contract.ids import PieceId
from trade.custody import Token, TokenState


@pytest.fixture
def told(face):
    def tell(rev, piece, days):
        """The last day of a piece, so many days from today; None: it has none any more."""
        today = dt.date.fromisoformat(face.edge.shop.business_day())
        card = None if days is None else DueBackCard(piece=PieceId(piece), day=str(today + dt.timedelta(days=days)))
        row = FeedRow(rev=rev, scope="*", key=f"due_back:{piece}", body=card)
        face.edge.store.take_feed(FeedPage(rows=(row,), upto=rev, more=False))

    return tell


def due(face):
    return [(each["piece"], each["overdue"]) for each in face.get("/looks").json()["due_back"]]


def test_what_goes_back_by_now_or_within_a_week_is_named_the_longest_overdue_first(face, told):
    assert due(face) == []
    for rev, (piece, days) in enumerate((("p3", 0), ("p4", -9), ("p5", 7), ("p6", 8), ("p7", -1)), 700):
        told(rev, piece, days)
    assert due(face) == [("p4", True), ("p7", True), ("p3", False), ("p5", False)]
    told(710, "p4", None)
    told(711, "p7", 30)
    assert due(face) == [("p3", False), ("p5", False)], "the office agreed on another day"


@pytest.mark.parametrize("state", [TokenState.SOLD, TokenState.AWAY, TokenState.INCOMING])
def test_a_piece_that_is_sold_or_elsewhere_is_not_looked_for_here(face, told, state):
    told(700, "p3", -1)
    assert due(face) == [("p3", True)]
    with face.edge.store.books.transaction() as tx:
        tx.db.run_struct("token_set", Token(piece=PieceId("p3"), ce=1 << 40, state=state))
    assert due(face) == []


def test_the_page_names_them_and_says_which_are_overdue(face, told):
    assert "Due back to their owners" not in face.client.get("/looks", headers=face.bearer("ana")).text
    told(700, "p3", -1)
    page = face.client.get("/looks", headers=face.bearer("ana")).text
    assert "Due back to their owners" in page
    assert "Ring 3" in page
    assert "Overdue" in page
