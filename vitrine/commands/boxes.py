"""What a person does at one store's box."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from vitrine.commands.options import Config, Json, Url
from vitrine.problems import in_words


def capture(
    config: Config,
    into: Annotated[Path, typer.Argument(help="The file to write.")],
    minutes: Annotated[int, typer.Option(help="How far back, as far as the edge keeps.")] = 10,
    alarm: Annotated[str, typer.Option(help="Instead: what was kept around this alarm.")] = "",
) -> None:
    """Take away what a store's readers said in the last minutes, or around an alarm; the edge may run meanwhile."""
    from edge.capture.frames import CaptureError
    from edge.config import ConfigError, load_config
    from vitrine import captures

    with in_words(CaptureError, ConfigError):
        kept = captures.keep(load_config(config), into, minutes=minutes, alarm=alarm)
    typer.echo(
        f"{kept}: {kept.stat().st_size / 1e6:.1f} MB. Hear it again with `vitrine replay {shlex.quote(str(kept))}`."
    )


def replay(
    path: Annotated[Path, typer.Argument(help="A .capture file, or a folder of them.")],
    alarm: Annotated[str, typer.Option(help="Tell this alarm only.")] = "",
    *,
    cold: Annotated[
        bool, typer.Option("--cold", help="Begin as after a restart, without that house's memory.")
    ] = False,
    zone: Annotated[str, typer.Option(help="Time zone to tell the time in.")] = "UTC",
    as_json: Json = False,
) -> None:
    """The same house hears a capture again: every alarm and count with its sentence, and whether it is equal."""
    from edge.capture.frames import CaptureError
    from edge.checks import time_zone
    from vitrine import captures
    from vitrine import replay as replaying
    from web.serving import write_logs

    write_logs()  # what the house says of itself is no part of the answer
    with in_words(CaptureError, ValueError):
        time_zone(zone)
        told = replaying.replay(replaying.files_of(path), cold=cold)
    raise typer.Exit(captures.tell(told, alarm=alarm, zone=zone, as_json=as_json))


def pin(config: Config, user: Annotated[str, typer.Argument(help="Who, as the head office knows them.")]) -> None:
    """Give somebody a PIN at this store; asks for it twice."""
    from contract.ids import UserId
    from edge import own_books as box
    from edge.api.pins import PinError
    from edge.books.db import BooksError
    from edge.config import ConfigError, load_config

    with in_words(PinError, ConfigError, BooksError):
        settings = load_config(config)
        chosen = typer.prompt("PIN", hide_input=True, confirmation_prompt=True)
        known = box.set_pin(settings, UserId(user), chosen)
    waits = "" if known else ", and waits: the head office has named nobody so to this store yet (look at the spelling)"
    typer.echo(f"The PIN of {user} is kept on this box{waits}.")


def device(
    config: Config,
    name: Annotated[str, typer.Argument(help="What people call it, like `Till at the window`.")],
    till: Annotated[str, typer.Option(help="The till it is to be; without, a phone, a tablet or a wall.")] = "",
) -> None:
    """Make the code by which one till, tablet or phone is enrolled at this store; good once, for ten minutes."""
    from edge import own_books as box
    from edge.api.proving.tokens import spaced
    from edge.books.db import BooksError
    from edge.config import ConfigError, load_config

    with in_words(ConfigError, BooksError):
        code = box.device_token(load_config(config), name, till)
    typer.echo(
        f"{spaced(code)}: type it at the new device within ten minutes: on the box's page /this-device, or at a "
        "terminal in `vitrine this-device`."
    )


def this_device(config: Config, url: Url = "") -> None:
    """Enrol this terminal at the running box, by a code of its page Devices or of `vitrine device`; asks for it."""
    from edge.config import ConfigError, load_config
    from vitrine import tag as job
    from vitrine import this_device as mine

    with in_words(ConfigError):
        settings = load_config(config)
    with job.box_of(settings, url, enrolled=False) as box:
        told, path = mine.enrol(box, settings, typer.prompt("Code"))
    alone = f", and acts for {told.till} alone" if told.till else ""
    typer.echo(f"This terminal is “{told.name}” at {settings.store} now{alone}. Its key is {path}: copy it nowhere.")


def restore(
    config: Config,
    path: Annotated[Path, typer.Argument(help="A file of `vitrine backup make`.")],
    *,
    key: Annotated[Path, typer.Option(help="The owner's key.")],
    mirror: Annotated[Path | None, typer.Option(help="The folder of the box's mirror: what it wrote since.")] = None,
) -> None:
    """A backup back onto this box, or a spare one, whose data directory is empty. It rejoins before it sells."""
    from edge.backup.errors import BackupError
    from edge.config import ConfigError, load_config
    from vitrine import backups

    with in_words(BackupError, ConfigError):
        typer.echo(backups.restore(load_config(config), path, key, mirror))
