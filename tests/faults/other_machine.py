"""A store's box on another machine: the same program, told another machine's id. Arguments: FILE --config CONFIG."""

import sys
from pathlib import Path

from edge import app, own_books
from edge.config import load_config

if __name__ == "__main__":
    own_books.MACHINE_ID = Path(sys.argv[1])
    sys.exit(app.run(load_config(Path(sys.argv[-1]))))
