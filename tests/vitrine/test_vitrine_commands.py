"""What a person gets who starts the house wrongly: one sentence naming the thing and the mend, exit code 2."""

import ast
import datetime as dt
import itertools
import os
import re
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

import edge.config
from cloud.app import build
from cloud.config import load_config
from cloud.pos.staff.queries import listing
from vitrine.ports import HOST
from vitrine.shop import Wish, open_shop

ROOT = Path(__file__).resolve().parents[2]


def vitrine(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vitrine", *words],
        cwd=ROOT,
        input=typed,
        start_new_session=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    said = done.stderr.strip()
    assert len(said.splitlines()) == 1, said
    assert "Traceback" not in said
    return said


def test_a_missing_configuration_is_named(tmp_path: Path):
    said = one_sentence(vitrine("edge", "--config", str(tmp_path / "none.toml")))
    assert "none.toml" in said
    assert "No such file" in said


@pytest.mark.parametrize("command", ["edge", "cloud"])
def test_an_unknown_key_is_named(tmp_path: Path, command: str):
    config = tmp_path / "wrong.toml"
    config.write_text('databse_url = "sqlite://"\nstorre = "paris"\n')
    said = one_sentence(vitrine(command, "--config", str(config)))
    assert "wrong.toml" in said


@pytest.mark.parametrize("command", ["edge", "cloud"])
def test_a_process_calculates_on_one_thread_unless_a_person_says_otherwise(tmp_path: Path, command: str):
    """OpenBLAS reads this once, when numpy is loaded: it is looked at before anything of the process is."""
    look = (
        "import os, sys\n"
        "def told(event, args):\n"
        "    if event == 'import' and args[0] in ('numpy', sys.argv[1] + '.config'):\n"
        "        print(args[0], os.environ.get('OPENBLAS_NUM_THREADS', 'all cores'))\n"
        "sys.addaudithook(told)\n"
        "from vitrine.__main__ import main\n"
        "main()\n"
    )
    words = [sys.executable, "-c", look, command, "--config", str(tmp_path / "none.toml")]
    free = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    for given, wanted in ((free, "1"), (free | {"OPENBLAS_NUM_THREADS": "2"}, "2")):
        done = subprocess.run(words, cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False)
        said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
        assert said[f"{command}.config"] == wanted, done.stderr
        assert said.get("numpy", wanted) == wanted


def test_a_simulator_without_a_configuration_is_told_so(tmp_path: Path):
    assert "none.json" in one_sentence(vitrine("simulate", "--config", str(tmp_path / "none.json")))


def test_a_taken_port_is_named_with_its_holder_and_the_mend(tmp_path: Path):
    shop = open_shop(tmp_path, dt.datetime.now(dt.UTC), Wish(well_known_ports=False))
    with socket.create_server((HOST, shop.kept.office_port)):
        said = one_sentence(vitrine("demo", "--dir", str(tmp_path)))
    assert f"Port {shop.kept.office_port}" in said
    assert f"pid {os.getpid()}" in said
    assert "shop.json" in said


def test_the_demo_hangs_a_reference_tag_in_every_zone_that_its_readers_watch(tmp_path: Path):
    shop = open_shop(tmp_path, dt.datetime.now(dt.UTC), Wish(well_known_ports=False))
    hung = []
    for layout in shop.layouts:
        config = edge.config.load_config(shop.store_folder(layout.store) / "edge.toml")
        watched = {antenna.zone for reader in layout.readers for antenna in reader.antennas}
        lying = {zone.id for zone in config.zones if zone.kind in edge.config.LIES_IN and zone.id in watched}
        assert {zone.id for zone in config.zones if zone.reference} == lying
        hung += [zone.reference for zone in config.zones if zone.reference]
    assert len(set(hung)) == len(hung) == 16, "each zone has its own"


def test_a_full_disk_is_named(tmp_path: Path):
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "shop.new").symlink_to("/dev/full")
    assert "disk is full" in one_sentence(vitrine("demo", "--dir", str(shop)))


def test_a_damaged_shop_file_is_named_with_the_mend(tmp_path: Path):
    (tmp_path / "shop.json").write_text('{"broker_port": "x"}')
    said = one_sentence(vitrine("demo", "--dir", str(tmp_path)))
    assert "shop.json" in said
    assert "delete" in said


def test_a_store_is_enrolled_and_a_bad_name_refused(tmp_path: Path):
    done = vitrine("enrol", "paris", "--house", str(tmp_path))
    assert done.returncode == 0
    assert (tmp_path / "paris.key").stat().st_mode & 0o777 == 0o600
    assert f'cert = "{tmp_path / "paris.pem"}"' in done.stdout
    assert "Paris!" in one_sentence(vitrine("enrol", "Paris!", "--house", str(tmp_path)))


