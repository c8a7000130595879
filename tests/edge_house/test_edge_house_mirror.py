"""A mirror that cannot be written is said where people and programs look, and the box sells on."""

import threading

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from edge import app as edge_app
from edge.backup.keys import words_of
from edge.config import MirrorConfig
from edge.floor.now import MIRROR_LATE_US


@pytest.fixture
def words():
    return words_of(X25519PrivateKey.from_private_bytes(bytes(range(32))).public_key())


@pytest.fixture
def mirrored(config, words, tmp_path):
    return msgspec.structs.replace(config, mirror=MirrorConfig(folder=tmp_path / "usb", seals=words))


def said(face):
    """Where the sentence stands: health, metrics, register."""
    board = face.client.get("/register/board", headers=face.bearer("ana")).text
    return (
        face.client.get("/healthz").json()["mirror"],
        [line for line in face.client.get("/metrics").text.splitlines() if line.startswith("vitrine_mirror_up")],
        "The second copy of this store" in board,
    )


@pytest.fixture
def with_mirror(mirrored, clock, make, face_type):
    face = face_type(mirrored, clock, make)
    yield face
    face.edge.mirror.close()
    face.edge.shop.db.close()


def test_a_mirror_that_is_gone_is_said_and_the_box_sells_on(with_mirror):
    assert said(with_mirror) == ("", ["vitrine_mirror_up 1.0"], False)
    with_mirror.edge.mirror.step()
    why, gauge, on_register = said(with_mirror)
    assert "there is no such folder" in why
    assert (gauge, on_register) == (["vitrine_mirror_up 0.0"], True)
    assert with_mirror.client.get("/healthz").status_code == 200
    assert with_mirror.scan(1).status_code == 200
    with_mirror.open_cart(1)


def test_a_disk_that_hangs_is_said_while_it_hangs_at_the_till_at_closing_and_to_programs(with_mirror, tmp_path):
    """A share of the network that answers nothing: the write neither fails nor ends."""
    face, mirror, go_on, hangs = with_mirror, with_mirror.edge.mirror, threading.Event(), threading.Event()

    def opens(path):
        hangs.set()
        go_on.wait(60)
        return path.open("xb")

    (tmp_path / "usb").mkdir()
    mirror._opener, mirror._apart = opens, False
    mirror.start()
    try:
        assert hangs.wait(60)
        assert said(face)[2] is False, "half a second is no news"
        face.clock.now += MIRROR_LATE_US
        why, gauge, on_register = said(face)
        assert "has not answered for 15 s" in why
        assert (gauge, on_register) == (["vitrine_mirror_up 0.0"], True)
        for path in ("/closing", "/shift"):
            assert "has not answered for 15 s" in face.client.get(path, headers=face.bearer("max")).text
        assert "vitrine_mirror_behind_seconds 15" in face.client.get("/metrics").text
    finally:
        go_on.set()
        mirror.stop(20)
    assert said(face) == ("", ["vitrine_mirror_up 1.0"], False)


def test_a_box_without_a_mirror_says_nothing_of_one(face):
    assert said(face) == ("", [], False)
    assert face.edge.mirror is None


def test_a_slip_of_the_pen_in_the_sealing_words_is_told_at_the_start(mirrored, words, clock):
    wrong = MirrorConfig(folder=mirrored.mirror.folder, seals=words[:-1] + "x")
    with pytest.raises(edge_app.ConfigError, match=r"mirror\.seals: these are not the words"):
        edge_app.create(msgspec.structs.replace(mirrored, readers=(), mirror=wrong), clock=clock)
