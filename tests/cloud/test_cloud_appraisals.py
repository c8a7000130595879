"""Appraisals: drafts, signed papers that nobody edits, and newer ones that take their place."""

import hashlib
import threading

import pytest
import sqlalchemy as sa

from cloud import appraising, blobs
from cloud.appraising import Appraisal
from cloud.pos.pieces import appraisals
from cloud.pos.pieces.appraised import OfPiece
from cloud.tables import appraisal_event
from cloud.work import begin
from trade.appraisal import APPRAISAL, AppraisalState
from trade.guards import ALL

WORTH = Appraisal(
    value_minor=250_000, currency="EUR", purpose="insurance", appraiser="Ida", day="2026-11-20", note="Fine."
)


@pytest.fixture
def paris(house):
    return house.store("paris", "p1", "p2")


def done(house, act, *args, **more):
    with house.office.transaction() as tx:
        return act(begin(tx, ALL, 7), *args, by="ida", **more)


def about(house, act, name, *args, **more):
    """An act with an appraisal of whichever piece it is of."""
    with house.office.transaction() as tx:
        work = begin(tx, ALL, 7)
        return act(work, OfPiece(work, appraisals.one(tx, name)[0]), name, *args, by="ida", **more)


def draft(house, name, piece="p1"):
    done(house, appraisals.appraise, piece, WORTH, new_id=name)


def sign(house, name, **more):
    return about(house, appraising.sign, name, "FGA", "Retail replacement value", **more)


def test_a_signed_appraisal_is_a_pdf_kept_under_its_hash(house, paris):
    draft(house, "a1")
    signed = sign(house, "a1")
    assert signed.state is AppraisalState.SIGNED
    with house.office.reading() as tx:
        work = begin(tx, ALL, 8)
        kept = blobs.get(tx, signed.sha256, secret=work.secret)
        assert hashlib.sha256(kept.body).hexdigest() == signed.sha256
        assert kept.body.startswith(b"%PDF-")
        assert appraising.of_hash(tx, signed.sha256)[0] == "a1"
        assert appraising.of_hash(tx, "0" * 64) is None


def test_what_is_signed_is_not_signed_again_nor_withdrawn(house, paris):
    draft(house, "a1")
    sign(house, "a1")
    with pytest.raises(appraising.AppraisalError, match="is signed: what was signed is never edited"):
        sign(house, "a1")
    with pytest.raises(appraising.AppraisalError, match="never edited"):
        about(house, appraising.withdraw, "a1", "a slip")
    with pytest.raises(sa.exc.DBAPIError, match="immutable"), house.office.transaction() as tx:
        tx.run(sa.update(appraisal_event).values(sha256="0"))


def test_a_newer_one_takes_its_place_and_the_old_paper_says_so(house, paris):
    draft(house, "a1")
    old = sign(house, "a1")
    about(house, appraising.deliver, "a1", "at the counter")
    draft(house, "a2")
    new = sign(house, "a2", supersedes="a1")
    assert new.sha256 != old.sha256
    with house.office.reading() as tx:
        _, known = appraising.of_hash(tx, old.sha256)
        assert (known.state, known.to) == (AppraisalState.SUPERSEDED, "a2")
    draft(house, "a3")
    with pytest.raises(appraising.AppraisalError, match="superseded by A2"):
        sign(house, "a3", supersedes="a1")


def test_of_two_that_take_the_place_of_one_at_once_the_second_is_told(postgres_office, empty_postgres, house_type):
    house = house_type(postgres_office)
    house.store("paris", "p1")
    for name in ("a1", "a2", "a3"):
        draft(house, name)
    sign(house, "a1")
    told = []

    def late():
        try:
            sign(house, "a3", supersedes="a1")
        except appraising.AppraisalError as error:
            told.append(str(error))

    second = threading.Thread(target=late)
    with house.office.transaction() as tx:
        work = begin(tx, ALL, 7)
        subject = OfPiece(work, "p1")
        appraising.sign(work, subject, "a2", "FGA", "Retail replacement value", by="ida", supersedes="a1")
        second.start()
        second.join(1)
    second.join(30)
    assert told == ["Somebody else did something with it a moment ago: reload the page"]
    with house.office.reading() as tx:
        assert appraisals.one(tx, "a1")[1].to == "a2"
        assert appraisals.one(tx, "a3")[1].state is AppraisalState.DRAFT


def test_an_appraisal_supersedes_only_one_of_the_same_piece(house, paris):
    draft(house, "a1", "p2")
    sign(house, "a1")
    draft(house, "a2")
    for other in ("a1", "nothing"):
        with pytest.raises(appraising.AppraisalError, match="of the same piece"):
            sign(house, "a2", supersedes=other)
    with house.office.reading() as tx:
        assert appraisals.one(tx, "a2")[1].state is AppraisalState.DRAFT


@pytest.mark.parametrize(("credentials", "basis"), [("", "x"), (" ", "x"), ("FGA", ""), ("x" * 201, "x")])
def test_nobody_signs_without_credentials_and_a_kind_of_value(house, paris, credentials, basis):
    draft(house, "a1")
    with pytest.raises(appraising.AppraisalError, match="Say"):
        about(house, appraising.sign, "a1", credentials, basis)


def test_a_draft_may_be_withdrawn_and_is_not_handed_over(house, paris):
    draft(house, "a1")
    with pytest.raises(appraising.AppraisalError, match="is a draft"):
        about(house, appraising.deliver, "a1", "by post")
    about(house, appraising.withdraw, "a1", "the stone was another")
    with pytest.raises(appraising.AppraisalError, match="is withdrawn"):
        sign(house, "a1")


def test_every_state_is_reached_and_ends():
    assert APPRAISAL.reachable() == APPRAISAL.states()
    assert APPRAISAL.can_end() == APPRAISAL.states()
