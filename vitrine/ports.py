"""Loopback ports: chosen once, kept, and checked before anything is started on them."""

import contextlib
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from vitrine.problems import PersonError

HOST: Final = "127.0.0.1"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def choose(wished: Iterable[int]) -> list[int]:
    """For each wish itself when it is free, else any free port; all different."""
    chosen: list[int] = []
    held: list[socket.socket] = []
    try:
        for port in wished:
            probe = socket.socket()
            held.append(probe)
            probe.bind((HOST, port if is_free(port) and port not in chosen else 0))
            chosen.append(int(probe.getsockname()[1]))
    finally:
        for probe in held:
            probe.close()
    return chosen


def must_be_free(port: int, purpose: str, kept_in: Path) -> None:
    """Raises `PersonError` naming the port, who holds it where that can be seen, and the mend.

    Never to delete the file: it also keeps the logins that the stores and the head office know.
    """
    if is_free(port):
        return
    holder = _holder(port)
    raise PersonError(
        f"Port {port}, kept for {purpose}, is taken by {holder}: "
        f"stop that program, or write another port into {kept_in}."
    )


def _holder(port: int) -> str:
    """`python3 (pid 123)` by the kernel's tables; `another program` when it is not ours to see."""
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if table.exists():
            rows = [line.split() for line in table.read_text(encoding="ascii").splitlines()[1:]]
            inodes |= {row[9] for row in rows if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port}
    sockets = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for fd in list((process / "fd").iterdir()):
                if _link(fd) in sockets:
                    name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                    return f"{name} (pid {process.name})"
    return "another program"


def _link(fd: Path) -> str:
    try:
        return str(fd.readlink())
    except OSError:  # closed while we looked
        return ""
