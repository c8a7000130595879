"""Appraisals of what is a client's own: sealed with their key, signed for ever, gone with them."""

import hashlib
import io
import json
import re

import pytest
import sqlalchemy as sa
from PIL import Image

from cloud import appraising
from cloud.appraising import AppraisalError
from cloud.people import Keyring
from cloud.pos.clients import desk, erasing, queries, things
from cloud.pos.clients.things import Draft, OfClient, Thing
from cloud.pos.clients.timeline import timeline
from cloud.sealing import passing
from cloud.tables import appraisal_event, client_appraisal, client_paper
from cloud.work import begin
from contract.ids import PersonId, UserId
from trade.appraisal import AppraisalState
from trade.guards import ALL
from web.images import BlobError

EVA, MAX, IDA = PersonId("eva"), PersonId("max"), UserId("ida")
BASIS = "Retail replacement value"
RING = Draft(
    thing=Thing(
        title="Ring of her grandmother", metals="Platinum 950", weight="4.2 g", stones="1 diamond of 1.01 ct",
        declared="Inherited in 1998",
    ),
    value_minor=1_250_000, currency="EUR", purpose="Insurance", appraiser="Ida Muster", day="2026-11-20",
)  # fmt: skip
SECRETS = (b"grandmother", b"Inherited", b"Insurance", b"1250000", b"her husband", b"the stone", b"Ida Muster")


def jpeg(colour="red"):
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "JPEG")
    return out.getvalue()


class House:
    def __init__(self, office):
        self.office, self.ring = office, Keyring(passing())
        for person, name in ((EVA, "Eva"), (MAX, "Max")):
            self.do(desk.create, person, {"given_name": name}, store="paris", why="new")

    def do(self, act, *args, **more):
        with self.office.transaction() as tx:
            return act(begin(tx, ALL, 7), self.ring, *args, by=IDA, **more)

    def begin(self, name, person=EVA, of="", draft=RING):
        return self.do(things.begin, person, draft, new_id=name, of=of)

    def act(self, act, name, *args, person=EVA, of="a1", **more):
        with self.office.transaction() as tx:
            work = begin(tx, ALL, 7)
            return act(work, OfClient(work, self.ring, person, of), name, *args, by=IDA, **more)

    def sign(self, name, **more):
        return self.act(appraising.sign, name, "FGA", BASIS, **more)

    def read(self, look, *args, **more):
        with self.office.reading() as tx:
            return look(tx, self.ring, *args, **more)

    def rows(self):
        """All that is kept of appraisals, as bytes."""
        with self.office.reading() as tx:
            found = [
                row for table in (client_appraisal, client_paper, appraisal_event) for row in tx.rows(sa.select(table))
            ]
        return b"\n".join(repr(dict(row)).encode() for row in found)


@pytest.fixture
def house(office):
    return House(office)


def test_a_signed_one_is_a_pdf_of_what_was_found_kept_under_its_hash(house):
    house.begin("a1")
    photo = house.do(things.add_photo, EVA, "a1", jpeg())
    signed = house.sign("a1")
    assert signed.state is AppraisalState.SIGNED
    paper = house.read(things.paper, EVA, "a1", signed.sha256)
    assert hashlib.sha256(paper.body).hexdigest() == signed.sha256
    assert paper.body.startswith(b"%PDF-")
    assert paper.body.count(b"/DCTDecode") == 1, "the photo is on it"
    assert house.read(things.paper, EVA, "a1", photo, thumb=True).body.startswith(b"\xff\xd8")
    with house.office.reading() as tx:
        assert appraising.of_hash(tx, signed.sha256) == (
            "a1",
            appraising.Standing(AppraisalState.SIGNED, signed.sha256),
        )


