"""`python -m vitrine`: every process of the house and what a person does around it."""

import datetime as dt
import gc
import os
import shlex
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from vitrine import toml
from vitrine.problems import EXIT_CODE, PersonError, in_words, sentence

app = typer.Typer(
    name="vitrine",
    no_args_is_help=True,
    add_completion=False,
    help="RFID edge and point-of-sale core for jewelry stores.",
)
reader = typer.Typer(no_args_is_help=True, help="Readers: what they are, and whether they can do what a profile asks.")
app.add_typer(reader, name="reader")
tag = typer.Typer(no_args_is_help=True, help="Tags: written, read back, locked and bound to pieces.")
app.add_typer(tag, name="tag")
zones = typer.Typer(no_args_is_help=True, help="Zones: walked with a reference tray, so that pieces are placed by it.")
app.add_typer(zones, name="zones")
backup = typer.Typer(
    no_args_is_help=True, help="Backups: of a box, sealed for the owner; of the office, told to be safe."
)
app.add_typer(backup, name="backup")
audit = typer.Typer(no_args_is_help=True, help="Whether the books are the ones that were written.")
app.add_typer(audit, name="audit")
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
COLLECT_EVERY: Final = 50_000
"""New objects between looks for circles of garbage. By Python's 700 a start, which makes a hundred thousand objects
and throws none away, spends a tenth of its time on them. A box takes Python's own again when it begins to live."""


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
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is loaded: a box multiplies no large matrices
    from edge.books.db import BooksError
    from edge.config import ConfigError, load_config

    with in_words(ConfigError, BooksError):
        settings = load_config(config)  # what is wrong with it is said before a whole box is loaded
        from edge import app as box

        raise typer.Exit(box.run(settings))


@app.command()
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


@app.command()
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


@app.command()
def cloud(config: Config) -> None:
    """The head office: pages, API, the stores' door, ingest."""
    from cloud.config import ConfigError, load_config
    from cloud.db import UnreachableDatabaseError, UnsafeDatabaseError

    with in_words(ConfigError, UnsafeDatabaseError, UnreachableDatabaseError):
        settings = load_config(config)  # what is wrong with it is said before a whole office is loaded
        from cloud import app as office

        authority = None
        if settings.authority:
            from vitrine.authority import Authority

            authority = Authority.open(Path(settings.authority).resolve(), dt.datetime.now(dt.UTC))
        raise typer.Exit(office.run(settings, authority))


@app.command()
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
        f"{found.payments_asked} payments were asked about, {found.in_doubt} orders are settled at the next start. "
        "Start it with `vitrine cloud`, and keep boxes that were given up off until every store was heard."
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


@backup.command("key")
def backup_key(path: Annotated[Path, typer.Argument(help="The file to write; keep it away from every box.")]) -> None:
    """Make the owner's key, which opens backups, and print the words that seal them."""
    from edge.backup.errors import BackupError
    from vitrine import backups

    with in_words(BackupError):
        typer.echo(backups.make_key(path))


@backup.command("make")
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


@backup.command("look")
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


@backup.command("safe")
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


@app.command()
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


@audit.command("verify")
def audit_verify(
    config: Config,
    store: Annotated[str, typer.Argument(help="At the office: this store only.")] = "",
    *,
    books: Annotated[Path | None, typer.Option(help="At the office: a box's books, to hold against ours.")] = None,
) -> None:
    """Go through the logs of a box or of the office, row by row: 0 when all is as it was written, else 2 and where not.

    With a box's configuration its logs are also held against the office's. Nothing is changed.
    """
    from vitrine import audits

    found = audits.verify(config, store, books)
    for trouble in found.troubles:
        typer.echo(trouble)
    if found.troubles:
        raise typer.Exit(EXIT_CODE)
    typer.echo(f"{found.rows} rows of {found.logs} logs are as they were written.")


@audit.command("receipt")
def audit_receipt(
    config: Config, code: Annotated[str, typer.Argument(help="From the receipt's end: 16 letters and digits.")]
) -> None:
    """Look for the row a receipt was printed of, on a box or at the office: 0 and what it is, or 2 when there is none.

    A receipt whose row is nowhere says that a log was cut, or written anew, after it was printed.
    """
    from vitrine import audits

    found = audits.receipt(config, code)
    if not found:
        typer.echo("No row here has this code: the receipt is not ours, not sent yet, or its row was taken away.")
        raise typer.Exit(EXIT_CODE)
    typer.echo("\n".join(found))


@app.command("seal-key")
def seal_key(config: Config) -> None:
    """A new key for what the office seals (secrets of code apps). Start the office again: it seals all under it."""
    from cloud.config import ConfigError, load_config
    from cloud.sealing import key_file, new_key

    with in_words(ConfigError):
        told = load_config(config)
        name = new_key(told)
        typer.echo(f"{key_file(told)} begins with key {name} now. Keep a copy of the file; start the office again.")


@app.command()
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


@app.command()
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


@app.command()
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


@app.command()
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


@reader.command()
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


@reader.command()
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


@zones.command()
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


@zones.command("status")
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


@tag.command("print")
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


@tag.command()
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


@tag.command()
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


def main() -> None:
    """The outermost shell: what a person can mend is one sentence and exit code 2; everything else is our fault."""
    gc.set_threshold(COLLECT_EVERY)
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
