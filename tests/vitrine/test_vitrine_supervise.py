import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from vitrine import problems
from vitrine.problems import PersonError
from vitrine.supervise import RESTARTS_MAX, RESTARTS_WITHIN_S, Family, alone_in

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_children_end_in_the_reverse_of_their_order(tmp_path: Path):
    family = Family(tmp_path)
    script = tmp_path / "child.py"
    script.write_text(
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    open(sys.argv[1], 'a').write(sys.argv[2])\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "time.sleep(600)\n"
    )
    told = [sys.executable, str(script), str(tmp_path / "order")]
    children = [family.start(name, [*told, name]) for name in ("a", "b", "c")]
    for child in children:
        while not child.log.read_bytes():
            pass
    family.stop()
    assert (tmp_path / "order").read_text() == "cba"
    assert not (tmp_path / "children.json").exists()


def test_a_deaf_child_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("vitrine.supervise.STOP_GRACE_S", 0.2)
    family = Family(tmp_path)
    child = family.start("deaf", STUBBORN)
    while not child.log.read_bytes():
        pass
    family.stop()
    assert child.process.returncode == -signal.SIGKILL


def test_what_a_killed_run_left_behind_is_ended_by_the_next(tmp_path: Path):
    killed = Family(tmp_path)
    orphan = killed.start("orphan", SLEEPER).process
    assert Family(tmp_path).stop_leftovers() == [orphan.pid]
    orphan.wait(60)
    assert not _alive(orphan.pid)


def test_a_stranger_who_got_an_old_pid_is_left_alone(tmp_path: Path):
    stranger = subprocess.Popen(SLEEPER)
    (tmp_path / "children.json").write_bytes(
        msgspec.json.encode([[stranger.pid, 1], {"pid": stranger.pid, "born": 1}][1:])
    )
    assert Family(tmp_path).stop_leftovers() == []
    assert _alive(stranger.pid)
    stranger.kill()
    stranger.wait()


def test_a_child_that_died_comes_back_and_one_that_keeps_dying_is_named(tmp_path: Path):
    family = Family(tmp_path)
    child = family.start("edge-paris", [sys.executable, "-c", "raise SystemExit(7)"])
    for turn in range(RESTARTS_MAX):
        child.process.wait(60)
        assert [one.name for one in family.revive(1000.0 + turn)] == ["edge-paris"]
    child.process.wait(60)
    said = r"edge-paris ended 6 times within 10 minutes, last with code 7.*edge-paris\.log"
    with pytest.raises(PersonError, match=said):
        family.revive(1000.0 + RESTARTS_WITHIN_S - 1)


def test_a_child_that_dies_now_and_then_comes_back_for_ever(tmp_path: Path):
    family = Family(tmp_path)
    child = family.start("edge-paris", [sys.executable, "-c", "raise SystemExit(7)"])
    for turn in range(2 * RESTARTS_MAX):
        child.process.wait(60)
        assert family.revive(1000.0 + turn * RESTARTS_WITHIN_S / RESTARTS_MAX) == [child]
    family.stop()


def test_one_folder_has_one_run(tmp_path: Path):
    with alone_in(tmp_path), pytest.raises(PersonError, match=f"pid {os.getpid()}"), alone_in(tmp_path):
        pass
    with alone_in(tmp_path):
        pass


@pytest.mark.parametrize(
    ("number", "mend"),
    [(errno.ENOSPC, "free some space"), (errno.EACCES, "right to write"), (errno.EADDRINUSE, "stop the program")],
)
def test_a_refusal_of_the_machine_is_one_sentence_with_its_mend(number: int, mend: str):
    said = problems.sentence(OSError(number, os.strerror(number)), "writing edge.toml")
    assert mend in said
    assert "writing edge.toml" in said
    assert said.count(". ") == 0
