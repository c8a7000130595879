"""`python -m simulator CONFIG.json`: the world outside as a process of its own."""

import sys
from pathlib import Path

import msgspec

from simulator.app import run


def main(arguments: list[str]) -> str | int:
    """The exit code, or the sentence that says what to mend."""
    if len(arguments) != 1:
        return "usage: python -m simulator CONFIG.json (write one with simulator.app.write_config)"
    try:
        run(Path(arguments[0]))
    except OSError as error:
        return f"simulator: {error}; free that address or file, or change {arguments[0]}"
    except msgspec.ValidationError as error:
        return f"simulator: {arguments[0]}: {error}; correct that key"
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