def test_a_server_is_enrolled_for_the_hosts_it_is_dialled_by_and_renewed_for_others(tmp_path: Path):
    hosts = ["--server", "office.lan", "--server", "192.0.2.7"]
    first, again = (vitrine("enrol", "office", "--house", str(tmp_path), *hosts) for _ in range(2))
    assert (first.returncode, again.stdout) == (0, first.stdout)
    assert f'key = "{tmp_path / "office.key"}"' in first.stdout
    assert (tmp_path / "office.key").stat().st_mode & 0o777 == 0o600
    cert = x509.load_pem_x509_certificate((tmp_path / "office.pem").read_bytes())
    names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["office.lan", "192.0.2.7"]
    assert vitrine("enrol", "office", "--house", str(tmp_path), "--server", "192.0.2.8").returncode == 0
    assert (tmp_path / "office.pem").read_bytes() != cert.public_bytes(serialization.Encoding.PEM)


def test_a_host_with_a_scheme_is_refused_with_the_mend(tmp_path: Path):
    host = "https://office.lan:8443"
    said = one_sentence(vitrine("enrol", "office", "--house", str(tmp_path), "--server", host))
    assert "without scheme and port" in said


def test_a_brokers_folder_holds_its_files_alone(tmp_path: Path):
    folder = tmp_path / "broker"
    folder.mkdir()
    (folder / "diary.txt").write_text("mine")
    asked = ["broker", "--house", str(tmp_path / "house"), "--dir", str(folder), "--host", "127.0.0.1"]
    said = one_sentence(vitrine(*asked))
    assert re.search(r"diary\.txt|cannot enter", said), said
    assert [path.name for path in folder.iterdir()] == ["diary.txt"]
    if os.geteuid() == 0:
        assert "give a --dir below folders that everybody may enter" in said


@pytest.fixture
def office(tmp_path: Path) -> Path:
    config = tmp_path / "cloud.toml"
    config.write_text(f'database_url = "sqlite:///{tmp_path / "cloud.db"}"\nport = 0\n', encoding="utf-8")
    return config


def test_an_admin_is_named_once(office: Path):
    secret = "onyx-amber-jade-opal-317"
    done = vitrine("admin", "--config", str(office), "ada", "--name", "Ada Lund", typed=f"{secret}\n{secret}\n")
    assert done.returncode == 0, done.stderr
    assert "ada is an admin" in done.stdout
    assert secret not in done.stdout + done.stderr
    said = one_sentence(vitrine("admin", "--config", str(office), "ada"))
    assert "there is somebody called ada already" in said
    assert "choose another name" in said
    with closing(build(load_config(office)).office) as kept, kept.reading() as tx:
        assert [(row.user, row.name, row.roles) for row in listing(tx)] == [("ada", "Ada Lund", ["admin"])]


def test_a_weak_password_is_refused_with_the_mend_and_nobody_is_named(office: Path):
    done = vitrine("admin", "--config", str(office), "ada", typed="password1234\npassword1234\n")
    assert done.returncode == 2
    assert "four words are a good one" in done.stderr.splitlines()[-1]
    with closing(build(load_config(office)).office) as kept, kept.reading() as tx:
        assert listing(tx) == []


@pytest.mark.parametrize(
    ("command", "url", "said"),
    [
        (["cloud"], "sqlite:////nowhere/at/all/office.sqlite3", "make its folder"),
        (["admin", "ada"], "postgresql+psycopg://vitrine:hush@127.0.0.1:1/vitrine", "start its server"),
        (["recover"], "mysql+nobody://127.0.0.1/x", "database_url is none we know"),
    ],
)
def test_a_database_nobody_answers_at_is_named_with_the_mend(tmp_path: Path, command: list[str], url: str, said: str):
    config = tmp_path / "cloud.toml"
    config.write_text(f'database_url = "{url}"\nport = 0\n', encoding="utf-8")
    told = one_sentence(vitrine(*command, "--config", str(config)))
    assert said in told
    assert "hush" not in told


def test_a_certificate_that_is_not_there_is_named_with_the_mend(tmp_path: Path):
    files = 'ca = "house.pem"\ncert = "none.pem"\nkey = "none.key"\n'
    (tmp_path / "house.pem").touch()
    config = tmp_path / "some.toml"
    config.write_text(
        'database_url = "sqlite://"\nport = 0\n[door]\nport = 0\n' + files.replace("house", f"{tmp_path}/house")
    )
    assert "door.cert names none.pem, which is not there" in one_sentence(vitrine("cloud", "--config", str(config)))
    config.write_text(
        'store = "paris"\nname = "P"\ncurrency = "EUR"\ndata_dir = "x"\n[uplink]\nbroker_host = "b"\nbroker_port = 1\n'
        'cloud_url = "https://b"\n' + files
    )
    said = one_sentence(vitrine("edge", "--config", str(config)))
    assert "uplink.ca names house.pem, which is not there" in said
    assert "enrol" in said


