"""Appraisals of clients' own things over the API: as on the pages, by the same roles, and no word of them in clear."""

import hashlib
import io
from urllib.parse import urlsplit

import pytest
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from cloud.app import build
from cloud.config import CloudConfig
from cloud.pos.clients.pages_things import DraftForm
from cloud.pos.clients.routes_things import DraftAsked, ThingAsked
from cloud.pos.clients.things import Thing
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.tables import client_look
from contract.feed import Role, StaffCard, StoreCard
from contract.ids import StoreId, UserId

NEW = {"at": "paris", "given_name": "Zwetlana", "family_name": "Beispielowa", "sure": True}
RING = {
    "thing": {"title": "Ring of her grandmother", "metals": "Platinum 950", "declared": "Inherited in 1998"},
    "value_minor": 1_250_000, "currency": "EUR", "purpose": "Insurance", "appraiser": "Ida Muster", "day": "2026-11-20",
}  # fmt: skip
SIGNED = {"credentials": "FGA", "basis": "Retail replacement value"}


def jpeg():
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    folder = tmp_path_factory.mktemp("appraised")
    cloud = build(CloudConfig(database_url=f"sqlite:///{folder / 'office.sqlite3'}", port=0, second_factor=False))
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store=StoreId("paris"), name="Paris", currency="EUR"))
        for role in Role:
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)))
    yield cloud
    cloud.office.close()


@pytest.fixture(scope="module")
def ask(cloud, browse):
    browser = browse(cloud.app)
    tokens = {role: cloud.logins.begin(UserId(role)).token for role in Role}

    def ask(role, method, path, **given):
        return browser.ask(method, path, headers={"Authorization": f"Bearer {tokens[role]}"}, **given)

    return ask


@pytest.fixture
def theirs(ask):
    """Where the appraisals of somebody new are."""
    person = ask(Role.ASSOCIATE, "POST", "/api/v1/clients", json=NEW).json()["person"]
    return f"/api/v1/clients/{person}/appraisals"


def begin(ask, theirs, **changes):
    made = ask(Role.ADMIN, "POST", theirs, json=RING | changes)
    assert made.status_code == 201, made.text
    return made.json()["appraisal"]


def test_one_is_written_photographed_signed_handed_over_and_followed_by_a_newer_one(ask, theirs):
    first = begin(ask, theirs)
    photo = ask(Role.ADMIN, "POST", f"{theirs}/{first}/photos", content=jpeg())
    assert photo.status_code == 201, photo.text
    signed = ask(Role.ADMIN, "POST", f"{theirs}/{first}/sign", json=SIGNED)
    assert (signed.status_code, signed.json()["state"]) == (201, "signed"), signed.text
    pdf = ask(Role.ADMIN, "GET", f"{theirs}/{first}/papers/{signed.json()['sha256']}")
    assert hashlib.sha256(pdf.content).hexdigest() == signed.json()["sha256"]
    assert pdf.headers["Content-Disposition"].startswith("attachment")
    assert pdf.headers["Cache-Control"] == "no-store"
    assert ask(Role.ADMIN, "POST", f"{theirs}/{first}/delivered", json={"words": "to herself"}).status_code == 204
    second = begin(ask, theirs, of=first, value_minor=1_400_000)
    newer = ask(Role.ADMIN, "POST", f"{theirs}/{second}/sign", json=SIGNED | {"supersedes": first})
    assert newer.status_code == 201, newer.text
    listed = {each["appraisal"]["appraisal"]: each for each in ask(Role.ASSOCIATE, "GET", theirs).json()}
    assert (listed[first]["appraisal"]["state"], listed[first]["appraisal"]["to"]) == ("superseded", second)
    assert listed[first]["thing"] == listed[second]["thing"] == first
    assert listed[first]["described"]["declared"] == "Inherited in 1998"
    assert listed[first]["photos"] == [photo.json()["sha256"]]


def test_who_sees_clients_looks_and_who_appraises_pieces_writes(ask, theirs):
    name = begin(ask, theirs)
    for role in (Role.ASSOCIATE, Role.LOSS_PREVENTION):
        for path, body in (("", RING), (f"/{name}/sign", SIGNED), (f"/{name}/withdrawn", {"words": "x"})):
            refused = ask(role, "POST", f"{theirs}{path}", json=body)
            assert refused.status_code == 403, (role, path)
            assert refused.headers["Content-Type"] == "application/problem+json"
    assert ask(Role.ASSOCIATE, "GET", theirs).status_code == 200


