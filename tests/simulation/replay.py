"""Plays one history again and prints what happened to its pieces: the last 40 events of each.

python tests/simulation/replay.py 17
python tests/simulation/replay.py 5044 --hard --restores
python tests/simulation/replay.py 3 --hard --without one_tx
"""

import argparse
import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).parent
LAST = 40


def load():
    """This folder as a package, as the tests load it, and the templates beside it."""
    sys.path.insert(0, str(HERE.parents[1]))
    spec = importlib.util.spec_from_file_location("house_templates", HERE.parent / "templates.py")
    sys.modules[spec.name] = templates = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(templates)
    spec = importlib.util.spec_from_file_location("house_simulation_conftest", HERE / "conftest.py")
    conftest = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conftest)
    return conftest


def command(seed, *, guards=None, **more):
    """The line that plays this history again."""
    off = [name for name, on in (guards or {}).items() if not on]
    flags = [f"--{name.replace('_', '-')}" for name, wished in more.items() if wished]
    without = ["--without", *off] if off else []
    return " ".join(["python tests/simulation/replay.py", str(seed), *flags, *without])


def main(arguments):
    """1 when an invariant breaks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seed", type=int)
    parser.add_argument("--hard", action="store_true", help="two to five disasters")
    parser.add_argument("--restores", action="store_true", help="the cloud may be restored")
    parser.add_argument("--roam", action="store_true", help="pieces that are carried about")
    parser.add_argument("--rollbacks", action="store_true", help="disks put back, and tills that remember")
    parser.add_argument("--orders", action="store_true", help="clients who lay pieces away")
    parser.add_argument("--clients", action="store_true", help="and are known by name, joined, parted and erased")
    parser.add_argument("--sending", action="store_true", help="and their orders are sent on at the office")
    parser.add_argument("--words", action="store_true", help="and tills write of them, and keep somebody first")
    parser.add_argument("--model", action="store_true", help="over the protocol's tables alone")
    parser.add_argument("--parks", action="store_true", help="the model's office may be older than its stores")
    parser.add_argument("--heavy", action="store_true", help="the model's two to eight heavy faults, boxes found again")
    parser.add_argument("--without", nargs="+", default=[], metavar="GUARD", help="guards to take away")
    asked = parser.parse_args(arguments)
    conftest = load()
    from trade.guards import Guards

    more = {name: True for name in ("restores", "roam", "rollbacks", "parks", "heavy") if getattr(asked, name)}
    if asked.model:
        driver = conftest.load_model()
    elif asked.sending:
        driver = conftest.load_with_sending()
    elif asked.words:
        driver = conftest.load_with_words()
    elif asked.clients:
        driver = conftest.load_with_clients()
    elif asked.orders:
        driver = conftest.load_with_orders()
    else:
        driver = conftest.load_with_tills() if asked.rollbacks else conftest.load()
    guards = Guards(**dict.fromkeys(asked.without, False))
    violation, sim = driver.history(asked.seed, guards, hard=asked.hard, **more)
    for piece in sim.pieces:
        sys.stdout.write(f"--- {piece}\n{driver.tell(sim, piece, LAST)}\n")
    sys.stdout.write(f"{sim.stats}\nbroken: {violation}\n" if violation else f"{sim.stats}\nnothing broke\n")
    return bool(violation)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
