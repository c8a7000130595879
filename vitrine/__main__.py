"""`python -m vitrine`: every process of the house and what a person does around it."""

import gc
import sys
from collections.abc import Callable
from typing import Final

import typer

from vitrine.commands import audit, backup, boxes, certificates, office, processes, reader, tag, words, zones
from vitrine.problems import EXIT_CODE, PersonError, sentence

app = typer.Typer(
    name="vitrine",
    no_args_is_help=True,
    add_completion=False,
    help="RFID edge and point-of-sale core for jewelry stores.",
)
COMMANDS: Final[tuple[tuple[str, Callable[..., None]], ...]] = (
    ("demo", processes.demo),
    ("smoke", processes.smoke),
    ("edge", processes.edge),
    ("capture", boxes.capture),
    ("replay", boxes.replay),
    ("cloud", processes.cloud),
    ("recover", office.recover),
    ("simulate", processes.simulate),
    ("pin", boxes.pin),
    ("device", boxes.device),
    ("this-device", boxes.this_device),
    ("restore", boxes.restore),
    ("seal-key", office.seal_key),
    ("admin", office.admin),
    ("enrol", certificates.enrol),
    ("revoke", certificates.revoke),
    ("broker", certificates.broker),
    ("words", words.words),
)
for name, command in COMMANDS:
    app.command(name)(command)
for name, group in (("reader", reader), ("tag", tag), ("zones", zones), ("backup", backup), ("audit", audit)):
    app.add_typer(group.app, name=name)

COLLECT_EVERY: Final = 50_000
"""New objects between looks for circles of garbage. By Python's 700 a start, which makes a hundred thousand objects
and throws none away, spends a tenth of its time on them. A box takes Python's own again when it begins to live."""


def main() -> None:
    """The outermost shell: what a person can mend is one sentence and exit code 2; everything else is our fault."""
    gc.set_threshold(COLLECT_EVERY)
    try:
        app()
    except PersonError as error:
        sys.exit(_told(str(error)))
    except OSError as error:
        if error.errno is None:
            raise
        sys.exit(_told(sentence(error, f"using {error.filename or 'a file'}")))


def _told(said: str) -> int:
    print(said, file=sys.stderr)
    return EXIT_CODE


if __name__ == "__main__":
    main()
