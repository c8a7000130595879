"""Zones, walked with a reference tray."""

from pathlib import Path
from typing import Annotated

import typer

from vitrine.commands.options import Config, Url
from vitrine.problems import EXIT_CODE, in_words

app = typer.Typer(no_args_is_help=True, help="Zones: walked with a reference tray, so that pieces are placed by it.")


@app.command()
def calibrate(
    config: Config,
    *,
    user: Annotated[str, typer.Option(help="Who walks: asks for this person's PIN.")],
    zone: Annotated[str, typer.Option(help="Only this zone.")] = "",
    tray: Annotated[
        Path | None, typer.Option(help="File with the tray's EPCs, one a line; the box remembers them.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Forget what was walked of these zones before.")] = False,
    positions: Annotated[int, typer.Option(min=1, max=12, help="Places in each zone.")] = 3,
    rounds: Annotated[int, typer.Option(min=0, help="Rounds at each place; 0: as many as the box wants.")] = 0,
    url: Url = "",
) -> None:
    """Walk the reference tray through the zones, some two minutes each: 0 when the result is in use, else 2."""
    from edge.config import ConfigError, load_config
    from vitrine import tag as boxes
    from vitrine import zones as job

    with in_words(ConfigError):
        settings = load_config(config)
    tags = job.tray_of(tray) if tray is not None else []

    def ready(words: str) -> bool:
        return bool(typer.confirm(f"{words} Does it lie there?", default=True))

    with boxes.box_of(settings, url) as box:
        box.sign_in(user, typer.prompt("PIN", hide_input=True))
        done = job.calibrate(
            box, zone, tags, rounds=rounds, positions=positions, say=typer.echo, ready=ready, again=again
        )
    raise typer.Exit(0 if done else EXIT_CODE)


@app.command("status")
def zones_status(
    config: Config,
    *,
    user: Annotated[str, typer.Option(help="Who asks: asks for this person's PIN.")],
    put_back: Annotated[int, typer.Option(min=0, help="Use the points of this older version again.")] = 0,
    url: Url = "",
) -> None:
    """How well each zone is known, and by which calibration."""
    from edge.config import ConfigError, load_config
    from vitrine import tag as boxes
    from vitrine import zones as job

    with in_words(ConfigError):
        settings = load_config(config)
    with boxes.box_of(settings, url) as box:
        box.sign_in(user, typer.prompt("PIN", hide_input=True))
        if put_back:
            typer.echo(job.put_back(box, put_back))
        typer.echo(job.status(box))
