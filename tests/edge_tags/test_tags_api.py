"""Writing tags over HTTP: who may, what is answered, and words for every refusal."""

import warnings

import msgspec
import pytest

from contract.feed import FeedPage, FeedRow, Role, StaffCard
from edge import app as edge_app
from edge import own_books
from edge.config import EdgeConfig, ReaderConfig, TagScheme, TagsConfig, ZoneConfig, ZoneKind
from edge.tags import key as tag_key
from trade.custody import Token, TokenState

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

PEOPLE = {"ana": Role.ASSOCIATE, "max": Role.MANAGER, "lou": Role.LOSS_PREVENTION}


class Face:
    """A box with a pad whose reader is not there, and three people."""

    def __init__(self, data_dir, make, **changes):
        zones = (ZoneConfig(id="pad", name="Till pad", kind=ZoneKind.PAD),)
        readers = (ReaderConfig(id="r-pad", url="llrp://127.0.0.1:1", profile="generic-llrp", antennas={"1": "pad"}),)
        config = EdgeConfig(
            store="paris", name="Paris", currency="EUR", data_dir=data_dir, zones=zones, readers=readers,
            tags=make.scheme,
        )  # fmt: skip
        self.config = msgspec.structs.replace(config, **changes)
        self.edge = edge_app.create(self.config)
        tagged = msgspec.structs.replace(make.card(2), epc="30AA", binding=1)
        bodies = [make.card(1), tagged, *(StaffCard(user=u, name=u.title(), roles=(r,)) for u, r in PEOPLE.items())]
        keys = ["piece:p1", "piece:p2", *(f"staff:{user}" for user in PEOPLE)]
        rows = tuple(
            FeedRow(rev=n, scope="*", key=k, body=b) for n, (k, b) in enumerate(zip(keys, bodies, strict=True), 1)
        )
        self.edge.store.take_feed(FeedPage(rows=rows, upto=len(rows), more=False))
        with self.edge.store.books.transaction() as tx:
            for piece in ("p1", "p2"):
                tx.db.run_struct("token_set", Token(piece=piece, ce=1, state=TokenState.HERE))
        self.edge.store.reload()
        self.client = TestClient(self.edge.api)
        self.bearers = {}

    def bearer(self, user):
        if user not in self.bearers:
            own_books.set_pin(self.config, user, "4711")
            answer = self.client.post("/api/v1/login", json={"user": user, "pin": "4711"})
            self.client.cookies.clear()
            self.bearers[user] = {"authorization": f"Bearer {answer.json()['token']}"}
        return self.bearers[user]

    def get(self, path, user="ana"):
        return self.client.get(path, headers=self.bearer(user))

    def begin(self, piece="p1", user="ana", **more):
        return self.client.post("/api/v1/tags", json={"piece": piece, **more}, headers=self.bearer(user))

    def give_up(self, job, user="ana"):
        return self.client.delete(f"/api/v1/tags/{job}", headers=self.bearer(user))

    def close(self):
        self.edge.shop.db.close()
        self.edge.store.books.close()


@pytest.fixture
def face(tmp_path, make):
    face = Face(tmp_path, make)
    with face.client:
        yield face
    face.close()


@pytest.fixture
def new_face(tmp_path, make):
    made = []

    def new(**changes):
        made.append(Face(tmp_path, make, **changes))
        return made[-1]

    yield new
    for each in made:
        each.close()


def test_a_tag_is_begun_seen_and_given_up(face):
    begun = face.begin(job="j1")
    assert begun.status_code == 201, begun.text
    assert (begun.json()["piece"], begun.json()["state"], begun.json()["zone"]) == ("p1", "running", "pad")
    shown = face.get("/api/v1/tags/j1").json()
    assert shown["sentence"] == "Waiting for the pad's reader"
    ended = face.give_up("j1").json()
    assert (ended["state"], ended["sentence"]) == ("refused", "Given up: by Ana")
    assert face.begin(job="j2").status_code == 201


def test_the_same_job_twice_is_one_job(face):
    assert face.begin(job="j1").json() == face.begin(job="j1").json()
    assert len(face.edge.shop.tags.jobs) == 1


def test_one_pad_writes_one_tag_at_a_time(face):
    face.begin()
    answer = face.begin(piece="p2", user="max")
    assert answer.status_code == 409
    assert "p1 is being written" in answer.text


def test_whoever_receives_goods_writes_tags_and_nobody_else(face):
    for user, status in (("ana", 201), ("max", 409), ("lou", 403)):
        assert face.begin(user=user).status_code == status
    assert face.client.post("/api/v1/tags", json={"piece": "p1"}).status_code == 401


