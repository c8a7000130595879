"""A free loopback port for a story that leaves it and comes back. `conftest` makes this importable as `house_ports`.

One that no call takes: while a story holds its port closed, as after a power cut, somebody else's call would.
"""

from vitrine.ports import choose


def free_port() -> int:
    return choose([0])[0]