def test_nothing_that_is_said_in_one_stands_in_clear_and_erasing_its_client_destroys_it(house):
    house.begin("a1")
    house.do(things.add_photo, EVA, "a1", jpeg())
    signed = house.sign("a1")
    house.act(appraising.deliver, "a1", "to her husband")
    house.begin("a2", of="a1")
    house.act(appraising.withdraw, "a2", "the stone was another")
    kept = house.rows()
    assert [word for word in SECRETS if word in kept] == []
    handed = house.read(lambda tx, ring: things.export(tx, ring, EVA))
    told = json.dumps(handed)
    assert [word for word in SECRETS if word.decode() not in told] == [], "all of it is theirs, and handed out"
    with house.office.transaction() as tx:
        erasing.erase(house.office, begin(tx, ALL, 8), EVA, "asked", by=IDA)
    assert house.read(things.listing, EVA) == []
    assert house.read(things.paper, EVA, "a1", signed.sha256) is None
    with house.office.reading() as tx:
        assert {bytes(row["sealed"]) for row in tx.rows(sa.select(client_appraisal))} == {b""}
        assert {bytes(row[part]) for row in tx.rows(sa.select(client_paper)) for part in ("sealed", "thumb")} == {b""}
        assert appraising.of_hash(tx, signed.sha256) is not None, "the paper they have is still known as ours"
    with pytest.raises(desk.UnknownClientError, match="erased"):
        house.begin("a3")


def test_what_is_signed_gets_no_photo_no_second_signature_and_is_not_withdrawn(house):
    house.begin("a1")
    with pytest.raises(AppraisalError, match="is a draft"):
        house.act(appraising.deliver, "a1", "by post")
    house.sign("a1")
    for refused in (
        lambda: house.sign("a1"),
        lambda: house.act(appraising.withdraw, "a1", "a slip"),
        lambda: house.do(things.add_photo, EVA, "a1", jpeg()),
    ):
        with pytest.raises(AppraisalError, match="never edited"):
            refused()


def test_a_newer_one_of_the_same_thing_takes_its_place_and_one_of_another_does_not(house):
    house.begin("a1")
    house.sign("a1")
    house.begin("other")
    house.begin("a2", of="a1")
    with pytest.raises(AppraisalError, match="of the same piece"):
        house.sign("other", of="other", supersedes="a1")
    house.sign("a2", supersedes="a1")
    known = {each.told.appraisal: each for each in house.read(things.listing, EVA)}
    assert (known["a1"].told.state, known["a1"].newer) == (AppraisalState.SUPERSEDED, "A2")
    assert known["a2"].stands
    assert known["other"].told.state is AppraisalState.DRAFT
    with pytest.raises(AppraisalError, match="no such thing"):
        house.begin("a3", person=MAX, of="a1")
    assert house.read(things.one, MAX, "a1") is None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"thing": Thing(title=" ", metals="gold")}, "Say what it is"),
        ({"thing": Thing(title="Ring")}, "Describe it"),
        ({"thing": Thing(title="Ring", stones="x" * 1001)}, "Stones: at most 1000"),
        ({"value_minor": 0}, "Value: what is it worth"),
        ({"currency": "eur"}, "Currency: three capital"),
        ({"day": "yesterday"}, "Day: a day as"),
        ({"appraiser": ""}, "Appraiser: 1 to"),
    ],
)
def test_a_draft_that_cannot_be_kept_says_what_to_write(wrong, words):
    with pytest.raises(AppraisalError, match=words):
        things.checked(Draft(**{**{name: getattr(RING, name) for name in Draft.__struct_fields__}, **wrong}))


def test_photos_are_bounded_and_pictures(house):
    house.begin("a1")
    for n in range(things.PHOTOS_MAX):
        house.do(things.add_photo, EVA, "a1", jpeg((n * 40, 200, 0)))
    with pytest.raises(AppraisalError, match=f"at most {things.PHOTOS_MAX} photos"):
        house.do(things.add_photo, EVA, "a1", jpeg("blue"))
    house.begin("a2")
    with pytest.raises(BlobError):
        house.do(things.add_photo, EVA, "a2", b"no picture")
    with pytest.raises(AppraisalError, match="JPEG, PNG or WebP"):
        house.do(things.add_photo, EVA, "a2", b"%PDF-1.4\n%%EOF")


def test_it_stands_on_the_timeline_by_its_number_alone(house):
    house.begin("a1")
    house.sign("a1")
    with house.office.transaction() as tx:
        work = begin(tx, ALL, 9)
        seen = queries.detail(work, house.ring, EVA, desk.read(work, house.ring, EVA))
        (event,) = (each for each in timeline(tx, seen) if each.kind == "appraisal")
    assert (event.text, event.by, event.link) == ("A1 signed", IDA, "/clients/eva/appraisals")
    assert not re.search("grandmother|1.?250", event.text)
