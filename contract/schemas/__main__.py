"""`python -m contract.schemas`: write the JSON Schemas beside this file, and take away those that belong to nothing."""

import sys

from contract.schemas import FOLDER, generate, stale


def main() -> None:
    changed = stale()
    wanted = generate()
    for name in changed:
        if name in wanted:
            (FOLDER / name).write_bytes(wanted[name])
        else:
            (FOLDER / name).unlink()
    sys.stdout.write(f"{len(changed)} of {len(wanted)} schemas written\n")


if __name__ == "__main__":
    main()
