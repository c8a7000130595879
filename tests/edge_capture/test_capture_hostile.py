"""A capture may come from anybody: none makes this machine do anything but say what is wrong with it."""

import sqlite3
import zlib
from pathlib import Path

import msgspec
import pytest

from contract.ids import UserId
from edge.capture import frames
from edge.capture.frames import HEAD, MAGIC, Begin, CaptureError, Did, Tick, events_of, frame
from edge.capture.ring import Bounds, Ring
from edge.capture.still import Album, Outside, StillError
from vitrine.replay import files_of, replay

ALL = {"r-case": list(range(1, 11)), "r-safe": list(range(11, 16))}
DEEP = [["list", [False, [[at + 1]]]] for at in range(100_000)]


def of(*nodes):
    return Album(msgspec.msgpack.encode(list(nodes)), Outside({})).first()


@pytest.mark.parametrize(
    "nodes",
    [
        [["named", "edge.house:asyncio.subprocess.subprocess.Popen", [[1]]], ["list", [True, ["touch", "PWNED"]]]],
        [["struct", "edge.house:asyncio.subprocess.subprocess.Popen", ["args"], ["touch PWNED"]]],
        [["named", "edge.books.db:Path", ["/etc"]]],
        [["named", "edge.books.db:Database", ["PWNED"]]],
        [["struct", "edge.books.db:Database", ["path"], ["PWNED"]]],
        [["object", "edge.readers.llrp.driver:os.PathLike", [], []]],
        [["function", "edge.readers.llrp.driver:os.system"]],
        [["function", "edge.books.db:Database"]],
        [["list", [False, [["enum", "edge.books.db:Database", "PWNED"]]]]],
        [["list", [False, [["flat", "edge.books.db:Database", []]]]]],
        [["method", "PWNED", "upper"]],
        [["view", [1], "O", [1], 0, [8]], ["array", "|u1", [8], b"\1" * 8]],
        [["array", "O", [1], b"\1" * 8]],
        [["object", "edge.nothing:Here", [], []]],
        [["list", [False, [["what"]]]]],
        [["list", [False, [[]]]]],
        [[]],
        DEEP,
    ],
)
def test_a_still_makes_only_what_a_camera_keeps(nodes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if nodes is DEEP:
        nodes = [*DEEP, ["list", [True, []]]]
    with pytest.raises(StillError):
        of(*nodes)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def begin(tmp_path_factory, house):
    """What an honest capture begins with."""
    shop = house(tmp_path_factory.mktemp("honest"))
    shop.run(3, lying=ALL)
    shop.store.ear.stop()
    return next(events_of(files_of(shop.capture)))


def a_file(folder: Path, *events) -> Path:
    path = folder / "1.capture"
    path.write_bytes(MAGIC + frame(events))
    return path


@pytest.mark.parametrize(
    "events",
    [
        [Did("stop", msgspec.msgpack.encode([["list", [True, [[], {}]]]]), 1, 1)],
        [Did("_record", msgspec.msgpack.encode([["list", [False, [[1], [2]]]], ["list", [True, []]], ["dict", [True, []], [True, []]]]), 1, 1)],
        [Did("scanned", b"\xc1", 1, 1)],
        [Did("scanned", b"", 1, 1)],
        [Tick(2_000_000, 1, True, facts=b"[{}]")],
        [Tick(2_000_000, 1, True, health={"r-case": {"__class__": 1}})],
        [Tick(2_000_000, 1, True, health={"r-case": {"link": "nonsense"}})],
        [Tick(2_000_000, 1, True, batches=[frames.Batch("r-case", 1, 12, False, 0, "", b"", b"no")])],
        [frames.Written([b"no"])],
        [frames.Learned(b"no")],
        [frames.Stood([("p1", "nowhere", None, "")])],
    ],
)  # fmt: skip
def test_events_that_no_house_ever_told_are_refused_in_words(events, begin, tmp_path):
    with pytest.raises(CaptureError):
        replay([a_file(tmp_path, begin, *events)])


@pytest.mark.parametrize(
    "change",
    [
        {"config": b"no"},
        {"tables": {'presence" WHERE 1; --': []}},
        {"tables": {"presence": [[1]]}},
        {"tables": {"nothing": [[1]]}},
    ],
)
def test_a_beginning_that_no_house_ever_had_is_refused_in_words(change, begin, tmp_path):
    with pytest.raises(CaptureError):
        replay([a_file(tmp_path, msgspec.structs.replace(begin, **change))])


def test_a_small_file_that_opens_into_a_huge_one_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(frames, "FRAME_BYTES_MAX", 1 << 20)
    body = zlib.compress(bytes(2 << 20))
    path = tmp_path / "1.capture"
    path.write_bytes(MAGIC + HEAD.pack(len(body), zlib.crc32(body)) + body)
    with pytest.raises(CaptureError, match="larger than"):
        replay([path])


class Full:
    """A disk on which so many more bytes have room."""

    def __init__(self, monkeypatch):
        self.room = None
        real_open = Path.open
        disk = self

        def write(file, body):
            if disk.room is not None and len(body) > disk.room:
                file.write(body[: disk.room])
                file.flush()
                raise OSError(28, "No space left on device")
            return file.write(body)

        class Torn:
            def __init__(self, file):
                self.file = file

            def __enter__(self):
                return self

            def __exit__(self, *_):
                self.file.close()

            def __getattr__(self, name):
                return getattr(self.file, name)

            def write(self, body):
                return write(self.file, body)

        def opened(path, mode="r", **named):
            file = real_open(path, mode, **named)
            return Torn(file) if "a" in mode or "w" in mode else file

        def write_bytes(path, body):
            with real_open(path, "wb") as file:
                return write(file, body)

        monkeypatch.setattr(Path, "open", opened)
        monkeypatch.setattr(Path, "write_bytes", write_bytes)


def test_a_disk_that_was_full_for_a_while_leaves_whole_files_and_no_false_difference(shop, monkeypatch):
    disk = Full(monkeypatch)
    shop.run(10, lying=ALL)
    disk.room = 100
    shop.run(3, lying=ALL)
    disk.room = None
    shop.run(300, lying=ALL)
    shop.store.ear.stop()
    assert shop.recorder.writes_failed_total
    told = replay(files_of(shop.capture))
    assert told.differs == ""


def test_a_file_whose_beginning_found_no_room_is_not_there(tmp_path, monkeypatch):
    disk = Full(monkeypatch)
    ring = Ring(tmp_path, Bounds(3, 1 << 20, 1 << 20))
    disk.room = 20
    with pytest.raises(OSError, match="No space"):
        ring.begin(1, [frames.Written([])])
    disk.room = None
    ring.write([frames.Written([])])
    assert ring.segments() == []


def test_what_was_lost_between_two_files_is_not_taken_for_what_was_heard(shop):
    shop.run(60, lying=ALL)
    shop.store.ear.began_anew()
    shop.store.ear._anew = False  # nothing of what comes now is written
    shop.store.ear._add = lambda event: None
    shop.run(30, lying={"r-safe": ALL["r-safe"]})
    del shop.store.ear._add
    shop.store.ear.began_anew()
    shop.run(20, lying=ALL)
    shop.store.ear.stop()
    assert replay(files_of(shop.capture)).differs == ""


def test_a_box_that_was_started_again_is_another_house_to_a_replay(tmp_path, house):
    for _ in range(2):
        shop = house(tmp_path)
        shop.run(20, lying=ALL)
        shop.store.scan(("p1",), "safe", UserId("ana"), damaged=False)
        shop.run(5, lying=ALL)
        shop.store.ear.stop()
    told = replay(files_of(tmp_path / "capture"))
    assert (told.segments, told.differs) == (2, "")


def test_books_that_cannot_be_opened_once_more_cost_the_capture_and_not_the_tick(shop, monkeypatch):
    def no():
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(shop.store, "reading_db", no)
    shop.run(2, lying=ALL)
    monkeypatch.undo()
    shop.run(2, lying=ALL)
    shop.store.ear.stop()
    assert replay(files_of(shop.capture)).differs == ""
    assert isinstance(next(events_of(files_of(shop.capture))), Begin)


def test_what_a_box_heard_before_it_served_is_passed_over(tmp_path, house):
    shop = house(tmp_path)
    shop.store.books.db.run("node_mode", mode="rejoin", why="this box has not joined the house yet")
    shop.run(3, lying=ALL)
    shop.store.books.db.run("node_mode", mode="active", why="")
    shop.store.rejoined()
    shop.run(20, lying=ALL)
    shop.store.ear.stop()
    told = replay(files_of(shop.capture))
    assert (told.segments, told.idle_segments, told.differs) == (2, 1, "")
    assert told.replayed
    with pytest.raises(CaptureError, match="was not serving"):
        replay(files_of(shop.capture)[:1])
