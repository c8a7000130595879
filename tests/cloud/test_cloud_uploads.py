"""A photo taken by a store that was alone comes in parts, over its own door, and counts only as what was announced."""

import asyncio
import hashlib
import io

import httpx
import pytest
from PIL import Image

from cloud.desk import Desk
from cloud.doors import CN_KEY, create_door
from cloud.doors.blobs import add_blobs
from cloud.ingest import Ingest
from cloud.pos.pieces import papers
from cloud.pos.pieces.desk import bring_in
from cloud.rejoin import Rejoins
from cloud.work import begin
from contract.ids import PieceId, StoreId


def photo():
    file = io.BytesIO()
    Image.effect_noise((200, 200), 90).convert("RGB").save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.fixture
def door(house):
    house.store("paris")
    house.store("lyon")
    with house.office.transaction() as tx:
        bring_in(begin(tx, house.guards, 1), [house.card("p1")], StoreId("paris"))
    desk = Desk(office=house.office, now_us=lambda: 5, mono_us=lambda: 5, new_id=lambda: "n")
    app = create_door(desk, Ingest(house.office), Rejoins(house.office))
    add_blobs(app, desk)

    def ask(method, path, store="paris", **more):
        async def known(scope, receive, send):
            await app({**scope, CN_KEY: store}, receive, send)

        async def call():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=known), base_url="http://door") as http:
                return await http.request(method, path, **more)

        return asyncio.run(call())

    return ask


def bring(door, body, sha256=None, *, parts=3, **more):
    sha256 = sha256 or hashlib.sha256(body).hexdigest()
    size = -(-len(body) // parts)
    for at in range(0, len(body), size):
        door("PUT", f"/edge/v1/uploads/{sha256}", params={"at": at}, content=body[at : at + size])
    said = {"piece": "p1", "kind": "photo", "by": "lea", "name": "front.jpg", **more}
    return door("POST", f"/edge/v1/uploads/{sha256}/whole", params=said)


def test_parts_make_a_photo_that_every_store_may_fetch_by_its_hash(door, house):
    answer = bring(door, photo())
    assert answer.status_code == 200
    kept = answer.json()["sha256"]
    fetched = door("GET", f"/edge/v1/blobs/{kept}", store="lyon")
    assert hashlib.sha256(fetched.content).hexdigest() == kept
    with house.office.reading() as tx:
        assert [(each.by, each.name) for each in papers.listing(tx, PieceId("p1"))] == [("lea", "front.jpg")]


def test_an_upload_that_broke_off_goes_on_where_it_ended(door):
    body = photo()
    path = f"/edge/v1/uploads/{hashlib.sha256(body).hexdigest()}"
    assert door("PUT", path, params={"at": 0}, content=body[:1_000]).json() == {"have": 1_000}
    assert door("GET", path).json() == {"have": 1_000}
    assert door("GET", path, store="lyon").json() == {"have": 0}, "another store's is another"
    assert door("PUT", path, params={"at": 0}, content=body[:1_000]).json() == {"have": 1_000}, "a repeat is nothing"
    gap = door("PUT", path, params={"at": 2_000}, content=body[2_000:])
    assert (gap.status_code, gap.json()["detail"]) == (409, "there are 1000 bytes here: go on with byte 1000")
    assert door("PUT", path, params={"at": 1_000}, content=body[1_000:]).json() == {"have": len(body)}


def test_what_is_not_what_was_announced_is_thrown_away_and_begun_anew(door):
    body, wrong = photo(), hashlib.sha256(b"another").hexdigest()
    assert bring(door, body, wrong).status_code == 409
    assert door("GET", f"/edge/v1/uploads/{wrong}").json() == {"have": 0}


@pytest.mark.parametrize(("body", "more"), [(b"no photo at all", {}), (photo(), {"piece": "nobody"})])
def test_what_can_never_be_kept_is_refused_for_ever_in_words(door, body, more):
    answer = bring(door, body, **more)
    assert answer.status_code == 422
    assert answer.json()["detail"]
