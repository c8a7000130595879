"""A box is let in over the network, renews its papers, and is shown out: real office, real TLS, real broker."""

import asyncio
import contextlib
import datetime as dt
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from house_ports import free_port

from cloud import by_hand
from cloud.config import load_config
from contract import topics
from contract.enrolment import Enrolled, Renew
from contract.ids import StoreId, UserId
from contract.messages import encode
from edge.config import UplinkConfig
from edge.sync import papers
from edge.sync.office import Office
from edge.sync.renewing import renew_if_due
from vitrine import broker, enrolling, revoking
from vitrine.authority import LEAF_LIVES, Authority, Identity
from vitrine.problems import PersonError

NOW = dt.datetime.now(dt.UTC)
ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "four words and a clasp"
PARIS = StoreId("paris")


class HeadOffice:
    """`vitrine cloud` with HTTPS pages, a door and the house's authority; no broker."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority.open(folder / "house", NOW)
        papers_of = self.authority.server("office", ["127.0.0.1"], NOW)
        self.port, self.door = free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        config = folder / "cloud.toml"
        config.write_text(
            f'database_url = "sqlite:///{folder / "office.sqlite3"}"\nport = {self.port}\n'
            f'second_factor = false\ncert = "{papers_of.cert}"\nkey = "{papers_of.key}"\nauthority = "{folder / "house"}"\n'
            f'[door]\nport = {self.door}\nca = "{papers_of.ca}"\ncert = "{papers_of.cert}"\nkey = "{papers_of.key}"\n'
            f'crl = "{self.authority.crl_file}"\n'
        )
        by_hand.name_admin(load_config(config), UserId("ada"), "Ada", lambda: PASSWORD)
        self.log = (folder / "office.log").open("wb")
        self.child = subprocess.Popen(
            [sys.executable, "-m", "vitrine", "cloud", "--config", str(config)], cwd=ROOT, stderr=self.log
        )
        self.http = httpx.Client(
            base_url=self.url, verify=ssl.create_default_context(cafile=str(papers_of.ca)), trust_env=False
        )
        end = time.monotonic() + 60
        while not self.well():
            assert time.monotonic() < end, (folder / "office.log").read_text()
            time.sleep(0.05)
        login = self.http.post("/api/v1/login", json={"user": "ada", "password": PASSWORD}).json()
        self.http.headers["authorization"] = f"Bearer {login['token']}"
        for name in ("paris", "milan"):
            asked = {"store": name, "name": name.title(), "currency": "EUR"}
            assert self.http.post("/api/v1/stores", json=asked).status_code == 201

    def well(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return self.http.get("/healthz").status_code == 200
        return False

    def token(self, store: str = PARIS) -> str:
        answer = self.http.post(f"/api/v1/stores/{store}/enrolment")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def through_the_door(self, identity: Identity) -> httpx.Client:
        tls = ssl.create_default_context(cafile=str(identity.ca))
        tls.load_cert_chain(identity.cert, identity.key)
        return httpx.Client(base_url=f"https://127.0.0.1:{self.door}", verify=tls, trust_env=False)


@pytest.fixture(scope="module")
def head_office(tmp_path_factory):
    office = HeadOffice(tmp_path_factory.mktemp("office"))
    yield office
    office.http.close()
    office.child.terminate()
    office.child.wait(60)
    office.log.close()


def test_a_box_with_a_token_makes_its_key_and_is_known_at_the_door(head_office, tmp_path):
    identity = enrolling.enrol("paris", head_office.token(), head_office.url, tmp_path)
    with head_office.through_the_door(identity) as door:
        assert door.get("/edge/v1/feed?since=0").status_code == 200
    assert identity.key.stat().st_mode & 0o777 == 0o600


def test_a_token_is_good_once_and_only_the_newest(head_office, tmp_path):
    old, new = head_office.token(), head_office.token()
    with pytest.raises(PersonError, match="used, is older"):
        enrolling.enrol("paris", old, head_office.url, tmp_path)
    enrolling.enrol("paris", new, head_office.url, tmp_path)
    before = (tmp_path / "paris.pem").read_bytes()
    with pytest.raises(PersonError, match="used, is older"):
        enrolling.enrol("paris", new, head_office.url, tmp_path)
    assert (tmp_path / "paris.pem").read_bytes() == before


def test_of_two_boxes_with_one_token_one_is_let_in(head_office, tmp_path):
    token, outcomes = head_office.token(), []

    def try_it(folder: Path) -> None:
        try:
            enrolling.enrol("paris", token, head_office.url, folder)
            outcomes.append("in")
        except PersonError:
            outcomes.append("refused")

    tries = [threading.Thread(target=try_it, args=(tmp_path / str(n),)) for n in range(4)]
    for each in tries:
        each.start()
    for each in tries:
        each.join()
    assert sorted(outcomes) == ["in", "refused", "refused", "refused"]


def test_a_request_that_is_refused_leaves_the_token_good(head_office, tmp_path):
    token = head_office.token()
    asked = {"token": token, "csr": papers.ask(StoreId("milan")).csr}
    answer = head_office.http.post("/api/v1/enrolment", json=asked)
    assert answer.status_code == 403
    assert "another name" in answer.json()["detail"]
    enrolling.enrol("paris", token, head_office.url, tmp_path)


def test_a_token_is_shown_to_nobody_but_its_own_house(head_office, tmp_path):
    """Somebody stands between with a house of his own: the box finds out before it says the secret."""
    token = head_office.token()
    store, secret, fingerprint = token.split(".")
    other = f"{store}.{secret}.{'0' * len(fingerprint)}"
    with pytest.raises(PersonError, match="not the house"):
        enrolling.enrol("paris", other, head_office.url, tmp_path)
    enrolling.enrol("paris", token, head_office.url, tmp_path)  # the control: it was not used up


def test_a_token_does_not_go_in_clear_over_a_network(tmp_path):
    with pytest.raises(PersonError, match="https"):
        enrolling.enrol("paris", f"paris.{'ab' * 20}.{'cd' * 32}", "http://office.example", tmp_path)


def test_a_box_renews_its_own_papers_and_no_others(head_office, tmp_path):
    identity = enrolling.enrol("paris", head_office.token(), head_office.url, tmp_path)
    with head_office.through_the_door(identity) as door:
        asking = papers.ask(PARIS)
        answer = door.post("/edge/v1/certificate", content=encode(Renew(csr=asking.csr)))
        assert answer.status_code == 200, answer.text
        foreign = door.post("/edge/v1/certificate", content=encode(Renew(csr=papers.ask(StoreId("milan")).csr)))
        assert foreign.status_code == 422
        assert door.get("/edge/v1/feed?since=0").status_code == 200, "the old one stays good until it ends"
    papers.keep(identity.cert, identity.key, cert_pem=answer.json()["cert"].encode(), key_pem=asking.key)
    with head_office.through_the_door(identity) as door:
        assert door.get("/edge/v1/feed?since=0").status_code == 200
    assert set(answer.json()) == set(Enrolled.__struct_fields__)


def test_the_box_renews_in_time_by_itself_and_shows_the_new_papers(head_office, tmp_path):
    identity = enrolling.enrol("paris", head_office.token(), head_office.url, tmp_path)
    uplink = UplinkConfig(
        broker_host="127.0.0.1", broker_port=1, cloud_url=f"https://127.0.0.1:{head_office.door}",
        ca=identity.ca, cert=identity.cert, key=identity.key,
    )  # fmt: skip
    before = identity.cert.read_bytes()

    async def story() -> tuple[bool, bool]:
        async with Office(uplink) as office:
            early = await renew_if_due(office, uplink, PARIS, NOW + LEAF_LIVES * 0.6)
            unchanged = identity.cert.read_bytes() == before
            late = await renew_if_due(office, uplink, PARIS, NOW + LEAF_LIVES * 0.7)
            await office.feed(0)
            return not early and unchanged, late

    assert asyncio.run(story()) == (True, True)
    assert identity.cert.read_bytes() != before
    with head_office.through_the_door(identity) as door:
        assert door.get("/edge/v1/feed?since=0").status_code == 200


def test_who_was_taken_back_is_turned_away_at_the_door_though_its_line_is_open(head_office, tmp_path):
    identity = enrolling.enrol("milan", head_office.token("milan"), head_office.url, tmp_path / "milan")
    other = enrolling.enrol("paris", head_office.token(), head_office.url, tmp_path / "paris")
    with head_office.through_the_door(identity) as door, head_office.through_the_door(other) as fine:
        assert door.get("/edge/v1/feed?since=0").status_code == 200
        assert revoking.revoke(head_office.authority, "milan", NOW, None).certificates >= 1
        turned_away = door.get("/edge/v1/feed?since=0")
        assert turned_away.status_code == 401
        assert "revoked" in turned_away.json()["title"]
        assert fine.get("/edge/v1/feed?since=0").status_code == 200


def test_who_was_taken_back_is_pushed_out_at_the_broker_and_stays_out(house, tmp_path):
    """The control is milan, whose line lives through all of it."""
    now = dt.datetime.now(dt.UTC)  # what pushes out lives for minutes only
    identities = {name: house.authority.client(name, now) for name in ("paris", "milan")}
    lines = {name: house.dial(identity, name) for name, identity in identities.items()}
    assert all(line.connected.wait(60) for line in lines.values())
    done = revoking.revoke(house.authority, "paris", now, tmp_path / "broker")
    assert (done.certificates, done.told, done.shown_out) == (1, True, True)
    assert lines["paris"].cut.wait(60)
    again = house.dial(identities["paris"], "paris")
    assert not again.connected.wait(1)
    assert not lines["milan"].cut.is_set()
    assert not lines["milan"].publish(topics.up(StoreId("milan")), b"still here").is_failure


def test_a_folder_that_is_no_broker_s_is_named(house, tmp_path):
    with pytest.raises(PersonError, match="no broker's folder"):
        broker.running(tmp_path)
    host, port, process = broker.running(tmp_path / "broker")
    assert (host, port) == ("127.0.0.1", house.port)
    assert process == house.process.pid
