"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", "-c", help="The process's configuration file.")]
House = Annotated[Path, typer.Option(help="Folder of the house's certificate authority; made when there is none.")]
Address = Annotated[str, typer.Argument(help="As in edge.toml: llrp://HOST, or a module's m100:///dev/…?region=eu.")]
TlsPin = Annotated[str, typer.Option(help="With llrps: SHA-256 fingerprint of the reader's certificate.")]
TlsCert = Annotated[
    Path | None, typer.Option(exists=True, help="With llrps: a certificate to show to a reader that asks for one, PEM;")
]
TlsKey = Annotated[Path | None, typer.Option(exists=True, help="and its private key.")]
Url = Annotated[str, typer.Option(help="Of the store's box, where it is not the configuration's own.")]
Json = Annotated[bool, typer.Option("--json", help="For programs: one JSON object on standard output.")]
Folder = Annotated[Path, typer.Option("--dir", help="Where the house keeps its files.")]
