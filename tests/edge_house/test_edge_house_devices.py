"""Devices with keys of their own: enrolled once, useless when copied, bound to their till, renewed, and ended at once."""

import asyncio
import types

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contract.entries import decode_entry
from contract.facts import DeviceNoted, Stream
from contract.ids import UserId
from edge import own_books
from edge.api.devices import routes
from edge.api.proving.devices import HEADER, PROOFS_MAX
from edge.api.proving.proof import GOOD_S, as_text, enrolment_words, presence_words, read_proof, rotation_words
from edge.api.proving.tokens import GOOD_US, read_token, spaced
from edge.books import local
from trade.acts import CloseShift
from web.sse import HELLO


class Device:
    """What a browser or a program does: makes its key, and signs with it."""

    def __init__(self, face):
        self.face, self.name = face, ""
        self.key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self):
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def sign(self, words):
        parts = decode_dss_signature(self.key.sign(words, ec.ECDSA(hashes.SHA256())))
        return as_text(b"".join(part.to_bytes(32) for part in parts))

    def ask_in(self, token):
        body = {
            "token": token,
            "public_key": as_text(self.public_key),
            "signature": self.sign(enrolment_words("paris", read_token(token), self.public_key)),
        }
        answer = self.face.client.post("/api/v1/devices", json=body)
        if answer.status_code == 201:
            self.name = answer.json()["device"]
        return answer

    def proof(self, late_s=0):
        at_s = self.face.clock.wall_us() // 1_000_000 - late_s
        return {HEADER: f"{self.name}.{at_s}.{self.sign(presence_words('paris', self.name, at_s))}"}

    def sign_in(self, user="ana"):
        self.face.bearer(user)  # they have a PIN now
        answer = self.face.client.post("/api/v1/login", json={"user": user, "pin": "4711"}, headers=self.proof())
        self.face.client.cookies.clear()
        assert answer.status_code == 200, answer.text
        return {"authorization": f"Bearer {answer.json()['token']}"}


def token(face, till="till-1", user="max"):
    answer = face.post("/devices/tokens", {"name": "Window", "till": till}, user=user)
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]


@pytest.fixture
def device(face):
    device = Device(face)
    assert device.ask_in(token(face)).status_code == 201
    return device


def store(face, *headers):
    together = {name: value for each in headers for name, value in each.items()}
    return face.client.get("/api/v1/store", headers=together).status_code


def test_a_copied_login_opens_nothing_without_the_key_of_its_device(face, device):
    login = device.sign_in()
    assert store(face, login, device.proof()) == 200
    assert store(face, login) == 401
    thief = Device(face)
    thief.name = device.name
    assert store(face, login, thief.proof()) == 401
    assert store(face, login, device.proof()) == 200, "who holds the key is still signed in"


def test_control_a_login_of_a_browser_that_is_not_enrolled_needs_no_proof(face):
    assert store(face, face.bearer("ana")) == 200


def test_a_copied_proof_is_good_for_half_a_minute_and_no_longer(face, device):
    login = device.sign_in()
    copied = device.proof()
    assert store(face, login, copied) == 200
    face.clock.now += (GOOD_S + 1) * 1_000_000
    assert store(face, login, copied) == 401
    assert store(face, login, device.proof(late_s=-GOOD_S - 1)) == 401, "nor one that is dated ahead"
    assert store(face, login, device.proof()) == 200
    assert face.edge.shop.devices.proofs_refused_total == 2


def test_a_device_that_is_ended_is_out_at_once_and_so_is_its_open_page(face, device):
    login = device.sign_in()
    bearer = login["authorization"].split()[1]

    async def told():
        stream = face.edge.shop.bulletin.listen(lambda: face.edge.shop.logins.alive(bearer))
        await anext(stream)
        ended = await asyncio.to_thread(face.post, f"/devices/{device.name}/end", user="max")
        assert ended.status_code == 200
        return [word async for word in stream]

    assert asyncio.run(told())[-1].startswith(f"event: {HELLO}".encode())
    assert store(face, login, device.proof()) == 401
    again = face.client.post("/api/v1/login", json={"user": "ana", "pin": "4711"}, headers=device.proof()).json()
    assert store(face, {"authorization": f"Bearer {again['token']}"}, device.proof()) == 200, "as any browser may"
    assert face.edge.shop.logins.find(again["token"], bearer=True).device == ""


