import pytest

from simulator.people import AT_THE_TILL_S, STEPS, Act, close_store, open_store, perform, sold
from simulator.psp import LIFE, NoSuchPaymentError, PaymentAct, PaymentRefusedError, Provider, State
from simulator.world import UnknownError

NOW_US = 1_800_000_000_000_000


@pytest.fixture
def world(new_world):
    return new_world()


def pieces(world, zone, n):
    return world.where("boutique")[zone][:n]


def test_the_log_of_truth_tells_every_move_in_order(world):
    two = pieces(world, "case-1", 2)
    perform(world, NOW_US, Act.PLACE_ON_PAD, "boutique", pieces=two, by="ada")
    perform(world, NOW_US + 1, Act.WALK_OUT, "boutique", pieces=two)
    world.advance(NOW_US + 10_000_000)
    assert [(one.act, one.came_from[0], one.to) for one in world.truth] == [
        ("place_on_pad", "boutique/case-1", "boutique/pad-1"),
        ("walk_out", "boutique/pad-1", "boutique/gate"),
        ("walk_out", "boutique/gate", "client"),
    ]
    assert world.truth[0].by == "ada"
    assert [one.at_us - NOW_US for one in world.truth] == [0, 1, 4_000_001]


def test_a_thief_takes_it_through_the_hand_and_the_gate(world):
    (piece,) = pieces(world, "case-2", 1)
    perform(world, NOW_US, Act.STEAL, "boutique", pieces=[piece])
    row = world.row_of[piece]
    seen = []
    for second in (0, 5, 6, 8, 9):
        world.advance(NOW_US + second * 1_000_000)
        seen.append(world.places[world.place[row]])
    assert seen == ["hand", "hand", "boutique/gate", "boutique/gate", "thief"]


def test_a_sale_is_laid_on_the_pad_made_there_and_carried_out_by_the_client(world):
    ring, chain = pieces(world, "case-1", 2)
    perform(world, NOW_US, Act.SELL, "boutique", pieces=[ring, chain], by="ada")
    row = world.row_of[ring]
    seen = []
    for second in (0, AT_THE_TILL_S - 1, AT_THE_TILL_S, AT_THE_TILL_S + 10, AT_THE_TILL_S + 14):
        world.advance(NOW_US + second * 1_000_000)
        seen.append((world.places[world.place[row]], sold(world, "boutique")))
    both = [ring, chain]
    assert seen == [
        ("boutique/pad-1", []), ("boutique/pad-1", []), ("hand", both), ("boutique/gate", both), ("client", both),
    ]  # fmt: skip
    assert {(one.act, one.by) for one in world.truth} == {("sell", "ada")}


def test_what_a_thief_carries_out_is_not_sold(world):
    perform(world, NOW_US, Act.STEAL, "boutique", pieces=pieces(world, "case-1", 1))
    world.advance(NOW_US + 60_000_000)
    assert sold(world, "boutique") == []


def test_every_act_of_steps_can_be_performed(world):
    for number, act in enumerate(STEPS):
        perform(world, NOW_US + number, act, "boutique", pieces=pieces(world, "case-1", 1))
    world.advance(NOW_US + 60_000_000)
    with pytest.raises(UnknownError):
        perform(world, NOW_US, Act.OPEN, "boutique", pieces=[])


def test_the_store_closes_into_its_safe_and_opens_again(world):
    before = world.where("boutique")
    assert close_store(world, NOW_US, "boutique") == sum(len(before[z]) for z in ("case-1", "case-2", "shelf-1"))
    night = world.where("boutique")
    assert [len(night[zone]) for zone in ("case-1", "case-2", "shelf-1")] == [0, 0, 0]
    open_store(world, NOW_US + 1, "boutique")
    assert world.where("boutique") == before


def test_a_restart_keeps_where_pieces_are_and_what_was_about_to_happen(world, new_world):
    moved, leaving = pieces(world, "case-1", 2)
    world.move(NOW_US, "move", "boutique", pieces=[moved], to="boutique/safe-1")
    perform(world, NOW_US, Act.WALK_OUT, "boutique", pieces=[leaving])
    after = new_world()
    after.restore(world.save())
    assert (after.place == world.place).all()
    assert after.truth == world.truth
    after.advance(NOW_US + 5_000_000)
    assert after.places[after.place[after.row_of[leaving]]] == "client"


def test_the_log_of_truth_is_bounded_and_says_what_it_dropped(world, monkeypatch):
    monkeypatch.setattr("simulator.world.TRUTH_ROWS_MAX", 5)
    monkeypatch.setattr("simulator.world.TRUTH_ROWS_SAVED_MAX", 3)
    (piece,) = pieces(world, "case-1", 1)
    for number in range(8):
        world.move(NOW_US + number, "move", "boutique", pieces=[piece], to="boutique/pad-1")
    assert [one.at_us - NOW_US for one in world.truth] == [3, 4, 5, 6, 7]
    saved = world.save()
    assert (world.truth_dropped, saved.truth_dropped, len(saved.truth)) == (3, 5, 3)


@pytest.mark.parametrize(("piece", "to"), [("nobody", "boutique/case-1"), (None, "boutique/attic")])
def test_what_does_not_exist_is_named_and_nothing_moves(world, piece, to):
    with pytest.raises(UnknownError, match=r"nobody|attic"):
        world.move(NOW_US, "move", "boutique", pieces=[piece or pieces(world, "case-1", 1)[0]], to=to)
    assert world.truth == []


# --- the payment provider -----------------------------------------------------------------------------------


def test_a_repeated_authorisation_is_the_same_payment():
    provider = Provider()
    first = provider.authorise("order-1", 125_000, "EUR")
    assert provider.authorise("order-1", 125_000, "EUR") == first
    assert first.state is State.AUTHORISED
    with pytest.raises(PaymentRefusedError, match="take a new key"):
        provider.authorise("order-1", 99, "EUR")


def test_money_is_captured_once_and_then_only_refunded():
    provider = Provider()
    provider.authorise("k", 5000, "EUR")
    for _ in range(2):
        assert provider.act("k", PaymentAct.CAPTURE).state is State.CAPTURED
    with pytest.raises(PaymentRefusedError):
        provider.act("k", PaymentAct.VOID)
    assert provider.act("k", PaymentAct.REFUND).state is State.REFUNDED


def test_a_declined_card_can_do_nothing():
    provider = Provider()
    assert provider.authorise("k", 5013, "EUR").state is State.DECLINED
    for act in PaymentAct:
        with pytest.raises(PaymentRefusedError):
            provider.act("k", act)
    with pytest.raises(NoSuchPaymentError):
        provider.status("other")


def test_repeating_the_last_act_changes_nothing():
    for (_, act), state in LIFE.items():
        if (state, act) in LIFE:
            assert LIFE[state, act] is state
