"""README's way from an empty folder to an open shift, followed word for word with real processes, ports apart."""

import base64
import datetime as dt
import re
import shlex
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from cloud.config import CloudConfig
from cloud.config import load_config as load_office
from cloud.pos.staff import totp
from contract.feed import Role
from edge.api import shapes
from edge.config import EdgeConfig
from edge.config import load_config as load_store
from vitrine import demo, ports
from vitrine.ask import Api, wait
from vitrine.shop import Login
from vitrine.supervise import Child, Family

ROOT = Path(__file__).resolve().parents[2]
VITRINE = str(Path(sys.executable).with_name("vitrine"))
ADA = Login(user="ada", name="ada", role=Role.ADMIN, pin="471108", password="onyx-amber-jade-opal-317")
TYPED = {"admin": f"{ADA.password}\n" * 2, "pin": f"{ADA.pin}\n" * 2}
PORTS = ("8883", "8000", "8443", "8100")
LASTING = ("mosquitto", "cloud", "edge")


def steps(document: Path, section: str = "") -> Iterator[tuple[str, str]]:
    """("sh", one command) and ("toml", a file that names itself in its first line), in the order of the document."""
    text = document.read_text(encoding="utf-8")
    text = text[text.index(section) :] if section else text
    for kind, block in re.findall(
        r"^```(sh|toml)\n(.*?)^```$", text.split("\n## ", 2)[0 if section else -1], re.MULTILINE | re.DOTALL
    ):
        if kind == "toml":
            yield kind, block
        else:
            yield from ((kind, line) for line in block.splitlines())


