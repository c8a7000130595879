"""A free loopback port for a story that leaves it and comes back. `conftest` makes this importable as `house_ports`.

Not from the range in which the kernel gives ports to whoever calls out: while a story holds its port closed, as after
a power cut, somebody else's call would take it.
"""

import random
import socket

BELOW_THE_KERNEL_S = range(20_000, 32_000)
"""Linux calls out from 32768 on (net.ipv4.ip_local_port_range)."""

_chance = random.SystemRandom()


def free_port() -> int:
    while True:
        port = _chance.choice(BELOW_THE_KERNEL_S)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
