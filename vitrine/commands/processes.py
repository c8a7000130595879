"""Processes of the house, and the demo that starts them all."""

import datetime as dt
import os
from pathlib import Path

import typer

from vitrine.commands.options import Config, Folder
from vitrine.problems import in_words


def demo(folder: Folder = Path(".demo/shop")) -> None:
    """A small house with simulated readers: broker, head office, two stores, a web stockroom. Until Ctrl-C."""
    from vitrine import demo as running  # the demo needs every room; the other commands start faster without

    running.demo(folder)


def smoke(folder: Folder = Path(".demo/smoke")) -> None:
    """The main job without a person, through the public APIs; one JSON line of figures last."""
    from vitrine import smoke as job

    raise typer.Exit(job.smoke(folder))


def edge(config: Config) -> None:
    """One store's box."""
    _calculate_on_one_thread()
    from edge.books.db import BooksError
    from edge.config import ConfigError, load_config

    with in_words(ConfigError, BooksError):
        settings = load_config(config)  # what is wrong with it is said before a whole box is loaded
        from edge import app as box

        raise typer.Exit(box.run(settings))


def cloud(config: Config) -> None:
    """The head office: pages, API, the stores' door, ingest."""
    _calculate_on_one_thread()
    from cloud.config import ConfigError, load_config
    from cloud.db import UnreachableDatabaseError, UnsafeDatabaseError

    with in_words(ConfigError, UnsafeDatabaseError, UnreachableDatabaseError):
        settings = load_config(config)  # what is wrong with it is said before a whole office is loaded
        from cloud import running as office

        authority = None
        if settings.authority:
            from vitrine.authority import Authority

            authority = Authority.open(Path(settings.authority).resolve(), dt.datetime.now(dt.UTC))
        raise typer.Exit(office.run(settings, authority))


def _calculate_on_one_thread() -> None:
    """Read when numpy is loaded. No matrix of a box or an office is so large that two threads are done sooner; while
    clients are divided into groups a second one would only take a core from tills and pages.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def simulate(config: Config) -> None:
    """The world outside: readers, people, payment provider."""
    import msgspec

    from simulator import app as outside
    from simulator.store import LayoutError

    with in_words(msgspec.DecodeError, LayoutError):
        outside.run(config)
