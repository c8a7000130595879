"""`python -m vitrine`: every process of the house and what a person does around it."""

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated

import typer

from vitrine.problems import EXIT_CODE, PersonError, in_words, sentence

app = typer.Typer(
    name="vitrine",
    no_args_is_help=True,
    add_completion=False,
    help="RFID edge and point-of-sale core for jewelry stores.",
)
Config = Annotated[Path, typer.Option("--config", "-c", help="The process's configuration file.")]
Folder = Annotated[Path, typer.Option("--dir", help="Where the house keeps its files.")]


@app.command()
def demo(folder: Folder = Path(".demo/shop")) -> None:
    """A small house with simulated readers: broker, head office, two stores, a web stockroom. Until Ctrl-C."""
    from vitrine import demo as running  # the demo needs every room; the other commands start faster without

    running.demo(folder)


@app.command()
def smoke(folder: Folder = Path(".demo/smoke")) -> None:
    """The main job without a person, through the public APIs; one JSON line of figures last."""
    from vitrine import smoke as job

    raise typer.Exit(job.smoke(folder))


@app.command()
def edge(config: Config) -> None:
    """One store's box."""
    from edge import app as box
    from edge.books.db import BooksError
    from edge.config import ConfigError, load_config

    with in_words(ConfigError, BooksError):
        raise typer.Exit(box.run(load_config(config)))


@app.command()
def cloud(config: Config) -> None:
    """The head office: pages, API, the stores' door, ingest."""
    from cloud import app as office
    from cloud.config import ConfigError, load_config
    from cloud.db import UnsafeDatabaseError

    with in_words(ConfigError, UnsafeDatabaseError):
        raise typer.Exit(office.run(load_config(config)))


@app.command()
def recover(config: Config) -> None:
    """After the head office came back from a backup, before it runs again: a new life; every store is asked."""
    from cloud import app as office
    from cloud.config import ConfigError, load_config
    from cloud.db import UnsafeDatabaseError
    from cloud.provider import ProviderDownError

    with in_words(ConfigError, UnsafeDatabaseError, ProviderDownError):
        found = office.restore(load_config(config))
    typer.echo(
        f"This is life {found.cloud_epoch} of the head office. {found.stores_to_hear} stores have to be heard again, "
        f"{found.payments_asked} payments were asked about, {found.in_doubt} orders are settled at the next start. "
        "Start it with `vitrine cloud`."
    )


@app.command()
def simulate(config: Config) -> None:
    """The world outside: readers, people, payment provider."""
    import msgspec

    from simulator import app as outside
    from simulator.store import LayoutError

    with in_words(msgspec.DecodeError, LayoutError):
        outside.run(config)


@app.command()
def pin(config: Config, user: Annotated[str, typer.Argument(help="Who, as the head office knows them.")]) -> None:
    """Give somebody a PIN at this store; asks for it twice."""
    from contract.ids import UserId
    from edge import app as box
    from edge.api.pins import PinError
    from edge.books.db import BooksError
    from edge.config import ConfigError, load_config

    with in_words(PinError, ConfigError, BooksError):
        settings = load_config(config)
        chosen = typer.prompt("PIN", hide_input=True, confirmation_prompt=True)
        known = box.set_pin(settings, UserId(user), chosen)
    waits = "" if known else ", and waits: the head office has named nobody so to this store yet (look at the spelling)"
    typer.echo(f"The PIN of {user} is kept on this box{waits}.")


@app.command()
def enrol(
    store: Annotated[str, typer.Argument(help="The store's slug: topic, user and file name.")],
    house: Annotated[Path, typer.Option(help="Folder of the house's certificate authority; made when there is none.")],
) -> None:
    """Make or renew a store's certificate and say where its files lie."""
    from vitrine.authority import Authority

    now = dt.datetime.now(dt.UTC)
    identity = Authority.open(house, now).client(store, now)
    print(f'ca = "{identity.ca}"\ncert = "{identity.cert}"\nkey = "{identity.key}"')


def main() -> None:
    """The outermost shell: what a person can mend is one sentence and exit code 2; everything else is our fault."""
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
