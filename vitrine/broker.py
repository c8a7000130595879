"""A private mosquitto: started as our child, without privileges, on one port, for certificates of this house only.

It holds no truth (DESIGN law 2): nothing is kept over a restart. Who may use which topic is written from
`contract.topics`; the common name of the certificate is user and client id at once, so no store can speak as,
listen to, or push out another (measured on 2.0.11: without `use_username_as_clientid` any store could).
"""

import hashlib
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract import topics
from contract.ids import StoreId
from contract.messages import MESSAGE_BYTES_MAX
from vitrine.authority import CLOUD, Authority, Identity
from vitrine.problems import PersonError

QUEUED_MESSAGES_MAX: Final = 100_000
QUEUED_BYTES_MAX: Final = 256 << 20
INFLIGHT_MAX: Final = 100
PACKET_BYTES_MAX: Final = MESSAGE_BYTES_MAX + (64 << 10)
OLDEST: Final = (2, 0)
TOO_NEW: Final = (3, 0)
"""3.0 drops `acl_file`, which 2.1 still reads and calls deprecated."""
PLACES: Final = ("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto")
USERS: Final = ("mosquitto", "nobody")
FILES: Final = frozenset({"access.conf", "ca.pem", "house.crl", "server.pem", "server.key", "mosquitto.conf"})
LISTENS: Final = re.compile(r"^listener (\d+)(?: (\S+))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Broker:
    """What it takes to start one: the program, its configuration file, and the user it runs as (None: ours)."""

    program: Path
    config: Path
    port: int
    user: pwd.struct_passwd | None

    @property
    def command(self) -> list[str]:
        return [str(self.program), "-c", str(self.config)]


def find() -> Path:
    """The machine's mosquitto. Raises `PersonError` when there is none of a version we know."""
    found = shutil.which("mosquitto") or next((place for place in PLACES if Path(place).exists()), None)
    if found is None:
        raise PersonError("mosquitto, the MQTT broker, is not installed: run 'apt-get install mosquitto'.")
    spoken = subprocess.run([found, "-h"], capture_output=True, text=True, check=False, timeout=10).stdout
    version = read_version(spoken)
    if not OLDEST <= version < TOO_NEW:
        raise PersonError(
            f"mosquitto {'.'.join(map(str, version))} at {found} is not one we know how to guard: install 2.0 or 2.1."
        )
    return Path(found)


def read_version(spoken: str) -> tuple[int, ...]:
    """`mosquitto version 2.0.11` → `(2, 0, 11)`; `(0,)` when it says something else."""
    match = re.search(r"mosquitto version (\d+(?:\.\d+)*)", spoken)
    return tuple(int(part) for part in match[1].split(".")) if match else (0,)


def access_rules() -> str:
    """Who may use which topic. `%u` is the user, which is the certificate's common name."""
    me = StoreId("%u")
    return "\n".join(
        (
            f"user {CLOUD}",
            f"topic read {topics.EVERY_UP}",
            f"topic read {topics.EVERY_STATUS}",
            f"topic write {topics.down(StoreId('+'))}",
            f"pattern write {topics.up(me)}",
            f"pattern write {topics.status(me)}",
            f"pattern read {topics.down(me)}",
            "",
        )
    )


def prepare(
    folder: Path, program: Path, authority: Authority, server: Identity, *, host: str, port: int, lasting: bool = False
) -> Broker:
    """Writes configuration, access rules and copies of the broker's own key where its user can read them.

    `host` empty: it listens on every address. As root the broker drops to an unprivileged user *before* it reads its
    key, so the folder must be one which that user can enter and holds nothing but the broker's own files. A clone
    below /root is not: then it lies in /run, or, if it must last over a restart of the machine, `PersonError`.
    """
    user = _unprivileged() if os.geteuid() == 0 else None
    asked, folder = folder.resolve(), place_of(folder, user)
    if lasting and user is not None and folder != asked:
        raise PersonError(
            f"The broker runs as the user {user.pw_name}, who cannot enter {asked}: give a --dir below folders "
            "that everybody may enter, like /etc/vitrine/broker, or do this as an ordinary user."
        )
    folder.mkdir(parents=True, exist_ok=True)
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in FILES)
    if strangers:
        raise PersonError(
            f"{folder} holds more than a broker's files ({', '.join(strangers[:3])}): give it a folder of its own."
        )
    rules = folder / "access.conf"
    files = {
        rules: access_rules().encode(),
        folder / "ca.pem": authority.ca_file.read_bytes(),
        folder / "house.crl": authority.crl_file.read_bytes(),
        folder / "server.pem": server.cert.read_bytes(),
        folder / "server.key": server.key.read_bytes(),
    }
    config = folder / "mosquitto.conf"
    files[config] = configuration(folder, host, port, user.pw_name if user else "").encode()
    folder.chmod(0o700)
    for path, data in files.items():
        path.unlink(missing_ok=True)
        path.touch(0o600)
        path.write_bytes(data)
        if user is not None:
            os.chown(path, user.pw_uid, user.pw_gid)
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    return Broker(program, config, port, user)


