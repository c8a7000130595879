"""`python -m simulator CONFIG.json`: the world outside as a process of its own."""

import sys
from pathlib import Path

from simulator.app import run

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m simulator CONFIG.json (write one with simulator.app.write_config)")
    run(Path(sys.argv[1]))
