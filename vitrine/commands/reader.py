"""Readers, asked before a store opens."""

from typing import Annotated

import typer

from vitrine.commands.options import Address, Json, TlsCert, TlsKey, TlsPin

app = typer.Typer(no_args_is_help=True, help="Readers: what they are, and whether they can do what a profile asks.")


@app.command()
def probe(
    address: Address,
    *,
    tls_pin: TlsPin = "",
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    as_json: Json = False,
) -> None:
    """Who a reader is and what it offers. Nothing is changed there, and nothing read."""
    from vitrine import reader as job

    job.probe(address, job.Papers(tls_pin, tls_cert, tls_key), as_json=as_json)


@app.command()
def check(
    profile: Annotated[str, typer.Argument(help="A file of firmware-config, without .toml.")],
    address: Address,
    antenna: Annotated[
        list[str] | None,
        typer.Option(help="PORT=KIND of zone, such as 1=safe; once for each antenna. Else antenna 1 as a case."),
    ] = None,
    *,
    tls_pin: TlsPin = "",
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    as_json: Json = False,
) -> None:
    """Whether a profile can be used with a reader: 0 when it can, else 2 and what to mend."""
    from vitrine import reader as job

    job.check(profile, address, antenna or [], job.Papers(tls_pin, tls_cert, tls_key), as_json=as_json)
