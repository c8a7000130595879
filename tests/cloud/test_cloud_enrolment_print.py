"""The fingerprint that a tablet compares before it trusts the house stands at the office, where `/trust` says it does."""

import datetime as dt
from textwrap import wrap

from cloud.app import build
from cloud.config import CloudConfig
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from contract.feed import Role, StaffCard, StoreCard
from contract.ids import StoreId, UserId
from vitrine.authority import Authority


def test_the_fingerprint_of_the_house_stands_on_the_page_of_enrolment(tmp_path, browse):
    authority = Authority.open(tmp_path / "house", dt.datetime.now(dt.UTC))
    url = f"sqlite:///{tmp_path / 'office.sqlite3'}"
    cloud = build(CloudConfig(database_url=url, port=0, second_factor=False), signer=authority)
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store=StoreId("paris"), name="Paris", currency="EUR"))
        put_staff(work, StaffCard(user=UserId("root"), name="Root", roles=(Role.ADMIN,)))
    headers = {"Accept": "text/html", "Authorization": f"Bearer {cloud.logins.begin(UserId('root')).token}"}
    page = browse(cloud.app).ask("GET", "/stores/paris/enrol", headers=headers)
    assert " ".join(wrap(authority.fingerprint().hex().upper(), 4)) in page.text
    cloud.office.close()
