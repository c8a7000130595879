"""Backups: made, looked at, and told to the office."""

from pathlib import Path
from typing import Annotated

import typer

from vitrine.commands.options import Config
from vitrine.problems import in_words

app = typer.Typer(no_args_is_help=True, help="Backups: of a box, sealed for the owner; of the office, told to be safe.")


@app.command("key")
def backup_key(path: Annotated[Path, typer.Argument(help="The file to write; keep it away from every box.")]) -> None:
    """Make the owner's key, which opens backups, and print the words that seal them."""
    from edge.backup.errors import BackupError
    from vitrine import backups

    with in_words(BackupError):
        typer.echo(backups.make_key(path))


@app.command("make")
def backup_make(
    config: Config,
    into: Annotated[Path, typer.Argument(help="The file to write, on another disk.")],
    *,
    to: Annotated[str, typer.Option(help="The words that `vitrine backup key` printed.")],
) -> None:
    """Seal a box's books, history and tag key into one file; the edge may run meanwhile."""
    from edge.backup.errors import BackupError
    from edge.config import ConfigError, load_config
    from vitrine import backups

    with in_words(BackupError, ConfigError):
        typer.echo(backups.make(load_config(config), into, to))


@app.command("look")
def backup_look(
    path: Annotated[Path, typer.Argument(help="A file of `vitrine backup make`.")],
    *,
    key: Annotated[Path, typer.Option(help="The owner's key.")],
) -> None:
    """Prove a backup to its last byte and say what is in it; nothing is written."""
    from edge.backup.errors import BackupError
    from vitrine import backups

    with in_words(BackupError):
        typer.echo(backups.look(path, key))


@app.command("safe")
def backup_safe(
    config: Config,
    oldest: Annotated[
        str, typer.Argument(help="Of the office: a copy's sqlite:////… or a restored one's postgresql+…")
    ],
) -> None:
    """Tell the office what is inside the oldest backup of it that could still be restored; it may run meanwhile."""
    from cloud import safe
    from cloud.config import ConfigError, load_config
    from cloud.db import UnreachableDatabaseError, UnsafeDatabaseError

    with in_words(ConfigError, UnsafeDatabaseError, UnreachableDatabaseError, safe.NoBackupError):
        told = safe.mark(load_config(config).database_url, oldest)
    typer.echo(
        f"That backup holds {told.rows} rows of {told.logs} logs, {told.newly} more than the last: boxes and tills "
        "need not keep these any longer. Keep it until the next one is told."
    )
