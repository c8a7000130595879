"""Loopback ports: chosen once, kept, and checked before anything is started on them."""

import contextlib
import random
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from vitrine.problems import PersonError

HOST: Final = "127.0.0.1"
OWN: Final = range(20_000, 32_000)
"""Below those that the kernel gives to whoever calls out (Linux: from 32768 on): a call would take a port before it is
listened on, and two houses that start in one moment would often be given the same."""

_chance: Final = random.SystemRandom()


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
    """For each wish itself when it is free, else any free port of `OWN`; all different."""
    chosen: list[int] = []
    for wish in wished:
        port = wish
        while port == 0 or port in chosen or not is_free(port):
            port = _chance.choice(OWN)
        chosen.append(port)
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
