"""Which tag may become whose."""

import msgspec
import pytest

from contract.facts import ClaimKind, TagBound
from trade.acts import BindTag
from trade.custody import TokenState
from trade.piece import Hold
from trade.refusal import Refusal, Why
from trade.scene import Scene

EPC, TID = "30AA", "E2801160600002AA55AA0001"


def bind(mind, standing, *, epc=EPC, tid=TID, read_back=EPC, holder=None):
    scene = Scene(pieces={standing.piece: standing}, tag_holder=holder)
    return mind.decide(scene, BindTag(piece=standing.piece, epc=epc, tid=tid, read_back=read_back))


def test_a_piece_of_this_store_gets_its_tag(mind):
    (fact,) = bind(mind, mind.standing())
    assert fact == TagBound(piece="ring", ce=7, n=1, epc=EPC, tid=TID)


def test_a_new_tag_names_the_one_before_it_and_counts_on(mind):
    card = msgspec.structs.replace(mind.card(), epc="30BB", binding=4)
    (fact,) = bind(mind, mind.standing(card=card))
    assert (fact.was, fact.n) == ("30BB", 5)


def test_a_binding_that_stands_is_not_said_twice(mind):
    card = msgspec.structs.replace(mind.card(), epc=EPC, tid=TID, binding=1)
    assert bind(mind, mind.standing(card=card), epc=EPC.lower(), tid=TID.lower()) == ()


@pytest.mark.parametrize("read_back", ["", "30AB"])
def test_a_tag_that_was_not_read_back_is_bound_to_nothing(mind, read_back):
    refused = bind(mind, mind.standing(), read_back=read_back)
    assert refused.code is Why.NOT_READ_BACK
    assert read_back or "nothing" in refused.why


def test_a_tag_without_an_epc_is_bound_to_nothing(mind):
    assert bind(mind, mind.standing(), epc="", read_back="").code is Why.NOT_READ_BACK


def test_a_tag_of_another_piece_stays_with_it(mind):
    refused = bind(mind, mind.standing(), holder=mind.standing("brooch"))
    assert refused.code is Why.TAG_TAKEN
    assert "The brooch" in refused.why


def test_a_tag_this_piece_has_already_is_no_hindrance(mind):
    assert isinstance(bind(mind, mind.standing(), holder=mind.standing()), tuple)


def test_a_sold_piece_keeps_the_tag_it_was_sold_with(mind):
    assert bind(mind, mind.standing(state=TokenState.SOLD)).code is Why.ALREADY_SOLD


def test_a_piece_of_another_store_is_not_tagged_here(mind):
    assert bind(mind, mind.standing(state=TokenState.AWAY)).code is Why.NOT_OURS
    assert bind(mind, mind.standing(token=None)).code is Why.NOT_OURS


def test_an_untagged_piece_on_its_way_here_gets_a_tag_so_that_the_pad_can_receive_it(mind):
    assert isinstance(bind(mind, mind.standing(state=TokenState.INCOMING)), tuple)


@pytest.mark.parametrize("kind", ClaimKind)
def test_a_tag_somebody_counts_on_is_not_changed(mind, kind):
    answer = bind(mind, mind.standing(claim=mind.claim(kind=kind)))
    counted_on = kind in (ClaimKind.CART, ClaimKind.LEASE, ClaimKind.TRANSFER, ClaimKind.MEMO)
    assert isinstance(answer, Refusal) is counted_on


def test_a_piece_kept_for_a_return_is_not_tagged_meanwhile(mind):
    assert bind(mind, mind.standing(hold=Hold(piece="ring", sale="s1"))).code is Why.ON_HOLD


def test_a_piece_nobody_told_us_of_is_not_tagged(mind):
    assert bind(mind, mind.standing(card=None)).code is Why.UNKNOWN_PIECE