def test_what_becomes_of_a_device_stands_in_the_journal_for_the_next_box(face, device):
    def told():
        books = face.edge.shop.store.books
        rows = books.journal(books.node().epoch, Stream.TRADE, 1, 1_000)
        entries = [decode_entry(row.body) for row in rows]
        return [
            (entry.by, f.device, f.ended_us > 0) for entry in entries for f in entry.facts if isinstance(f, DeviceNoted)
        ]

    assert told() == [("max", device.name, False)]
    assert face.post(f"/devices/{device.name}/end", user="max").status_code == 200
    assert told()[1:] == [("max", device.name, True)]


def test_a_token_enrols_one_device_within_ten_minutes(face):
    given = token(face)
    first, second = Device(face), Device(face)
    assert first.ask_in(spaced(given).lower()).status_code == 201, "as people type it"
    assert second.ask_in(given).status_code == 403
    late = token(face)
    face.clock.now += GOOD_US + 1
    assert second.ask_in(late).status_code == 403
    assert [each.device for each in local.devices(face.edge.shop.db)] == [first.name]


def test_who_guesses_codes_takes_no_turn_of_the_house(face):
    thief, tally, good = Device(face), face.edge.shop.house.tally, token(face)
    before = tally.acts_total
    assert thief.ask_in("0000000000").status_code == 403
    assert tally.acts_total == before
    assert thief.ask_in(good).status_code == 201
    assert tally.acts_total > before, "the control"


def test_a_token_is_good_for_the_key_that_was_signed_with_it_alone(face):
    given = token(face)
    mine, other = Device(face), Device(face)
    body = {
        "token": given,
        "public_key": as_text(other.public_key),
        "signature": mine.sign(enrolment_words("paris", given, other.public_key)),
    }
    assert face.client.post("/api/v1/devices", json=body).status_code == 422
    assert face.client.post("/api/v1/devices", json={**body, "public_key": as_text(bytes(65))}).status_code == 422
    assert mine.ask_in(given).status_code == 201, "the token was not used up"


def test_who_may_not_let_people_choose_pins_makes_no_token(face):
    assert face.post("/devices/tokens", {"name": "Mine"}, user="ana").status_code == 403
    assert face.client.get("/devices", headers=face.bearer("ana")).status_code == 403


def test_the_next_key_is_signed_with_the_present_one_which_is_then_good_for_nothing(face, device):
    login = device.sign_in()
    old, new = device.key, ec.generate_private_key(ec.SECP256R1())
    fresh = Device(face)
    fresh.key, fresh.name = new, device.name
    words = rotation_words("paris", device.name, fresh.public_key)
    path = f"/api/v1/devices/{device.name}/key"

    def change(by):
        body = {"public_key": as_text(fresh.public_key), "signature": by.sign(words)}
        return face.client.post(path, json=body).status_code

    assert change(fresh) == 403
    assert [change(device), change(device)] == [204, 204], "again, after a lost answer"
    assert store(face, login, fresh.proof()) == 200
    device.key = old
    assert store(face, login, device.proof()) == 401


def test_a_till_acts_for_no_other_till(face, device):
    login = device.sign_in("max")

    def opened(till):
        headers = {**login, **device.proof()}
        return face.client.post("/api/v1/shifts", json={"till": till, "float_minor": 0}, headers=headers)

    assert opened("till-2").status_code == 403
    assert "This device is till-1" in opened("till-2").json()["title"]
    assert opened("till-1").status_code == 201
    page = face.client.get("/register?till=till-2", headers={**login, **device.proof()})
    assert 'data-till="till-2"' not in page.text
    assert face.post("/shifts", {"till": "till-2", "float_minor": 0}, user="max").status_code == 201, "from no till"


