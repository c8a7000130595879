"""Tags, printed, written and locked."""

from typing import Annotated

import typer

from vitrine.commands.options import Config, Url
from vitrine.problems import EXIT_CODE, in_words

app = typer.Typer(no_args_is_help=True, help="Tags: written, read back, locked and bound to pieces.")


@app.command("print")
def print_tags(
    config: Config,
    pieces: Annotated[list[str], typer.Argument(help="Pieces by number, in the order of their labels.")],
    *,
    user: Annotated[str, typer.Option(help="Who prints them: asks for this person's PIN.")],
    printer: Annotated[str, typer.Option(help="Its id in edge.toml; the first one when not given.")] = "",
    url: Url = "",
) -> None:
    """Print and encode a label for each piece; bound is what was read back. 0 when all are bound, else 2."""
    from edge.config import ConfigError, load_config
    from vitrine import labels
    from vitrine import tag as job

    with in_words(ConfigError):
        settings = load_config(config)
    with job.box_of(settings, url) as box:
        box.sign_in(user, typer.prompt("PIN", hide_input=True))
        done = labels.print_labels(box, pieces, printer, typer.echo)
    raise typer.Exit(0 if done else EXIT_CODE)


@app.command()
def write(
    config: Config,
    pieces: Annotated[list[str] | None, typer.Argument(help="Pieces by number, in the order of their tags.")] = None,
    *,
    user: Annotated[str, typer.Option(help="Who writes them: asks for this person's PIN.")],
    all_untagged: Annotated[bool, typer.Option("--all-untagged", help="Also every piece here without a tag.")] = False,
    zone: Annotated[str, typer.Option(help="The pad, where the store has several.")] = "",
    url: Url = "",
) -> None:
    """Write tags one after the other on the pad of the running box: 0 when all are bound, else 2."""
    from edge.config import ConfigError, load_config
    from vitrine import tag as job

    with in_words(ConfigError):
        settings = load_config(config)
    with job.box_of(settings, url) as box:
        box.sign_in(user, typer.prompt("PIN", hide_input=True))
        done = job.write(box, pieces or [], all_untagged=all_untagged, zone=zone, say=typer.echo)
    raise typer.Exit(0 if done else EXIT_CODE)


@app.command()
def key(
    config: Config,
    *,
    show: Annotated[bool, typer.Option("--show", help="Print the key itself, to be written down.")] = False,
    take: Annotated[bool, typer.Option("--take", help="Ask for a kept copy and put it on this box.")] = False,
) -> None:
    """The key that the tags of this store are locked under: where it is, and how to keep a copy."""
    from edge.config import ConfigError, load_config
    from vitrine import tag as job

    with in_words(ConfigError):
        settings = load_config(config)
    if take:
        typer.echo(f"The key with mark {job.take_key(settings, typer.prompt('Tag key', hide_input=True))} is kept.")
    else:
        typer.echo(job.key_words(settings, show=show))
