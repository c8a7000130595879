"""Papers of clients' orders at a store: there at once, brought to the office when it answers, gone with their client."""

import asyncio
import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image

from contract.facts import PaperKind
from contract.ids import ClientOrderId, PersonId
from edge import papers as module
from edge.config import UplinkConfig
from edge.papers import Papers
from edge.paperwork import PIXELS_MAX, PaperRefusedError, Paperwork
from edge.sync import office as office_module
from trade.orders.papers import read

ANA, LEO, R1 = PersonId("ana-costa"), PersonId("leo"), ClientOrderId("r1")
UPLINK = UplinkConfig(
    cloud_url="http://127.0.0.1:1", broker_host="127.0.0.1", broker_port=1, ca=Path("ca"), cert=Path("c"),
    key=Path("k"),
)  # fmt: skip


def drawn(width=60, height=40, form="PNG", mode="RGBA"):
    file = io.BytesIO()
    Image.new(mode, (width, height), (10, 20, 30, 128) if mode == "RGBA" else 1).save(file, form)
    return file.getvalue()


@pytest.fixture
def work(tmp_path):
    return Paperwork(Papers(tmp_path / "papers"), UPLINK, lambda: 0)


def keep(work, ready, client=ANA, kind=PaperKind.NOTE):
    return asyncio.run(work.keep(client, R1, kind, ready, by="lea", item="item-1", version=2))


def files(tmp_path):
    return [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_text_is_kept_with_a_salt_and_never_in_clear(work, tmp_path):
    ready, again = work.written("to my grandmother"), work.written("to my grandmother")
    assert ready.body != again.body, "whoever tries words finds no hash"
    told = keep(work, ready)
    assert told.sha256 == hashlib.sha256(ready.body).hexdigest()
    kept = work.papers.get(ANA, told.sha256)
    assert kept is not None
    assert read(kept).text == "to my grandmother"
    assert not any(b"grandmother" in path.read_bytes() for path in files(tmp_path))
    assert not any("ana" in str(path.relative_to(tmp_path)) for path in files(tmp_path)), "nor is the client a name"


def test_a_drawing_becomes_a_plain_picture(work):
    ready = asyncio.run(work.picture(drawn(), PaperKind.SIGNATURE))
    assert ready.media == "image/jpeg"
    assert ready.body.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg/>", b"%PDF-1.7 cut off", drawn(PIXELS_MAX // 1000 + 1, 1000, mode="1"), b"x" * (13 << 20)],
    ids=["nothing", "svg", "cut off", "too many pixels", "too many bytes"],
)
def test_what_cannot_be_decoded_here_is_refused_in_words(work, data):
    with pytest.raises(PaperRefusedError, match=r"\w+ \w+"):
        asyncio.run(work.picture(data, PaperKind.SKETCH))


def test_forgetting_a_client_destroys_their_papers_and_nobody_else_s(work, tmp_path):
    mine, other = keep(work, work.written("mine")), keep(work, work.written("other"), client=LEO)
    key = next(path for path in files(tmp_path) if path.name == "key" and (path.parent / mine.sha256).exists())
    copied = key.parent / "copy"
    copied.hardlink_to(key)
    outside = tmp_path / "key of an older backup"
    outside.hardlink_to(key)
    assert work.papers.forget(ANA)
    assert work.papers.get(ANA, mine.sha256) is None
    assert work.papers.get(LEO, other.sha256) is not None
    assert outside.read_bytes() == bytes(32), "its key was overwritten, not only its name taken away"
    assert [told.sha256 for _, told in work.papers.waiting()] == [other.sha256], "nothing of hers goes to the office"
    assert not work.papers.forget(ANA), "again changes nothing"


def test_papers_wait_for_the_office_and_go_when_it_answers(work, monkeypatch):
    came, away = [], [True]

    async def bring(_office, sha256, body, **said):
        if away[0]:
            raise office_module.OfficeUnreachableError("away")
        came.append((sha256, len(body), said))
        return ""

    monkeypatch.setattr(office_module.Office, "bring_paper", bring)
    told = keep(work, work.written("for later"))
    assert asyncio.run(work.deliver()) == 0
    assert len(work.papers.waiting()) == 1
    away[0] = False
    assert asyncio.run(work.deliver()) == 1
    said = {"order": R1, "kind": "note", "media": "application/json", "by": "lea", "item": "item-1", "version": 2}
    assert [(name, each) for name, _, each in came] == [(told.sha256, said)]
    assert work.papers.waiting() == []
    assert work.papers.get(ANA, told.sha256) is not None, "and stays to be looked at, offline too"


def test_one_that_the_office_never_takes_waits_no_more(work, monkeypatch):
    async def refuse(_office, _sha256, _body, **_said):
        return "This client was erased"

    monkeypatch.setattr(office_module.Office, "bring_paper", refuse)
    keep(work, work.written("late"))
    assert asyncio.run(work.deliver()) == 0
    assert (work.papers.waiting(), work.refused_total) == ([], 1)


def test_no_more_papers_are_taken_than_can_wait(work, monkeypatch):
    monkeypatch.setattr(module, "WAITING_MAX", 2)
    for text in ("one", "two"):
        keep(work, work.written(text))
    with pytest.raises(PaperRefusedError, match="connect the store"):
        keep(work, work.written("three"), client=LEO)


def test_what_is_not_here_is_fetched_from_the_office_once_and_checked(work, monkeypatch):
    body = work.written("from the office").body
    name = hashlib.sha256(body).hexdigest()
    asked = []

    async def give(_office, order, sha256):
        asked.append((order, sha256))
        return body

    monkeypatch.setattr(office_module.Office, "paper", give)
    assert asyncio.run(work.get(ANA, R1, name)) == body
    assert asyncio.run(work.get(ANA, R1, name)) == body
    assert asked == [(R1, name)]
    assert asyncio.run(work.get(LEO, R1, "0" * 64)) is None