@dataclass
class Follower:
    """A person in an empty folder who does what the page says and nothing else."""

    folder: Path
    family: Family
    port: dict[str, str]
    children: dict[str, Child] = field(default_factory=dict)
    recovery: list[str] = field(default_factory=list)

    def here(self, text: str) -> str:
        """The page's words with this machine's free ports."""
        for written, mine in self.port.items():
            text = re.sub(rf"\b{written}\b", mine, text)
        return text

    def write(self, text: str) -> None:
        name = re.match(r"# (\S+\.toml)\n", text)
        assert name is not None, f"a file of the page does not say its name: {text[:60]}"
        (self.folder / name[1]).write_text(self.here(text), encoding="utf-8")

    def type(self, line: str) -> str:
        """Types one command; gives what it said, or starts it and waits until it answers."""
        words = shlex.split(self.here(line), comments=True)
        verb = "mosquitto" if words[0].endswith("/mosquitto") else words[1]
        if words[0] == "vitrine":
            words[0] = VITRINE
        if verb in LASTING:
            place = ["env", f"--chdir={self.folder}", *words]
            self.children[verb] = self.family.start(verb, place)
            demo.wait_for(self.children[verb], self._answers(verb), threading.Event())
            return ""
        done = subprocess.run(
            words, cwd=self.folder, input=TYPED.get(verb, ""), start_new_session=True, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}: {done.stderr}"
        return done.stdout

    def _answers(self, verb: str) -> Callable[[], bool]:
        if verb == "mosquitto":
            return partial(ports.listens, int(self.port["8883"]))
        return partial(demo.healthy, self.url("8000" if verb == "cloud" else "8100"))

    def url(self, written: str) -> str:
        return f"http://127.0.0.1:{self.port[written]}"

    @contextmanager
    def sign_in(self) -> Iterator[httpx.Client]:
        """At the office's pages, as a browser without scripts would; with a recovery code where a code is asked for."""
        reads = {"Accept": "text/html"}
        with httpx.Client(base_url=self.url("8000"), headers=reads, trust_env=False, follow_redirects=True) as browser:
            page = browser.post("/sign-in", data={"user": ADA.user, "password": ADA.password}).text
            ticket = re.search(r'name="ticket" value="([^"]+)"', page)
            if ticket is not None:
                browser.post("/sign-in/code", data={"ticket": ticket[1], "code": self.recovery.pop()})
            yield browser

    def set_up_code_app(self, browser: httpx.Client) -> None:
        """Where the page of stores sends who has none: scan, type the six digits, keep the recovery codes."""
        asked = browser.get("/stores")
        assert asked.url.path == "/me/second-factor", "a password alone opened the page of stores to an admin"
        csrf = re.search(r'name="csrf" value="([^"]+)"', asked.text)
        assert csrf is not None
        shown = browser.post("/me/second-factor", data={"csrf": csrf[1]}).text
        typed = re.search(r"Or type it in: <span[^>]*>([A-Z2-7 ]+)</span>", shown)
        assert typed is not None, shown
        now = totp.code(base64.b32decode(typed[1].replace(" ", "")), totp.step_of(time.time_ns() // 1000))
        kept = browser.post("/me/second-factor/confirm", data={"csrf": csrf[1], "code": now}).text
        self.recovery = re.findall(r"<li>([a-z2-7-]+)</li>", kept)
        assert len(self.recovery) == 10, kept

    def open_paris(self) -> None:
        """What the page says between its blocks: sign in; under Stores, open one with the short name paris."""
        with self.sign_in() as browser:
            self.set_up_code_app(browser)
            page = browser.get("/stores").text
            token = re.search(r'name="csrf" value="([^"]+)"', page)
            assert token is not None, "the page of stores has no form for an admin"
            shown = dict(re.findall(r'<input name="(\w+)" value="([^"]*)"', page))
            opened = browser.post("/stores", data={**shown, "csrf": token[1], "store": "paris", "name": "Paris"})
            assert opened.status_code == 200
            assert opened.url.path == "/stores/paris", opened.text


@pytest.fixture
def follower() -> Iterator[Follower]:
    """Not under pytest's folder, which is closed to the user that root's mosquitto runs as."""
    with tempfile.TemporaryDirectory(prefix="vitrine-readme-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        free = [str(port) for port in ports.choose([0] * len(PORTS))]
        family = Family(folder / "log")
        family.folder.mkdir()
        yield Follower(folder, family, dict(zip(PORTS, free, strict=True)))
        family.stop()


def test_whoever_follows_readme_opens_a_shift_in_a_house_of_their_own(follower: Follower):
    for kind, text in steps(ROOT / "README.md", "## Without the demo"):
        if kind == "toml":
            follower.write(text)
            continue
        follower.type(text)
        if text.startswith("vitrine cloud"):
            follower.open_paris()
    assert set(follower.children) == set(LASTING)
    wait("ada to be known at the store", 30, partial(can_choose_ada, follower))
    with closing(Api(follower.url("8100"))) as api:
        register = api.at_store(ADA)
        store = register.get("/api/v1/store", shapes.StoreView)
        assert (store.mode, store.uplink.up) == ("active", True)
        shift = register.post("/api/v1/shifts", shapes.ShiftView, {"till": "till-1", "float_minor": 20_000})
        assert shift.state == "open"
        wait("the store's rows to be at the office", 30, partial(all_sent, register))
    with follower.sign_in() as browser:
        assert "Connected" in browser.get("/stores/paris").text
        assert "the two sides are equal" in browser.get("/ledger").text, "the float of the shift is posted"
    keys = sorted(path for path in follower.folder.rglob("*.key"))
    assert [path.name for path in keys] == [
        "server.key",
        "broker.key",
        "cloud.key",
        "house.key",
        "office.key",
        "paris.key",
        "seal.key",
        "box.key",  # of what it keeps of clients,
        "box.key",  # and of what it wrote of them
    ]
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}


def can_choose_ada(follower: Follower) -> bool:
    """The store's page to sign in lists whom the office has named and who has a PIN here."""
    return 'value="ada"' in httpx.get(f"{follower.url('8100')}/sign-in", trust_env=False).text


def all_sent(register: Api) -> bool:
    return register.get("/api/v1/store", shapes.StoreView).uplink.unsent == 0


def test_without_the_line_that_names_an_admin_nobody_signs_in(follower: Follower):
    """The control: the path above proves that line, and the door lets in nobody without a certificate."""
    for kind, text in steps(ROOT / "README.md", "## Without the demo"):
        if kind == "toml":
            follower.write(text)
        elif not text.startswith("vitrine admin"):
            follower.type(text)
        if text.startswith("vitrine cloud"):
            break
    asked = {"user": ADA.user, "password": ADA.password}
    assert httpx.post(f"{follower.url('8000')}/api/v1/login", json=asked, trust_env=False).status_code == 401
    trust = ssl.create_default_context(cafile=str(follower.folder / "house" / "house.pem"))
    door = f"https://127.0.0.1:{follower.port['8443']}/edge/v1/feed"
    with pytest.raises(httpx.TransportError):
        httpx.get(door, verify=trust, trust_env=False)
    follower.type("vitrine enrol paris --house house")
    trust.load_cert_chain(follower.folder / "house" / "paris.pem", follower.folder / "house" / "paris.key")
    assert httpx.get(door, verify=trust, trust_env=False).status_code != 401


def test_the_containers_are_given_every_file_their_configuration_names(tmp_path: Path):
    """No container is started here: that the files are there, signed for the names they are dialled by, is shown."""
    docker = ROOT / "docker"
    (tmp_path / "broker").mkdir()
    for name in ("access.conf", "mosquitto.conf"):
        (tmp_path / "broker" / name).write_bytes((docker / "broker" / name).read_bytes())
    for kind, text in steps(docker / "README.md"):
        if kind == "toml":
            named = re.match(r"# (\S+\.toml)\n", text)
            assert named is not None
            (tmp_path / named[1]).write_text(text, encoding="utf-8")
            continue
        words = shlex.split(text)
        words[0] = VITRINE if words[0] == "vitrine" else words[0]
        subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    house = tmp_path / "house"
    made = {path.name for path in tmp_path.iterdir()} - {"broker"}
    for ignored in (".gitignore", ".dockerignore"):  # keys go neither into a commit nor into an image
        lines = {line.strip("/") for line in (ROOT / ignored).read_text(encoding="utf-8").splitlines()}
        assert {f"docker/{name}" for name in made} <= lines, ignored
    listed = re.findall(
        r"^#   docker/house/(\w+)/ +(.+)$", (docker / "compose.yml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {folder: set(names.split()) for folder, names in listed} == {
        folder.name: {path.name for path in folder.iterdir()} for folder in house.iterdir()
    }
    for folder, mounted, load in (("cloud", "/house", load_office), ("paris", "/store", load_store)):
        path = next((house / folder).glob("*.toml"))
        path.write_text(path.read_text().replace(f'"{mounted}/', f'"{house / folder}/'))
        assert isinstance(load(path), CloudConfig | EdgeConfig)
    uplink = tomllib.loads((house / "paris" / "edge.toml").read_text())["uplink"]
    for name, dialled in (("broker/server.pem", uplink["broker_host"]), ("cloud/office.pem", "cloud")):
        cert = x509.load_pem_x509_certificate((house / name).read_bytes())
        hosts = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert hosts.get_values_for_type(x509.DNSName) == [dialled]
        assert cert.not_valid_after_utc > dt.datetime.now(dt.UTC) + dt.timedelta(days=390)