def test_an_approval_is_not_used_up_by_what_belongs_to_another_till(face, device):
    """Somebody answered for it: at the till that it belongs to it is still good."""
    shop, login = face.edge.shop, device.sign_in("max")
    assert face.post("/shifts", {"till": "till-2", "float_minor": 0}, user="max").status_code == 201
    act, asker, now_us = CloseShift(till="till-2", cash_counted_minor=0), UserId("max"), shop.clock.mono_us()
    shop.approvals.approve(shop.approvals.ask(act, asker, "look", now_us), asker, UserId("ana"), now_us)
    body = {"till": "till-2", "cash_counted_minor": 0}
    closed = face.client.post("/api/v1/shifts/close", json=body, headers={**login, **device.proof()})
    assert closed.status_code == 403
    assert "This device is till-1" in closed.json()["title"]
    assert shop.approvals.use(act, asker, shop.clock.mono_us()) is not None


def test_codes_that_are_open_together_enrol_no_more_devices_than_may_be(face, monkeypatch):
    first, second = token(face), token(face, till="till-2")
    monkeypatch.setattr(routes, "DEVICES_MAX", 1)
    assert Device(face).ask_in(first).status_code == 201
    refused = Device(face).ask_in(second)
    assert (refused.status_code, refused.json()["title"]) == (409, "There are as many devices as may be")
    assert len(local.devices(face.edge.shop.db)) == 1
    monkeypatch.undo()
    assert Device(face).ask_in(second).status_code == 201, "the code is still good"


def test_where_only_enrolled_devices_sign_in_nobody_else_does_and_earlier_logins_end(face, device):
    before = face.bearer("ana")
    face.edge.shop.devices.only = True
    assert store(face, before) == 401
    refused = face.client.post("/api/v1/login", json={"user": "ana", "pin": "4711"})
    assert (refused.status_code, "not enrolled" in refused.json()["title"]) == (403, True)
    assert store(face, device.sign_in(), device.proof()) == 200


def test_the_first_device_gets_its_code_on_the_box_itself(face):
    code = own_books.device_token(face.config, "Back office", "")
    assert Device(face).ask_in(code).status_code == 201
    kept = local.devices(face.edge.shop.db)[0]
    assert (kept.name, kept.till, kept.by) == ("Back office", "", "box")
    with pytest.raises(own_books.ConfigError, match="no till 'till-9': say one of till-1, till-2"):
        own_books.device_token(face.config, "Front", "till-9")


def test_a_page_whose_proof_has_aged_is_led_back_to_where_it_was(face, device):
    login = face.client.post(
        "/sign-in", data={"user": "ana", "pin": "4711"}, headers=device.proof(), follow_redirects=False
    )
    assert login.status_code == 303
    face.clock.now += 60_000_000
    door = face.client.get("/sign-in?next=/register")
    assert 'data-back="/register"' in door.text
    face.client.cookies.clear()
    assert "data-back" not in face.client.get("/sign-in?next=/register").text


@pytest.mark.parametrize("text", ["", "x", "a.b.c", f"{'a' * 8}.1.{'A' * 85}", f"{'a' * 8}.1.{'=' * 86}"])
def test_what_is_no_proof_is_none(text):
    assert read_proof(text) is None


def test_checked_proofs_are_few(face, device):
    devices = face.edge.shop.devices
    for second in range(GOOD_S):
        request = types.SimpleNamespace(headers=device.proof(late_s=second), cookies={})
        assert devices.at(request).device == device.name
    assert len(devices._checked) == GOOD_S <= PROOFS_MAX
    assert msgspec.structs.asdict(devices.at(request))["till"] == "till-1"