def place_of(folder: Path, user: pwd.struct_passwd | None) -> Path:
    """Where a broker's files lie that were asked for in `folder`: there, or in /run when its user cannot enter it."""
    folder = folder.resolve()
    if user is None or _can_enter(folder, user):
        return folder
    return Path("/run") / f"vitrine-broker-{hashlib.sha256(bytes(folder)).hexdigest()[:12]}"


def running(folder: Path) -> tuple[str, int, int | None]:
    """Where the broker of this folder listens, and its process if it runs. Raises `PersonError`."""
    asked, folder = folder, place_of(folder, _unprivileged() if os.geteuid() == 0 else None)
    config = folder / "mosquitto.conf"
    found = LISTENS.search(config.read_text(encoding="utf-8")) if config.exists() else None
    if found is None:
        raise PersonError(f"{asked} is no broker's folder: give the one that `vitrine broker --dir` wrote.")
    return found[2] or "127.0.0.1", int(found[1]), _process_of(config)


def _process_of(config: Path) -> int | None:
    """The process on this machine that was started with this configuration file."""
    for told in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = told.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it ended meanwhile
        if "mosquitto" in Path(words[0]).name and str(config) in words:
            return int(told.parent.name)
    return None


def take_list(folder: Path, authority: Authority) -> None:
    """Give the broker of this folder the house's revocation list as it stands now."""
    folder = place_of(folder, _unprivileged() if os.geteuid() == 0 else None)
    path, owner = folder / "house.crl", (folder / "ca.pem").stat()
    fresh = path.with_suffix(".new")
    fresh.write_bytes(authority.crl_file.read_bytes())
    fresh.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(fresh, owner.st_uid, owner.st_gid)
    fresh.replace(path)


def configuration(folder: Path, host: str, port: int, user: str) -> str:
    """The text of mosquitto.conf for a broker whose files lie in `folder`; `user` empty: whoever starts it."""
    lines = [
        f"listener {port} {host}".rstrip(),
        f"cafile {folder / 'ca.pem'}",
        f"crlfile {folder / 'house.crl'}",
        f"certfile {folder / 'server.pem'}",
        f"keyfile {folder / 'server.key'}",
        "tls_version tlsv1.2",
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
        "allow_anonymous false",
        f"acl_file {folder / 'access.conf'}",
        "persistence false",
        f"max_queued_messages {QUEUED_MESSAGES_MAX}",
        f"max_queued_bytes {QUEUED_BYTES_MAX}",
        f"max_inflight_messages {INFLIGHT_MAX}",
        f"max_packet_size {PACKET_BYTES_MAX}",
        "max_keepalive 120",
        "set_tcp_nodelay true",
        "sys_interval 0",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "log_timestamp_format %Y-%m-%dT%H:%M:%S",
    ]
    if user:
        lines.append(f"user {user}")
    return "\n".join(lines) + "\n"


def _unprivileged() -> pwd.struct_passwd:
    for name in USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PersonError("There is no user 'mosquitto' for the broker to run as: run 'adduser --system mosquitto'.")


def _can_enter(folder: Path, user: pwd.struct_passwd) -> bool:
    """Whether every folder above lets this user pass (a home folder of mode 0700 does not)."""
    for parent in folder.parents:
        if not parent.exists():
            continue
        status = parent.stat()
        shift = 6 if status.st_uid == user.pw_uid else 3 if status.st_gid == user.pw_gid else 0
        if not status.st_mode >> shift & 1:
            return False
    return True
