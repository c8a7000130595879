"""No other site makes the office do anything: every route that changes something wants our page and the login's token."""

import runpy
from pathlib import Path

from fastapi import FastAPI

from cloud.app import build
from cloud.config import CloudConfig
from cloud.pos.staff.desk import put_staff
from contract.feed import Role, StaffCard
from contract.ids import UserId
from web.policy import signed_in

let_through = runpy.run_path(str(Path(__file__).parents[1] / "walking.py"))["let_through"]


def test_no_other_site_makes_the_office_do_anything(tmp_path, monkeypatch):
    cloud = build(CloudConfig(database_url=f"sqlite:///{tmp_path / 'office.sqlite3'}", port=0, second_factor=False))
    with cloud.desk.work() as work:
        put_staff(work, StaffCard(user=UserId("root"), name="Root", roles=(Role.ADMIN,)))
    new = cloud.logins.begin(UserId("root"))
    app: FastAPI = cloud.app
    cookie = app.state.front.cookie
    tried, passed = let_through(app, cookie, new.token, new.login.csrf)
    assert (tried > 100, passed) == (True, [])

    async def always(*_: object) -> bool:
        return True

    monkeypatch.setattr("web.csrf.carries_form_token", always)
    app.add_api_route("/control", lambda: "done", methods=["POST"], dependencies=[signed_in()])
    assert len(let_through(app, cookie, new.token, new.login.csrf, only="/control")[1]) == 1
    cloud.office.close()
