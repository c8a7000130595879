"""Certificates of the house, and the broker that asks for them."""

import datetime as dt
import shlex
from pathlib import Path
from typing import Annotated

import typer

from vitrine import toml
from vitrine.commands.options import House
from vitrine.problems import PersonError


def enrol(
    name: Annotated[str, typer.Argument(help="A store's slug, `cloud` for the office at the broker, or a server.")],
    house: Annotated[
        Path | None, typer.Option(help="Folder of the house's certificate authority; made when there is none.")
    ] = None,
    server: Annotated[
        list[str] | None,
        typer.Option(help="Makes a server's certificate for this host name or address; once for each of them."),
    ] = None,
    *,
    token: Annotated[str, typer.Option(help="Over the network instead: the token from the store's page.")] = "",
    office: Annotated[str, typer.Option(help="With a token: the office's address, https://HOST:PORT.")] = "",
    folder: Annotated[Path, typer.Option("--dir", help="With a token: where key and certificate go.")] = Path("keys"),
    system_trust: Annotated[
        bool, typer.Option("--system-trust", help="With a token: a public authority vouches for the office's pages.")
    ] = False,
) -> None:
    """Make or renew a certificate, a store's or with --server a server's, and say where its files lie."""
    from vitrine.authority import Authority

    if bool(token) == (house is not None) or bool(token) != bool(office):
        raise PersonError("Say either --house FOLDER, where the authority is, or --token TOKEN and --office URL.")
    if token:
        from vitrine import enrolling

        identity = enrolling.enrol(name, token, office, folder, system_trust=system_trust)
    else:
        assert house is not None, "said above"
        now = dt.datetime.now(dt.UTC)
        authority = Authority.open(house.resolve(), now)
        identity = authority.server(name, server, now) if server else authority.client(name, now)
    typer.echo(toml.dump({"ca": identity.ca, "cert": identity.cert, "key": identity.key}), nl=False)


def revoke(
    name: Annotated[str, typer.Argument(help="Whose certificates: a store's slug.")],
    house: House,
    broker_dir: Annotated[
        Path | None, typer.Option("--broker", help="The broker's folder on this machine: it is told at once.")
    ] = None,
) -> None:
    """Take back every certificate of a name, and show out who is connected under it. Then enrol its box anew."""
    from vitrine import revoking
    from vitrine.authority import Authority

    now = dt.datetime.now(dt.UTC)
    done = revoking.revoke(Authority.open(house.resolve(), now), name, now, broker_dir)
    typer.echo(f"{done.certificates} certificate{'s' if done.certificates != 1 else ''} of {name} taken back.")
    if not done.told:
        typer.echo("The broker does not know yet: run this with --broker FOLDER where it runs, or restart it.")
    elif done.shown_out:
        typer.echo(f"The broker knows, and nobody is connected as {name}.")
    else:
        typer.echo(f"The broker knows; whether {name} is still connected is not known: restart the broker to be sure.")


def broker(
    house: House,
    folder: Annotated[Path, typer.Option("--dir", help="A folder for the broker's files alone.")],
    host: Annotated[list[str], typer.Option(help="Host name or address by which it is dialled; once for each.")],
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8883,
    listen: Annotated[str, typer.Option(help="Address to listen on; every one when not given.")] = "",
) -> None:
    """Write a folder for mosquitto: its certificate, who may say what, its configuration. Again: renewed."""
    from vitrine import broker as mosquitto
    from vitrine.authority import Authority

    now = dt.datetime.now(dt.UTC)
    program = mosquitto.find()
    authority = Authority.open(house.resolve(), now)
    server = authority.server("broker", host, now)
    made = mosquitto.prepare(folder, program, authority, server, host=listen, port=port, lasting=True)
    typer.echo(f"Start or restart the broker: {shlex.join(made.command)}")
