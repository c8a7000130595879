import os
import socket
from pathlib import Path

import pytest

from vitrine import ports
from vitrine.problems import PersonError


@pytest.fixture
def taken():
    with socket.socket() as holder:
        holder.bind((ports.HOST, 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_taken_port_is_named_with_who_holds_it_and_the_mend(taken: int):
    with pytest.raises(PersonError) as told:
        ports.must_be_free(taken, "the head office", Path("shop.json"))
    said = str(told.value)
    assert f"Port {taken}, kept for the head office" in said
    assert f"(pid {os.getpid()})" in said
    assert "write another port into shop.json" in said


def test_a_wish_is_granted_when_it_is_free_and_only_then(taken: int):
    free = ports.choose([0])[0]
    first, second, third = ports.choose([taken, free, free])
    assert first != taken
    assert second == free
    assert third not in {free, first, taken}


def test_a_port_that_nobody_wished_for_is_none_that_the_kernel_gives_to_a_call():
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    chosen = ports.choose([0] * 40)
    assert len(set(chosen)) == 40
    assert max(chosen) < lowest
