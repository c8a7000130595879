"""Photos at a store: sealed, checked, bounded, fetched once, and never waited for."""

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from edge import blobs
from edge.api.pictures import AGAIN_AFTER_US, Pictures
from edge.blobs import BlobCache, WrongHashError
from edge.config import UplinkConfig
from edge.sync import office as office_module

PICTURE = b"\xff\xd8\xff" + b"a ring" * 100


def name(body):
    return hashlib.sha256(body).hexdigest()


@pytest.fixture
def cache(tmp_path):
    return BlobCache(tmp_path / "blobs")


def test_a_picture_is_sealed_on_the_disk_and_comes_back_whole(cache, tmp_path):
    cache.put(name(PICTURE), PICTURE)
    assert cache.get(name(PICTURE)) == PICTURE
    assert b"a ring" not in (tmp_path / "blobs" / name(PICTURE)).read_bytes()
    assert (tmp_path / "blobs" / "key").stat().st_mode & 0o077 == 0


def test_what_came_as_something_else_is_not_kept(cache):
    with pytest.raises(WrongHashError):
        cache.put(name(b"other"), PICTURE)
    assert cache.get(name(b"other")) is None


@pytest.mark.parametrize("asked", ["../books.sqlite3", "key", "", "A" * 64])
def test_only_a_hash_is_a_name(cache, asked):
    cache.put(name(PICTURE), PICTURE)
    assert cache.get(asked) is None


def test_a_damaged_file_is_fetched_anew_and_counted(cache, tmp_path):
    cache.put(name(PICTURE), PICTURE)
    file = tmp_path / "blobs" / name(PICTURE)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert (cache.get(name(PICTURE)), cache.damaged_total, file.exists()) == (None, 1, False)


def test_the_longest_unseen_goes_when_there_is_no_room(tmp_path):
    cache = BlobCache(tmp_path / "blobs", bytes_max=1_500)
    bodies = [bytes([n]) * 600 for n in range(3)]
    for age, body in enumerate(bodies):
        cache.put(name(body), body)
        if (tmp_path / "blobs" / name(body)).exists():
            os.utime(tmp_path / "blobs" / name(body), (age, age))
    assert [cache.get(name(body)) is not None for body in bodies] == [False, True, True]
    assert cache.evicted_total == 1


@pytest.mark.parametrize("answer", [PICTURE, b"another", office_module.OfficeUnreachableError("away")])
def test_a_picture_is_asked_for_once_and_a_failure_is_not_repeated_at_once(cache, monkeypatch, answer):
    asked, clock = [], [0]

    async def give(_office, sha256):
        asked.append(sha256)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(office_module.Office, "blob", give)
    uplink = UplinkConfig(
        cloud_url="http://127.0.0.1:1",
        broker_host="127.0.0.1",
        broker_port=1,
        ca=Path("ca"),
        cert=Path("c"),
        key=Path("k"),
    )
    pictures = Pictures(cache, uplink, lambda: clock[0])

    async def look():
        return await pictures.get(name(PICTURE))

    good = answer == PICTURE
    assert [asyncio.run(look()) for _ in range(2)] == ([PICTURE] * 2 if good else [None] * 2)
    assert len(asked) == 1
    clock[0] = AGAIN_AFTER_US
    asyncio.run(look())
    assert len(asked) == (1 if good else 2)


def test_a_store_without_an_office_shows_what_it_has(cache):
    pictures = Pictures(cache, None, lambda: 0)
    assert asyncio.run(pictures.get(name(PICTURE))) is None


UPLINK = UplinkConfig(
    cloud_url="http://127.0.0.1:1", broker_host="127.0.0.1", broker_port=1, ca=Path("ca"), cert=Path("c"), key=Path("k")
)


def offer(cache, body=PICTURE):
    return cache.offer(body, piece="p1", kind="photo", name="front.jpg", by="lea")


def test_a_photo_taken_alone_waits_sealed_and_goes_when_the_office_answers(cache, monkeypatch, tmp_path):
    heard, answers = [], [office_module.OfficeUnreachableError("away"), ""]

    async def upload(_office, sha256, body, **said):
        heard.append((sha256, body, said))
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(office_module.Office, "upload", upload)
    told = offer(cache)
    assert b"a ring" not in (tmp_path / "blobs" / f"{told.sha256}.waiting").read_bytes()
    again = BlobCache(tmp_path / "blobs")
    pictures = Pictures(again, UPLINK, lambda: 0)
    assert [asyncio.run(pictures.deliver()) for _ in range(3)] == [0, 1, 0]
    assert heard[1] == (name(PICTURE), PICTURE, {"piece": "p1", "kind": "photo", "name": "front.jpg", "by": "lea"})
    assert again.waiting() == []


def test_what_the_office_never_takes_does_not_wait_for_ever_and_its_reason_is_kept(cache, monkeypatch, tmp_path):
    async def upload(_office, _sha256, _body, **_said):
        return "no photo"

    monkeypatch.setattr(office_module.Office, "upload", upload)
    told = offer(cache)
    asyncio.run(Pictures(cache, UPLINK, lambda: 0).deliver())
    assert (cache.waiting(), cache.refused_total) == ([], 1)
    assert (tmp_path / "blobs" / f"{told.sha256}.refused").read_text(encoding="utf-8") == "no photo"


def test_so_many_photos_wait_and_no_more(cache, monkeypatch):
    monkeypatch.setattr(blobs, "WAITING_MAX", 2)
    offer(cache, b"1")
    offer(cache, b"2")
    offer(cache, b"2")
    with pytest.raises(blobs.FullError, match="connect the store"):
        offer(cache, b"3")