def test_whoever_looks_is_kept(ask, theirs, cloud):
    person = theirs.split("/")[4]
    ask(Role.ASSOCIATE, "GET", theirs)
    with cloud.office.reading() as tx:
        looks = tx.rows(sa.select(client_look).where(client_look.c.person == person))
    assert [(row["by"], row["how"]) for row in looks] == [(Role.ASSOCIATE, "api")]


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("", RING | {"thing": {"title": "Ring"}}, 409, "Describe it"),
        ("", RING | {"of": "another"}, 409, "describe it as a new one"),
        ("", RING | {"value_minor": "12"}, 422, "value_minor"),
        ("", RING | {"worth": 1}, 422, "worth"),
        ("/{name}/delivered", {"words": "by post"}, 409, "is a draft"),
        ("/nothing/sign", SIGNED, 404, "appraisal nothing"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(ask, theirs, path, body, status, words):
    name = begin(ask, theirs)
    refused = ask(Role.ADMIN, "POST", theirs + path.format(name=name), json=body)
    assert (refused.status_code, refused.headers["Content-Type"]) == (status, "application/problem+json"), refused.text
    assert words in refused.text


def test_a_photo_is_a_picture_and_not_too_large(ask, theirs, monkeypatch):
    name = begin(ask, theirs)
    refused = ask(Role.ADMIN, "POST", f"{theirs}/{name}/photos", content=b"no picture")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:vitrine:problem:photo"), refused.text
    monkeypatch.setattr("cloud.pos.clients.routes_things.BYTES_MAX", 10)
    assert ask(Role.ADMIN, "POST", f"{theirs}/{name}/photos", content=jpeg()).status_code == 413


def test_of_who_was_erased_and_of_another_there_is_none(ask, theirs):
    name = begin(ask, theirs)
    signed = ask(Role.ADMIN, "POST", f"{theirs}/{name}/sign", json=SIGNED).json()
    other = ask(Role.ASSOCIATE, "POST", "/api/v1/clients", json=NEW).json()["person"]
    paper = f"/{name}/papers/{signed['sha256']}"
    assert ask(Role.ADMIN, "GET", f"/api/v1/clients/{other}/appraisals{paper}").status_code == 404
    assert ask(Role.ADMIN, "GET", f"{theirs}{paper}").status_code == 200
    erased = ask(Role.ADMIN, "POST", theirs.replace("appraisals", "erase"), json={"reason": "asked"})
    assert erased.status_code == 200, erased.text
    for path in ("", paper):
        assert ask(Role.ADMIN, "GET", theirs + path).status_code == 404
    for path, body in (("", RING), (f"/{name}/withdrawn", {"words": "x"})):
        assert ask(Role.ADMIN, "POST", theirs + path, json=body).status_code == 404


def ask_everything(operation, ask, person):
    """Requests the document allows, or nearly, of this client and of whoever is made up. The answers' codes."""
    answered = set()

    @given(case=operation.as_strategy(), known=st.booleans())
    @settings(
        max_examples=3, deadline=None, derandomize=True, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def once(case, known):
        asked = case.as_transport_kwargs(base_url="http://127.0.0.1")
        path = urlsplit(asked["url"]).path
        if known and "{person}" in operation.path:
            path = f"/api/v1/clients/{person}/appraisals{path.partition('/appraisals')[2]}"
        kept = {name: asked[name] for name in ("json", "params", "data") if asked.get(name) is not None}
        answer = ask(Role.ADMIN, asked["method"], path, **kept)
        answered.add(answer.status_code)
        assert answer.status_code < 500, f"{operation.method} {path}: {answer.text}"
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["title"]

    once()
    return answered


def test_whatever_the_document_allows_is_answered_in_our_words(ask, theirs):
    document = ask(Role.ADMIN, "GET", "/api/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document).include(path_regex="/appraisals")
    begin(ask, theirs)
    answered = [ask_everything(each.ok(), ask, theirs.split("/")[4]) for each in schema.get_all_operations()]
    assert len(answered) > 6
    assert {200, 404, 422} <= set().union(*answered)


def test_the_document_of_the_api_describes_them(ask):
    paths = ask(Role.ADMIN, "GET", "/api/openapi.json").json()["paths"]
    mine = {path.removeprefix("/api/v1/clients/{person}/appraisals") for path in paths if "{person}/appraisals" in path}
    assert mine == {
        "", "/{appraisal}/papers/{sha256}", "/{appraisal}/photos", "/{appraisal}/sign", "/{appraisal}/delivered",
        "/{appraisal}/withdrawn",
    }  # fmt: skip


def test_page_and_api_ask_for_the_same_words_of_a_thing():
    """A word that only one of them asked for could not be said on the other."""
    told = set(Thing.__struct_fields__)
    assert set(ThingAsked.model_fields) == told
    assert set(DraftForm.model_fields) - told - {"value"} == set(DraftAsked.model_fields) - {"thing", "value_minor"}
    assert ThingAsked.model_config["extra"] == DraftAsked.model_config["extra"] == "forbid"
