"""Whether the books are as they were written."""

from pathlib import Path
from typing import Annotated

import typer

from vitrine.commands.options import Config
from vitrine.problems import EXIT_CODE

app = typer.Typer(no_args_is_help=True, help="Whether the books are the ones that were written.")


@app.command("verify")
def audit_verify(
    config: Config,
    store: Annotated[str, typer.Argument(help="At the office: this store only.")] = "",
    *,
    books: Annotated[Path | None, typer.Option(help="At the office: a box's books, to hold against ours.")] = None,
) -> None:
    """Go through the logs of a box or of the office, row by row: 0 when all is as it was written, else 2 and where not.

    With a box's configuration its logs are also held against the office's. Nothing is changed.
    """
    from vitrine import audits

    found = audits.verify(config, store, books)
    for trouble in found.troubles:
        typer.echo(trouble)
    if found.troubles:
        raise typer.Exit(EXIT_CODE)
    typer.echo(f"{found.rows} rows of {found.logs} logs are as they were written.")


@app.command("receipt")
def audit_receipt(
    config: Config, code: Annotated[str, typer.Argument(help="From the receipt's end: 16 letters and digits.")]
) -> None:
    """Look for the row a receipt was printed of, on a box or at the office: 0 and what it is, or 2 when there is none.

    A receipt whose row is nowhere says that a log was cut, or written anew, after it was printed.
    """
    from vitrine import audits

    found = audits.receipt(config, code)
    if not found:
        typer.echo("No row here has this code: the receipt is not ours, not sent yet, or its row was taken away.")
        raise typer.Exit(EXIT_CODE)
    typer.echo("\n".join(found))
