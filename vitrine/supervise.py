"""Children as processes: started in order, logs in files, stopped in reverse order by their own pid and nothing else.

Their pids are kept in `children.json` together with each one's start time, so that a run after a killed run ends what
that one left behind, and never a stranger who got the same number.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from vitrine.problems import PersonError

STOP_GRACE_S: Final = 8.0
"""How long a child may take to end by itself before it is killed."""
RESTARTS_MAX: Final = 5
RESTARTS_WITHIN_S: Final = 600.0
"""One child may be started again so often within so long; a sixth death within ten minutes is given up and said. A run
of weeks forgives deaths that lie further apart."""
LOG_BYTES_MAX: Final = 8 << 20
"""A log larger than this is set aside as `.1` when its child starts."""


class Pid(msgspec.Struct, frozen=True):
    """A process for certain: its number and when the kernel started it (ticks since boot)."""

    pid: int
    born: int


@dataclass(slots=True)
class Child:
    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes]
    restarted_s: list[float] = field(default_factory=list)
    """When it was started again, in monotonic seconds; only those not forgiven yet."""


@dataclass(slots=True)
class Family:
    """The children of one run in one folder."""

    folder: Path
    children: list[Child] = field(default_factory=list)

    def start(self, name: str, command: list[str]) -> Child:
        log = self.folder / "logs" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        child = Child(name, command, log, _spawn(command, log))
        self.children.append(child)
        self._remember()
        return child

    def revive(self, now_s: float) -> list[Child]:
        """Starts again whoever died; `now_s` is monotonic. Raises `PersonError` when one keeps dying."""
        dead = [child for child in self.children if child.process.poll() is not None]
        for child in dead:
            child.restarted_s = [at_s for at_s in child.restarted_s if now_s - at_s < RESTARTS_WITHIN_S]
            if len(child.restarted_s) >= RESTARTS_MAX:
                raise PersonError(
                    f"{child.name} ended {RESTARTS_MAX + 1} times within {RESTARTS_WITHIN_S / 60:.0f} minutes, "
                    f"last with code {child.process.returncode}: its reasons are in {child.log}."
                )
            child.restarted_s.append(now_s)
            self.again(child)
        return dead

    def again(self, child: Child) -> None:
        """Starts a child anew whose process has ended."""
        assert child.process.poll() is not None, f"{child.name} still runs: two of it would share its files"
        child.process = _spawn(child.command, child.log)
        self._remember()

    def stop(self) -> None:
        """Ends every child, the last started first, each before the next."""
        for child in reversed(self.children):
            if child.process.poll() is None:
                child.process.terminate()
                try:
                    child.process.wait(STOP_GRACE_S)
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()
        self.children.clear()
        (self.folder / "children.json").unlink(missing_ok=True)

    def stop_leftovers(self) -> list[int]:
        """Ends what a killed earlier run of this folder left behind; gives their pids."""
        path = self.folder / "children.json"
        try:
            left = msgspec.json.decode(path.read_bytes(), type=list[Pid])
        except (OSError, msgspec.DecodeError):
            return []
        alive = [known.pid for known in reversed(left) if _born(known.pid) == known.born]
        for pid in alive:
            _end(pid)
        path.unlink(missing_ok=True)
        return alive

    def _remember(self) -> None:
        known = [Pid(child.process.pid, _born(child.process.pid)) for child in self.children]
        (self.folder / "children.json").write_bytes(msgspec.json.encode(known))


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Holds the folder for one run. Raises `PersonError` when another run has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "running").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise PersonError(f"Another run (pid {holder}) uses {folder}: stop that one with Ctrl-C first.") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _spawn(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as out:
        # A session of its own: the terminal's Ctrl-C reaches us alone, and we stop the children in order.
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )


def _born(pid: int) -> int:
    """Field 22 of /proc/PID/stat; 0 for nobody or a process that only waits to be collected."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[19])


def _end(pid: int) -> None:
    """Ends a process that is not our child."""
    born = _born(pid)
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        until = time.monotonic() + STOP_GRACE_S
        while _born(pid) == born and time.monotonic() < until:
            time.sleep(0.05)
        if _born(pid) != born:
            return
