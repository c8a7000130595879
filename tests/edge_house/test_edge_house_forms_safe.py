"""No other site makes a store's box do anything: every route that changes something wants our page and the token."""

import runpy
from pathlib import Path

from contract.feed import FeedPage, FeedRow, Role, StaffCard
from contract.ids import UserId

let_through = runpy.run_path(str(Path(__file__).parents[1] / "walking.py"))["let_through"]


def test_no_other_site_makes_a_box_do_anything(face):
    root = StaffCard(user=UserId("root"), name="Root", roles=(Role.ADMIN,))
    row = FeedRow(rev=300, scope="*", key="staff:root", body=root)
    face.edge.store.take_feed(FeedPage(rows=(row,), upto=301, more=False))
    new = face.edge.shop.logins.begin(UserId("root"))
    app = face.edge.api
    tried, passed = let_through(app, app.state.front.cookie, new.token, new.login.csrf)
    assert (tried > 80, passed) == (True, [])
