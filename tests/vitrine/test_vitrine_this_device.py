"""`vitrine this-device`: a terminal with a key of its own, at a box where nobody signs in without one."""

import stat
import subprocess
import sys
import time

import httpx
import msgspec
import pytest

from contract.feed import FeedPage, FeedRow, Role, StaffCard
from contract.ids import UserId
from edge import own_books
from edge.books import local, replica
from edge.config import load_config
from vitrine import this_device
from vitrine.ports import choose
from vitrine.problems import PersonError
from vitrine.tag import box_of

PIN = "4711"
NOW_S = 1_800_000_000


def a_config(folder):
    (http,) = choose([0])
    path = folder / "edge.toml"
    path.write_text(
        f'store = "paris"\nname = "Paris"\ncurrency = "EUR"\ndata_dir = "{folder / "data"}"\nhttp_port = {http}\n'
        'only_enrolled_devices = true\ntills = ["till-1"]\n'
        '[[zones]]\nid = "case"\nname = "Case"\nkind = "case"\n'
    )
    config = load_config(path)
    books = own_books.open_books(config, own_books.instance_of(config))
    card = StaffCard(user=UserId("max"), name="Max", roles=(Role.MANAGER,))
    replica.take(books, FeedPage(rows=(FeedRow(rev=1, scope="*", key="staff:max", body=card),), upto=1, more=False))
    books.close()
    own_books.set_pin(config, UserId("max"), PIN)
    return path, config


def say(*words, text=""):
    command = [sys.executable, "-m", "vitrine", *map(str, words)]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)


def until_up(config):
    for _ in range(600):
        try:
            return httpx.get(f"http://127.0.0.1:{config.http_port}/healthz")
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the box did not come up")


@pytest.fixture
def box(tmp_path):
    path, config = a_config(tmp_path)
    log = (tmp_path / "edge.log").open("w")
    running = subprocess.Popen([sys.executable, "-m", "vitrine", "edge", "-c", path], stdout=log, stderr=log)
    until_up(config)
    yield path, config
    running.terminate()
    running.wait(60)
    log.close()


def code_of(path, *more):
    return say("device", "-c", path, "The workshop", *more).stdout.partition(":")[0]


def test_a_terminal_is_enrolled_once_and_asks_then_at_a_store_of_enrolled_devices(box):
    path, config = box
    asks = ("zones", "status", "-c", path, "--user", "max")
    refused = say(*asks, text=f"{PIN}\n")
    assert refused.returncode == 2
    assert "`vitrine this-device`" in refused.stderr, "what to do next"
    assert "cannot be used" in say("this-device", "-c", path, text="0000000000\n").stderr
    code = code_of(path)
    done = say("this-device", "-c", path, text=f"{code.lower()}\n")
    assert "“The workshop” at paris" in done.stdout, done.stderr
    file = config.data_dir / this_device.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in config.data_dir.glob("this-device*")] == [this_device.FILE]
    answered = say(*asks, text=f"{PIN}\n")
    assert answered.returncode == 0, answered.stderr
    assert "Never walked" in answered.stdout
    assert "cannot be used" in say("this-device", "-c", path, text=f"{code}\n").stderr, "a code is good once"

    with box_of(config) as signed:
        signed.sign_in("max", PIN)
        signed._http.auth = None
        with pytest.raises(PersonError):
            signed.ask("GET", "/api/v1/devices", list)

    kept = this_device.kept_at(config)
    with box_of(config) as signed:
        signed.sign_in("max", PIN)
        assert [each["name"] for each in signed.ask("GET", "/api/v1/devices", list[dict])] == ["The workshop"]
        later_s = kept.since_s + this_device.KEY_LASTS_S
        after = this_device.renewed(signed, config, later_s)
    assert (after.device, after.since_s, after.next) == (kept.device, later_s, "")
    assert after.key != kept.key
    assert this_device.kept_at(config) == after
    assert say(*asks, text=f"{PIN}\n").returncode == 0, "with its next key"

    books = own_books.open_books(config, own_books.instance_of(config))
    local.end_device(books, kept.device, by="max", now_us=1, forget_before_us=0)
    books.close()
    ended = say(*asks, text=f"{PIN}\n")
    assert ended.returncode == 2
    assert "`vitrine this-device`" in ended.stderr


class Away:
    """A box that hears the next key, and whose answer is lost."""

    def __init__(self):
        self.told = []

    def ask(self, method, path, kind, body=None):
        self.told.append(body["public_key"])
        raise PersonError("The store's box does not answer")


def kept_key(config, **more):
    kept = this_device.Kept(store="paris", device="d-1", name="x", key=this_device._new_key(), since_s=NOW_S)
    kept = msgspec.structs.replace(kept, **more)
    this_device._keep(config, kept)
    return kept


def test_a_key_whose_change_was_not_confirmed_stays_and_the_same_next_one_is_told_again(tmp_path):
    _, config = a_config(tmp_path)
    kept = kept_key(config)
    away, due_s = Away(), NOW_S + this_device.KEY_LASTS_S
    assert this_device.renewed(away, config, due_s - 1) == kept
    assert away.told == []
    first = this_device.renewed(away, config, due_s)
    assert first.key == kept.key, "the one it has is good until the box said otherwise"
    assert this_device.renewed(away, config, due_s) == first
    assert away.told[0] == away.told[1]


def test_a_key_that_others_may_read_or_of_another_store_is_not_used(tmp_path):
    _, config = a_config(tmp_path)
    assert this_device.kept_at(config) is None
    kept_key(config)
    file = config.data_dir / this_device.FILE
    file.chmod(0o640)
    with pytest.raises(PersonError, match="Others than its owner may read"):
        this_device.kept_at(config)
    file.chmod(0o600)
    assert this_device.kept_at(config) is not None
    kept_key(config, store="lyon")
    with pytest.raises(PersonError, match="of store lyon"):
        this_device.kept_at(config)
    file.write_text("{")
    with pytest.raises(PersonError, match="damaged"):
        this_device.kept_at(config)


def test_a_proof_names_the_second_of_the_boxs_clock(tmp_path):
    _, config = a_config(tmp_path)
    proofs = this_device.Proofs(kept_key(config))
    asked = []

    def box(request):
        asked.append(int(request.headers[this_device.HEADER].split(".")[1]))
        return httpx.Response(200, headers={"date": "Fri, 01 Jan 2038 00:00:00 GMT"})

    with httpx.Client(transport=httpx.MockTransport(box), auth=proofs) as http:
        http.get("http://box/")
        http.get("http://box/")
    assert 2_145_916_800 <= asked[1] < 2_145_916_800 + 600
    assert asked[0] < asked[1] - 3_600
