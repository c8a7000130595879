"""The MQTT link against a real mosquitto: bytes go, bytes come, and a killed broker is survived."""

import queue
import random

import pytest

from edge.mqtt import Broker, Link, Version, Will

WAIT_S = 15


class End:
    """One link with what it heard and how it stood."""

    def __init__(self, port: int, name: str, subscribe: tuple[str, ...], *, resting: bool = False, **more) -> None:
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.stood: queue.Queue[bool] = queue.Queue()
        self.link = Link(
            Broker("127.0.0.1", port, name, subscribe, Will(f"t/{name}/status", b"off", b"on"), **more),
            heard=lambda topic, body: self.heard.put((topic, body)),
            changed=self.stood.put,
            chance=random.Random(1),
        )
        if resting:
            self.link.rest("not yet")
        self.link.start()


def hears(end, *wanted):
    """All of these arrive, whatever else does; QoS 1 may say a thing twice."""
    left = set(wanted)
    while left:
        left.discard(end.heard.get(timeout=WAIT_S))


def test_bytes_go_out_and_come_in_and_the_will_is_told(mosquitto):
    wall = End(mosquitto.port, "wall", ("t/+/status", "t/up"))
    assert wall.stood.get(timeout=WAIT_S) is True
    box = End(mosquitto.port, "box", ())
    assert box.stood.get(timeout=WAIT_S) is True
    assert box.link.publish("t/up", b"\x00rows\xff")
    hears(wall, ("t/up", b"\x00rows\xff"), ("t/box/status", b"on"))
    box.link.stop()
    hears(wall, ("t/box/status", b"off"))
    assert box.link.publish("t/up", b"late") is False
    assert box.link.tally.refused_down_total == 1
    wall.link.stop()


def test_a_killed_broker_is_told_as_down_and_found_again(mosquitto):
    box = End(mosquitto.port, "box", ("t/down",))
    assert box.stood.get(timeout=WAIT_S) is True
    mosquitto.kill()
    assert box.stood.get(timeout=WAIT_S) is False
    assert box.link.publish("t/up", b"nobody hears") is False
    assert box.link.why_down
    mosquitto.start()
    assert box.stood.get(timeout=WAIT_S) is True
    assert box.link.publish("t/down", b"to myself")
    assert box.heard.get(timeout=WAIT_S) == ("t/down", b"to myself")
    assert box.link.tally.connects_total == 2
    box.link.stop()


def test_a_box_that_rests_leaves_its_name_at_the_broker_to_another(mosquitto):
    old, new = End(mosquitto.port, "box", ("t/down",)), None
    try:
        assert old.stood.get(timeout=WAIT_S) is True
        old.link.rest("fenced")
        assert old.stood.get(timeout=WAIT_S) is False
        assert old.link.why_down == "fenced"
        new = End(mosquitto.port, "box", ("t/down",))
        assert new.stood.get(timeout=WAIT_S) is True
        mosquitto.kill()  # after a restart of the broker everyone comes back
        assert new.stood.get(timeout=WAIT_S) is False
        mosquitto.start()
        assert new.stood.get(timeout=WAIT_S) is True
        assert (old.link.tally.connects_total, new.link.tally.connects_total) == (1, 2)
        new.link.stop()
        old.link.go_on()
        assert old.stood.get(timeout=WAIT_S) is True
    finally:
        old.link.stop()
        if new is not None:
            new.link.stop()


def test_a_link_that_was_told_to_rest_first_never_speaks(mosquitto):
    wall = End(mosquitto.port, "wall", ("t/+/status", "t/up"))
    assert wall.stood.get(timeout=WAIT_S) is True
    box = End(mosquitto.port, "box", (), resting=True)
    assert wall.link.publish("t/up", b"said by another")
    hears(wall, ("t/up", b"said by another"))
    assert box.link.tally.connects_total == 0
    box.link.go_on()
    hears(wall, ("t/box/status", b"on"))
    box.link.stop()
    wall.link.stop()


@pytest.mark.parametrize("version", list(Version))
def test_who_wants_fresh_words_alone_does_not_hear_what_stood_at_the_broker(mosquitto, version):
    old = End(mosquitto.port, "old", ())
    assert old.stood.get(timeout=WAIT_S) is True  # its status is retained from here on
    control = End(mosquitto.port, "control", ("t/old/#",), version=version)
    hears(control, ("t/old/status", b"on"))
    fresh = End(mosquitto.port, "fresh", ("t/old/#",), fresh_only=True, version=version)
    assert fresh.stood.get(timeout=WAIT_S) is True
    assert old.link.publish("t/old/reads", b"now")
    assert fresh.heard.get(timeout=WAIT_S) == ("t/old/reads", b"now")
    assert (fresh.link.tally.retained_total, control.link.tally.retained_total) == (1, 0)
    for end in (old, fresh, control):
        end.link.stop()
