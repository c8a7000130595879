"""A wall that is told fifty times a second that something moved is told less often, and of alarms at once."""

from web.sse import PACED_S, _Listener


def told(listener, now_s, *names):
    for name in names:
        listener.waiting[name] = ""
    return listener.take(now_s)


def test_the_first_word_of_the_floor_goes_at_once_and_the_next_waits_its_turn():
    listener = _Listener()
    assert told(listener, 10.0, "floor") == ({"hello": "", "floor": ""}, 0.0)
    ready, left_s = told(listener, 10.05, "floor")
    assert ready == {}
    assert abs(left_s - (PACED_S["floor"] - 0.05)) < 1e-9
    assert told(listener, 10.0 + PACED_S["floor"]) == ({"floor": ""}, 0.0), "and it is not forgotten"


def test_an_alarm_overtakes_a_floor_that_waits():
    listener = _Listener()
    told(listener, 10.0, "floor")
    ready, left_s = told(listener, 10.01, "floor", "alarms")
    assert ready == {"alarms": ""}
    assert left_s > 0


def test_of_fifty_changes_a_second_five_are_sent():
    listener = _Listener()
    sent = sum("floor" in told(listener, nth / 50, "floor")[0] for nth in range(500))
    assert sent <= 10 / PACED_S["floor"] + 1