@pytest.mark.parametrize(
    ("folder", "mend"), [("/proc/nowhere", "make it, or give another path"), ("file/below", "give another path")]
)
def test_a_folder_that_cannot_be_is_named_with_the_mend(tmp_path: Path, folder: str, mend: str):
    (tmp_path / "file").touch()
    said = one_sentence(vitrine("demo", "--dir", str(tmp_path / folder)))
    assert folder in said
    assert mend in said


@pytest.mark.parametrize(("files", "whole"), [("cloud/config.py", "CloudConfig"), ("edge/config/*.py", "EdgeConfig")])
def test_every_key_of_a_configuration_is_described_where_it_is_read(files: str, whole: str):
    """README says so. A line of words stands right below the key."""
    silent = []
    kinds = [kind for path in sorted(ROOT.glob(files)) for kind in ast.parse(path.read_text(encoding="utf-8")).body]
    assert whole in {kind.name for kind in kinds if isinstance(kind, ast.ClassDef)}
    for kind in kinds:
        if not isinstance(kind, ast.ClassDef) or not kind.name.endswith("Config"):
            continue
        for key, below in itertools.zip_longest(kind.body, kind.body[1:]):
            if isinstance(key, ast.AnnAssign) and not (
                isinstance(below, ast.Expr)
                and isinstance(below.value, ast.Constant)
                and isinstance(below.value.value, str)
            ):
                silent.append(f"{kind.name}.{ast.unparse(key.target)}")
    assert silent == []


def test_a_pin_is_asked_for_after_the_configuration_was_read_and_a_name_nobody_knows_is_said(tmp_path: Path):
    said = one_sentence(vitrine("pin", "--config", str(tmp_path / "none.toml"), "marc"))
    assert "none.toml" in said
    config = tmp_path / "edge.toml"
    config.write_text(f'store = "paris"\nname = "Paris"\ncurrency = "EUR"\ndata_dir = "{tmp_path / "data"}"\n')
    done = vitrine("pin", "--config", str(config), "marcel", typed="4711\n4711\n")
    assert done.returncode == 0, done.stderr
    assert "The PIN of marcel is kept on this box, and waits" in done.stdout


def test_only_what_is_real_is_listed():
    told = vitrine("--help").stdout
    listed = set(re.findall(r"^│ (\w[\w-]*) ", told, re.MULTILINE))
    assert listed == {
        "audit",
        "words",
        "demo",
        "smoke",
        "edge",
        "cloud",
        "recover",
        "revoke",
        "simulate",
        "capture",
        "replay",
        "pin",
        "admin",
        "broker",
        "enrol",
        "reader",
        "tag",
        "zones",
        "backup",
        "device",
        "this-device",
        "seal-key",
        "restore",
    }


def test_a_restored_head_office_begins_a_new_life(tmp_path: Path):
    config = tmp_path / "cloud.toml"
    config.write_text(f'database_url = "sqlite:///{tmp_path / "cloud.db"}"\nport = 0\n', encoding="utf-8")
    lives = [vitrine("recover", "--config", str(config)) for _ in range(2)]
    assert [life.returncode for life in lives] == [0, 0], lives
    said = [life.stdout.split(" of the head office")[0] for life in lives]
    assert said[0].startswith("This is life ")
    assert said[0] != said[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["backup", "make", "{there}", "--to", "vb1-12"], "copy all that `vitrine backup key` printed"),
        (["restore", "{there}", "--key", "{there}"], "no owner's key"),
        (["restore", "{there}", "--key", "{nowhere}"], "give the owner's key"),
    ],
)
def test_a_backup_that_cannot_be_made_or_used_is_told_in_one_sentence(tmp_path: Path, words: list[str], said: str):
    there = tmp_path / "edge.toml"
    there.write_text(f'store = "paris"\nname = "Paris"\ncurrency = "EUR"\ndata_dir = "{tmp_path / "data"}"\n')
    given = [word.format(there=there, nowhere=tmp_path / "nothing") for word in words]
    assert said in one_sentence(vitrine(*given, "--config", str(there)))
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_no_backup_is_told_and_a_key_is_not_written_twice(tmp_path: Path):
    key = tmp_path / "owner.key"
    assert "vb1-" in vitrine("backup", "key", str(key)).stdout
    assert "is not replaced" in one_sentence(vitrine("backup", "key", str(key)))
    assert "this is no backup" in one_sentence(vitrine("backup", "look", str(key), "--key", str(key)))
