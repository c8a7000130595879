"""Appointments at a store: pieces claimed when the tray is ready, and read back, every one, before it is closed."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contract.facts import AppointmentClosed, AppointmentEvent, ClaimEnd, ClaimEnded, ClaimKind
from contract.feed import AppointmentCard, FeedPage, FeedRow
from edge.books import fold_appointments, replica
from edge.till.approvals import Approval
from trade.acts import (
    AddPiece,
    CloseAppointment,
    HoldPiece,
    MoveAppointment,
    OpenSale,
    PrepareTray,
    ReleaseHold,
    RemoveLine,
)
from trade.appointment import APPOINTMENT, AppointmentState
from trade.guards import Guards
from trade.refusal import Why

EVENT = AppointmentEvent
ONE = "appointment-1"


def told(shop, appointment=ONE, **changes):
    given = {
        "appointment": appointment, "store": "paris", "person": "client-1", "staff": "anna", "starts_us": 1, "ends_us": 2,
        "tray": "blue", "pieces": ("ring",), "sequence": 1,
    }  # fmt: skip
    row = FeedRow(rev=50, scope="paris", key=f"appointment:{appointment}", body=AppointmentCard(**(given | changes)))
    replica.take(shop.books, FeedPage(rows=(row,), upto=50, more=False))


@pytest.fixture
def shop(new_shop):
    shop = new_shop().join("ring", "pin", "watch").open_shift()
    told(shop)
    return shop


def prepare(*pieces, appointment=ONE):
    return PrepareTray(appointment=appointment, pieces=pieces, tray="blue")


def go(event):
    return MoveAppointment(appointment=ONE, event=event)


def close(event=EVENT.FINISH, why=""):
    return CloseAppointment(appointment=ONE, event=event, why=why)


def here(shop, *pieces):
    shop.done(prepare(*pieces), pad=pieces)
    shop.done(go(EVENT.ARRIVE))
    shop.done(go(EVENT.BEGIN))


def state(shop):
    return fold_appointments.load(shop.books.db, ONE).state


def test_a_tray_is_made_ready_shown_and_closed_once_everything_is_back(shop):
    here(shop, "ring", "pin")
    assert state(shop) is AppointmentState.IN_PROGRESS
    refusal = shop.refused(close(), pad=["ring"])
    assert refusal.code is Why.NOT_READ_BACK
    assert "The pin" in refusal.why
    shop.sees.add("pin")
    done = shop.done(close(), pad=["ring"])
    ended = [fact for entry in done.entries for fact in entry.facts if isinstance(fact, ClaimEnded)]
    assert {fact.how for fact in ended} == {ClaimEnd.RELEASED}
    assert len(ended) == 2
    assert state(shop) is AppointmentState.DONE


def test_without_the_guard_a_tray_would_be_closed_over_a_missing_piece(new_shop):
    shop = new_shop(guards=Guards(tray_read_back=False)).join("ring").open_shift()
    told(shop)
    here(shop, "ring")
    shop.done(close())


def test_a_piece_of_a_tray_is_nobody_elses(shop):
    told(shop, "appointment-2")
    shop.done(prepare("ring"), pad=["ring"])
    shop.done(OpenSale(sale="s1", till="till-1", currency="EUR"))
    for act in (
        AddPiece(sale="s1", piece="ring"),
        AddPiece(sale="s1", piece="ring", appointment="appointment-2"),
        HoldPiece(claim="c", piece="ring", kind=ClaimKind.LAYAWAY, ref="x"),
        prepare("ring", appointment="appointment-2"),
    ):
        refusal = shop.refused(act, pad=["ring"])
        assert refusal.code is Why.CLAIMED
        assert "is kept for an appointment: open that one" in refusal.why


def test_preparing_it_again_changes_nothing_and_another_piece_joins(shop):
    shop.done(prepare("ring"), pad=["ring"])
    assert shop.done(prepare("ring"), pad=["ring"]).entries == ()
    shop.done(go(EVENT.ARRIVE))
    shop.done(prepare("ring", "pin"), pad=["ring", "pin"])
    assert fold_appointments.load(shop.books.db, ONE).pieces == ("ring", "pin")
    assert state(shop) is AppointmentState.ARRIVED


@pytest.mark.parametrize(
    ("pieces", "pad", "code"),
    [
        ((), (), Why.EMPTY),
        (("ring", "ring"), ("ring",), Why.WRONG_STATE),
        (("ring",), (), Why.NOT_SEEN),
        (("stranger",), ("stranger",), Why.NOT_OURS),
    ],
)
def test_what_cannot_lie_on_a_tray_says_why(shop, pieces, pad, code):
    assert shop.refused(prepare(*pieces), pad=pad).code is code


def test_what_the_office_never_told_or_took_back_is_not_prepared(shop):
    assert shop.refused(prepare("ring", appointment="other"), pad=["ring"]).code is Why.NOT_FOUND
    told(shop, cancelled=True, sequence=2)
    assert "cancelled" in shop.refused(prepare("ring"), pad=["ring"]).why


def test_the_client_takes_one_and_the_rest_comes_back(shop):
    here(shop, "ring", "pin")
    shop.done(OpenSale(sale="s1", till="till-1", currency="EUR"))
    shop.done(AddPiece(sale="s1", piece="ring", appointment=ONE), pad=["ring"])
    assert "The ring" in shop.refused(close(), pad=["pin"]).why
    shop.pay("s1", "ring")
    shop.done(close(), pad=["pin"])


def test_one_that_came_out_of_the_cart_again_has_to_come_back_too(shop):
    here(shop, "ring")
    shop.done(OpenSale(sale="s1", till="till-1", currency="EUR"))
    done = shop.done(AddPiece(sale="s1", piece="ring", appointment=ONE), pad=["ring"])
    line = done.entries[0].facts[-1].line.line
    shop.done(RemoveLine(sale="s1", line=line))
    assert shop.refused(close()).code is Why.NOT_READ_BACK
    shop.done(close(), pad=["ring"])


def test_nothing_is_sold_from_a_tray_before_its_client_is_here(shop):
    shop.done(prepare("ring"), pad=["ring"])
    shop.done(OpenSale(sale="s1", till="till-1", currency="EUR"))
    assert "not here yet" in shop.refused(AddPiece(sale="s1", piece="ring", appointment=ONE), pad=["ring"]).why


def test_a_piece_of_an_open_tray_is_not_let_go_by_itself(shop):
    done = shop.done(prepare("ring"), pad=["ring"])
    claim = done.entries[0].facts[0].claim
    assert "close that" in shop.refused(ReleaseHold(claim=claim), pad=["ring"]).why
    shop.done(close(EVENT.MISS), pad=["ring"])


def test_a_tray_that_is_not_whole_is_closed_by_a_managers_word_alone(shop):
    here(shop, "ring", "pin")
    shop.refused(close(why=" "), by="lea", pad=["ring"])
    refusal = shop.refused(close(why="It is at the polisher"), by="lea", pad=["ring"])
    assert refusal.code is Why.NEEDS_APPROVAL
    assert "The pin" in refusal.why
    approval = Approval(by="marie", over=refusal.why)
    done = shop.done(close(why="It is at the polisher"), by="lea", pad=["ring"], approval=approval)
    (closed,) = [fact for entry in done.entries for fact in entry.facts if isinstance(fact, AppointmentClosed)]
    assert (closed.unread, closed.why, closed.approved_by) == (("pin",), "It is at the polisher", "marie")
    ended = {fact.piece: fact.how for entry in done.entries for fact in entry.facts if isinstance(fact, ClaimEnded)}
    assert ended == {"ring": ClaimEnd.RELEASED, "pin": ClaimEnd.BROKEN}


@pytest.mark.parametrize("event", [EVENT.BEGIN, EVENT.CONFIRM, EVENT.FINISH])
def test_what_does_not_come_next_is_refused_with_a_sentence(shop, event):
    act = close(event) if event is EVENT.FINISH else go(event)
    assert shop.refused(act).why
    shop.done(go(EVENT.ARRIVE))
    assert shop.done(go(EVENT.ARRIVE)).entries == ()
    shop.done(close())
    assert "over" in shop.refused(go(EVENT.BEGIN)).why


def test_every_state_is_reached_and_every_one_can_end():
    assert APPOINTMENT.reachable() == APPOINTMENT.states() == set(AppointmentState)
    assert APPOINTMENT.can_end() == APPOINTMENT.states()
    assert {event for _, event in APPOINTMENT.table} == set(EVENT)


PIECES = ("ring", "pin", "watch")
SOME = st.sets(st.sampled_from(PIECES), min_size=1).map(sorted)


class Trays(RuleBasedStateMachine):
    """Two appointments and three pieces, whatever people do in whatever order."""

    shop_maker = None

    @initialize()
    def begin(self):
        self.shop = self.shop_maker().join(*PIECES).open_shift()
        for name in ("a", "b"):
            told(self.shop, name)

    @rule(name=st.sampled_from("ab"), pieces=SOME)
    def make_ready(self, name, pieces):
        self.shop.do(prepare(*pieces, appointment=name), pad=pieces)

    @rule(name=st.sampled_from("ab"), event=st.sampled_from([EVENT.ARRIVE, EVENT.BEGIN]))
    def go_on(self, name, event):
        self.shop.do(MoveAppointment(appointment=name, event=event))

    @rule(name=st.sampled_from("ab"), event=st.sampled_from([EVENT.FINISH, EVENT.MISS, EVENT.CANCEL]), pad=SOME)
    def end(self, name, event, pad):
        one = fold_appointments.load(self.shop.books.db, name)
        before = set(one.pieces) if one else set()
        answer = self.shop.do(CloseAppointment(appointment=name, event=event), pad=pad)
        if hasattr(answer, "entries") and answer.entries:
            assert before <= set(pad)

    @invariant()
    def a_piece_is_on_one_tray_and_on_none_that_is_over(self):
        if not hasattr(self, "shop"):
            return
        db = self.shop.books.db
        for piece in PIECES:
            claim = self.shop.desk.standing(db, piece, self.shop.sees.__contains__).claim
            if claim is not None:
                one = fold_appointments.load(db, claim.ref)
                assert piece in one.pieces
                assert one.state not in APPOINTMENT.ends


def test_whatever_people_do_no_tray_is_over_while_a_piece_is_out(new_shop):
    Trays.shop_maker = staticmethod(new_shop)
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(Trays, settings=settings(max_examples=30, stateful_step_count=15, deadline=None))
