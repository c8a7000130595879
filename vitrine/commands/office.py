"""What a person does at the head office."""

from typing import Annotated

import typer

from vitrine.commands.options import Config
from vitrine.problems import in_words


def recover(config: Config) -> None:
    """After the head office came back from a backup, before it runs again: a new life; every store is asked."""
    from cloud import by_hand as office
    from cloud.config import ConfigError, load_config
    from cloud.db import UnreachableDatabaseError, UnsafeDatabaseError
    from cloud.provider import ProviderDownError

    with in_words(ConfigError, UnsafeDatabaseError, UnreachableDatabaseError, ProviderDownError):
        found = office.restore(load_config(config))
    typer.echo(
        f"This is life {found.cloud_epoch} of the head office. {found.stores_to_hear} stores have to be heard again, "
        f"{found.payments_asked} payments were asked about, {found.in_doubt} orders stood otherwise: "
        "what is paid is booked, the rest is settled at the next start. "
        "Start it with `vitrine cloud`, and keep boxes that were given up off until every store was heard."
    )


def seal_key(config: Config) -> None:
    """A new key for what the office seals (secrets of code apps). Start the office again: it seals all under it."""
    from cloud.config import ConfigError, load_config
    from cloud.sealing import key_file, new_key

    with in_words(ConfigError):
        told = load_config(config)
        name = new_key(told)
        typer.echo(f"{key_file(told)} begins with key {name} now. Keep a copy of the file; start the office again.")


def admin(
    config: Config,
    user: Annotated[str, typer.Argument(help="The name to sign in with.")],
    name: Annotated[str, typer.Option(help="As people read it; else the name to sign in with.")] = "",
) -> None:
    """Name an admin at the head office, the first or one more; asks for the password twice."""
    from cloud import by_hand as office
    from cloud.config import ConfigError, load_config
    from cloud.db import UnreachableDatabaseError, UnsafeDatabaseError
    from cloud.pos.staff.desk import StaffError
    from contract.ids import UserId

    def ask() -> str:
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))

    with in_words(ConfigError, UnsafeDatabaseError, UnreachableDatabaseError, StaffError):
        office.name_admin(load_config(config), UserId(user), name or user, ask)
    typer.echo(f"{user} is an admin and may sign in at the head office.")