def test_a_new_tag_for_a_piece_that_has_one_is_a_manager_s(face):
    answer = face.begin(piece="p2")
    assert answer.status_code == 403
    assert "a manager's" in answer.text
    assert face.begin(piece="p2", user="max").status_code == 201


def test_what_is_not_there_is_not_found(face):
    assert face.begin(piece="nobody").status_code == 404
    assert face.begin(zone="case-9").status_code == 404
    assert face.get("/api/v1/tags/none").status_code == 404
    assert face.give_up("none").status_code == 404


def test_the_queue_names_pieces_without_a_tag(face):
    told = face.get("/api/v1/tags").json()
    assert [each["piece"] for each in told["queue"]] == ["p1"]
    assert [(pad["zone"], pad["reading"], pad["job"]) for pad in told["pads"]] == [("pad", False, None)]
    assert told["why_not"] == ""


def test_the_page_shows_queue_pad_and_refusal(face):
    page = face.get("/tags")
    assert page.status_code == 200
    assert "Ring 1" in page.text
    assert "A new tag for a piece that has one" not in page.text
    assert "A new tag for a piece that has one" in face.get("/tags", "max").text
    job = face.begin().json()["job"]
    assert "Waiting for the pad&#39;s reader" in face.get("/tags").text
    face.give_up(job)
    assert "Nothing was bound." in face.get("/tags").text
    assert face.get("/tags", "lou").status_code == 403


def test_jobs_of_long_ago_are_forgotten_and_those_under_way_are_not(face):
    from edge.tags.writer import JOBS_KEPT_MAX

    for n in range(JOBS_KEPT_MAX + 3):
        face.begin(job=f"j{n}")
        face.give_up(f"j{n}")
    assert len(face.edge.shop.tags.jobs) == JOBS_KEPT_MAX
    assert face.get("/api/v1/tags/j0").status_code == 404
    assert face.get(f"/api/v1/tags/j{JOBS_KEPT_MAX}").status_code == 200


def test_the_key_is_made_when_the_first_tag_is_begun_and_is_told_to_nobody(face, tmp_path):
    assert not (tmp_path / tag_key.FILE).exists()
    face.begin(job="j1")
    key = tag_key.read_key(tmp_path).hex()
    for path in ("/api/v1/tags", "/api/v1/tags/j1", "/metrics", "/tags"):
        assert key not in face.get(path).text.lower()


def test_a_key_others_can_read_stops_the_writing_in_words(face, tmp_path):
    tag_key.open_key(tmp_path)
    (tmp_path / tag_key.FILE).chmod(0o644)
    answer = face.begin()
    assert answer.status_code == 409
    assert "chmod 600" in answer.text


def test_a_store_without_a_scheme_or_a_pad_says_so(new_face):
    for changes, why in (({"tags": None}, "[tags] in edge.toml"), ({"readers": ()}, "no pad")):
        face = new_face(**changes)
        assert why in face.get("/api/v1/tags").json()["why_not"]
        assert face.begin().status_code == 409


def test_a_scheme_that_cannot_be_stops_the_box_at_its_start(tmp_path, make):
    with pytest.raises(edge_app.ConfigError, match=r"tags\.prefix"):
        Face(tmp_path, make, tags=TagsConfig(scheme=TagScheme.OWN, prefix="zz"))


def test_metrics_count_what_was_begun_and_refused(face):
    face.begin(job="j1")
    face.give_up("j1")
    lines = face.client.get("/metrics").text.splitlines()
    assert "vitrine_tags_begun_total 1.0" in lines
    assert "vitrine_tags_refused_total 1.0" in lines


def test_the_same_job_is_begun_once_whoever_asks_again_and_whatever_the_piece_has_by_now(face):
    """An answer that was lost on its way is asked for again, maybe after the tag was bound."""
    first = face.begin(job="j1")
    assert first.status_code == 201
    card = msgspec.structs.replace(face.edge.shop.store.stock.cards["p1"], epc="30BB", binding=1)
    row = FeedRow(rev=900, scope="*", key="piece:p1", body=card)
    face.edge.store.take_feed(FeedPage(rows=(row,), upto=900, more=False))
    again = face.begin(job="j1")
    assert (again.status_code, again.json()["job"]) == (201, "j1")
    other = face.begin(piece="p2", user="max", job="j1")
    assert (other.status_code, other.json()["title"]) == (409, "The job j1 is for piece p1")
