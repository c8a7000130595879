"""Tokens, leases, recalls, transfers: who may decide, and what is answered."""

import msgspec
import pytest

from contract.commands import ConvertLease, CustodyState, GrantCustody, RecallCustody, ReleaseLease, RequestLease
from contract.facts import (
    ClaimEnd,
    ClaimEnded,
    ClaimKind,
    CustodyReceived,
    CustodyReleased,
    LeaseGranted,
    LeaseRefused,
    LeaseUnconvertible,
    PieceSighted,
    RecallRefused,
)
from trade import lease
from trade.acts import BreakLease, HoldPiece, ReleaseHold, Ship, Sight
from trade.claim import claim_of
from trade.custody import Token, TokenEvent, TokenState, granted, moved
from trade.guards import ALL, Guards
from trade.refusal import Why
from trade.scene import Scene


def _lease(fence=1, ce=7):
    return claim_of(LeaseGranted(piece="ring", ce=ce, fence=fence, order="W1"), 1)


def test_a_grant_that_is_not_newer_changes_nothing():
    token = Token(piece="ring", ce=7, state=TokenState.SOLD)
    old = GrantCustody(piece="ring", ce=7, state=CustodyState.HERE)
    assert granted(token, old) is None
    new = msgspec.structs.replace(old, ce=8)
    assert granted(token, new) == Token(piece="ring", ce=8, state=TokenState.HERE)


def test_an_event_the_table_does_not_know_leaves_the_token_alone():
    token = Token(piece="ring", ce=7, state=TokenState.INCOMING)
    assert moved(token, TokenEvent.RECORDED, sale="s") == token


def test_a_lease_is_granted_only_for_a_piece_a_reader_sees(mind):
    ask = RequestLease(piece="ring", order="W1")
    (yes,) = lease.answer_request(ask, mind.standing(), ALL)
    assert isinstance(yes, LeaseGranted)
    assert (yes.ce, yes.fence) == (7, 1)
    unseen = mind.standing(seen=False, on_pad=False)
    assert isinstance(lease.answer_request(ask, unseen, ALL)[0], LeaseRefused)
    bold = Guards(lease_needs_sight=False)
    assert isinstance(lease.answer_request(ask, unseen, bold)[0], LeaseGranted)


def test_a_claimed_or_absent_piece_is_not_leased(mind):
    ask = RequestLease(piece="ring", order="W1")
    assert isinstance(lease.answer_request(ask, mind.standing(claim=mind.claim()), ALL)[0], LeaseRefused)
    assert isinstance(lease.answer_request(ask, mind.standing(state=TokenState.AWAY), ALL)[0], LeaseRefused)


@pytest.mark.parametrize("other", [{"fence": 2}, {"ce": 8}, {"order": "W2"}])
def test_a_release_meant_for_another_lease_frees_nothing(other):
    word = msgspec.structs.replace(ReleaseLease(piece="ring", ce=7, fence=1, order="W1"), **other)
    assert lease.release(word, _lease(), ALL) == ()
    assert lease.release(word, _lease(), Guards(fence_match=False)) != ()


def test_a_captured_order_sells_the_leased_piece_once(mind):
    word = ConvertLease(piece="ring", ce=7, fence=1, order="W1")
    (ended,) = lease.convert(word, _lease(), Token(piece="ring", ce=7, state=TokenState.HERE), ALL)
    assert isinstance(ended, ClaimEnded)
    assert ended.how is ClaimEnd.CONVERTED
    assert lease.convert(word, None, Token(piece="ring", ce=7, state=TokenState.SOLD, sale="W1"), ALL) == ()
    (gone,) = lease.convert(word, None, Token(piece="ring", ce=7, state=TokenState.SOLD, sale="sale-1"), ALL)
    assert isinstance(gone, LeaseUnconvertible)


def test_a_recall_is_refused_when_the_piece_is_claimed_or_stands_here(mind):
    word = RecallCustody(piece="ring", ce=7)
    unseen = {"seen": False, "on_pad": False}
    (yes,) = lease.answer_recall(word, mind.standing(**unseen), ALL)
    assert isinstance(yes, CustodyReleased)
    (seen,) = lease.answer_recall(word, mind.standing(), ALL)
    assert isinstance(seen, RecallRefused)
    (claimed,) = lease.answer_recall(word, mind.standing(claim=mind.claim(), **unseen), ALL)
    assert isinstance(claimed, RecallRefused)
    (unguarded,) = lease.answer_recall(word, mind.standing(), Guards(recall_checks=False))
    assert isinstance(unguarded, CustodyReleased)
    (other,) = lease.answer_recall(RecallCustody(piece="ring", ce=6), mind.standing(**unseen), ALL)
    assert isinstance(other, RecallRefused)


def test_shipping_gives_every_piece_up_in_one_go_or_none(mind):
    scene = Scene(pieces={"ring": mind.standing(), "brooch": mind.standing("brooch")})
    manifest, *gone = mind.decide(scene, Ship(transfer="t1", to="b", pieces=("ring", "brooch")))
    assert manifest.pieces == ("ring", "brooch")
    assert [(fact.piece, fact.to) for fact in gone] == [("ring", "b"), ("brooch", "b")]
    held = Scene(pieces={"ring": mind.standing(), "brooch": mind.standing("brooch", claim=mind.claim("brooch"))})
    assert mind.decide(held, Ship(transfer="t1", to="b", pieces=("ring", "brooch"))).code is Why.CLAIMED


def test_a_piece_named_twice_is_not_given_up_twice(mind):
    scene = Scene(pieces={"ring": mind.standing()})
    assert mind.decide(scene, Ship(transfer="t1", to="b", pieces=("ring", "ring"))).code is Why.WRONG_STATE


def test_a_granted_piece_is_received_when_it_is_read_and_a_stranger_is_sighted(mind):
    scene = Scene(
        pieces={"ring": mind.standing(state=TokenState.INCOMING), "watch": mind.standing("watch", token=None)}
    )
    received, sighted = mind.decide(scene, Sight(pieces=("ring", "watch", "spoon"), zone="pad"))
    assert isinstance(received, CustodyReceived)
    assert isinstance(sighted, PieceSighted)
    assert sighted.piece == "watch"


def test_only_a_reason_breaks_a_lease(mind):
    leased = Scene(pieces={"ring": mind.standing(claim=_lease())})
    assert mind.decide(leased, BreakLease(piece="ring", reason=" ")).code is Why.EMPTY
    (broken,) = mind.decide(leased, BreakLease(piece="ring", reason="client at the counter, line cut"))
    assert broken.how is ClaimEnd.BROKEN
    assert mind.decide(Scene(pieces={"ring": mind.standing()}), BreakLease(piece="ring", reason="x")).code is (
        Why.NOT_FOUND
    )


def test_a_layaway_keeps_a_piece_until_it_is_released(mind):
    keep = HoldPiece(claim="l1", piece="ring", kind=ClaimKind.LAYAWAY, ref="client-7")
    (held,) = mind.decide(Scene(pieces={"ring": mind.standing()}), keep)
    (freed,) = mind.decide(Scene(claim=claim_of(held, 1)), ReleaseHold(claim="l1"))
    assert freed.how is ClaimEnd.RELEASED
    assert mind.decide(Scene(claim=mind.claim()), ReleaseHold(claim="c-9")).code is Why.WRONG_STATE
