"""Counts on real processes: a box killed in the middle of one, a recount against its approval, two who approve, two at once, answers."""

import threading

import pytest

from contract.feed import Role
from contract.ids import StoreId
from edge.api import shapes
from vitrine.ask import AskError, wait

BOUTIQUE = StoreId("boutique")
PLACE, ZONE = "shelf", "case-1"


@pytest.fixture(scope="module")
def house(make_lasting_house):
    house = make_lasting_house({BOUTIQUE: 60})
    house.serving(BOUTIQUE)
    return house


def begin(house, count: str) -> shapes.CountView:
    asked = {"place": PLACE, "zones": [ZONE], "count": count}
    return house.at(BOUTIQUE, Role.ASSOCIATE).post("/api/v1/counts", shapes.CountView, asked)


def look(house, count: str) -> shapes.CountView:
    return house.at(BOUTIQUE).get(f"/api/v1/counts/{count}", shapes.CountView)


def ended(house, count: str) -> shapes.CountView:
    def over() -> shapes.CountView | None:
        view = look(house, count)
        return view if view.state != "running" else None

    return wait(f"count {count} to end", 120, over)


def at_once(*acts) -> list[str]:
    """Everybody at the same moment; what each was told: "done", or the words of the refusal."""
    ready, said = threading.Barrier(len(acts)), [""] * len(acts)

    def one(at: int) -> None:
        ready.wait()
        try:
            acts[at]()
            said[at] = "done"
        except AskError as error:
            said[at] = str(error)

    threads = [threading.Thread(target=one, args=(at,)) for at in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return said


def test_a_box_killed_in_the_middle_of_a_count_goes_on_with_it_and_says_what_it_read_since(house):
    begin(house, "killed")
    wait("a first round", 60, lambda: look(house, "killed").rounds > 0 or None)
    assert look(house, "killed").state == "running", "it is killed in the middle"
    house.kill(f"edge-{BOUTIQUE}")
    house.wait(f"edge-{BOUTIQUE}")
    view = ended(house, "killed")
    assert view.state == "finished"
    explained = sum(each.explained for each in view.totals)
    assert view.expected > 0
    assert view.found + view.to_look_for + explained == view.expected, "each is found, explained or to be looked for"
    assert view.rounds > 0, "it heard rounds of its own since: what was read before the kill is no read of it"


def test_a_count_begun_twice_is_one_and_another_of_the_same_zone_waits(house):
    house.at(BOUTIQUE, Role.ASSOCIATE)  # signed in before they race
    said = at_once(lambda: begin(house, "one"), lambda: begin(house, "one"), lambda: begin(house, "two"))
    if said[2] == "done":  # the other was quicker: then both of "one" have to wait
        assert all("under way" in each for each in said[:2])
    else:
        assert said[:2] == ["done", "done"], "a repeat is a repeat"
        assert "under way" in said[2]
    assert ended(house, "one" if said[2] != "done" else "two").state == "finished"


def test_of_two_who_approve_one_has_and_a_recount_comes_before_or_not_at_all(house):
    begin(house, "raced")
    ended(house, "raced")
    manager, seller = house.at(BOUTIQUE), house.at(BOUTIQUE, Role.ASSOCIATE)
    path = "/api/v1/counts/raced"
    again = {"zones": [ZONE], "reason": "a race"}
    said = at_once(
        lambda: manager.post(f"{path}/approve", shapes.CountView),
        lambda: seller.post(f"{path}/recount", shapes.CountView, again),
    )
    assert said.count("done") == 1, said
    if said[1] == "done":
        assert ended(house, "raced").number == 2
        manager.post(f"{path}/approve", shapes.CountView)
    view = look(house, "raced")
    assert (view.state, view.number) == ("approved", 2 if said[1] == "done" else 1)
    twice = at_once(*[lambda: manager.post(f"{path}/approve", shapes.CountView)] * 2)
    assert look(house, "raced").state == "approved"
    assert all(each == "done" or "approved" in each for each in twice), "who comes second is told"


def test_what_a_person_answered_outlives_a_kill_and_another_answer_comes_before_a_recount_or_not_at_all(house):
    """Two pieces lie in somebody's hand, the two that the count lacks."""
    cards = house.at(BOUTIQUE).get("/api/v1/pieces", list[shapes.PieceView])
    away, held = [each.piece for each in cards if each.home_zone == ZONE][:2]
    for piece in (away, held):
        house.move(BOUTIQUE, piece, "hand")
    begin(house, "answered")
    assert {away, held} <= {each.piece for each in ended(house, "answered").verdicts}
    path, gone = "/api/v1/counts/answered", {"piece": away, "found": False, "reason": "with the photographer"}
    told = house.at(BOUTIQUE, Role.ASSOCIATE).post(f"{path}/explain", shapes.CountView, gone)
    house.kill(f"edge-{BOUTIQUE}")
    house.wait(f"edge-{BOUTIQUE}")
    view = look(house, "answered")
    assert (view.verdicts, view.totals, view.counted_by) == (told.verdicts, told.totals, told.counted_by)
    (said,) = [each for each in view.verdicts if each.by]
    assert (said.piece, said.note) == (away, "with the photographer")
    manager, seller = house.at(BOUTIQUE), house.at(BOUTIQUE, Role.ASSOCIATE)
    here, again = {"piece": held, "found": True}, {"zones": [ZONE], "reason": "a race"}
    said_to = at_once(
        lambda: seller.post(f"{path}/explain", shapes.CountView, here),
        lambda: manager.post(f"{path}/recount", shapes.CountView, again),
    )
    assert said_to[1] == "done", said_to
    assert said_to[0] == "done" or "recounting" in said_to[0], said_to
    assert look(house, "answered").state == "running"
    manager.post(f"{path}/abandon", shapes.CountView, {"reason": "seen enough"})
    for piece in (away, held):
        house.move(BOUTIQUE, piece, ZONE)
