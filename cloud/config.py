"""One frozen configuration of the office process, parsed once from TOML. Unknown keys are refused by name."""

import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec


class ConfigError(Exception):
    """The configuration cannot be used; the message names the key and the mend."""


class BrokerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The MQTT broker. With `ca` empty the connection is plain, which is for tests on loopback only."""

    host: str
    """Name or address as it stands in the broker's certificate."""
    port: int
    """Of the broker: 8883 is MQTT's port with TLS."""
    client_id: str = "office"
    """Without certificates only: a broker of ours takes the name in the certificate, which is `cloud`."""
    ca: str = ""
    """The house's own certificate, `house.pem`."""
    cert: str = ""
    """The office's certificate as a client of the broker: `vitrine enrol cloud`."""
    key: str = ""
    """Its private key."""


class DoorConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The edges' HTTPS door: a box is known by the CN of its client certificate, signed by `ca`."""

    port: int
    """That boxes dial."""
    ca: str
    """The house's own certificate, `house.pem`: whose it did not sign stays outside."""
    cert: str
    """The door's own certificate, for the host that stores dial: `vitrine enrol office --server HOST`."""
    key: str
    """Its private key."""
    host: str = "127.0.0.1"
    """Address to listen on; `0.0.0.0` is every one."""
    crl: str = ""
    """The house's list of revoked certificates, `house.crl`: who stands on it is turned away at the next request."""


class MailConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail server that takes what the office writes to clients."""

    host: str
    """Its name, as it stands in its certificate."""
    sender: str
    """Address it comes from, like `house@example.com`. What comes back goes to `house+MESSAGE@example.com`."""
    port: int = 587
    """Of its submission (RFC 6409)."""
    tls: bool = True
    """STARTTLS before anything is said; only a server on this machine may do without."""
    user: str = ""
    """Who signs in there; empty: nobody does."""
    password_file: str = ""
    """File that holds the password of `user`."""
    hook_secret_file: str = ""
    """File with the secret under which whoever receives returned mail signs it for `/api/v1/messages/heard/email`."""


class ProviderConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider of SMS, or WhatsApp's Cloud API."""

    url: str
    """Where its API is asked, `https://…`."""
    sender: str
    """The name or number an SMS comes from; of WhatsApp the id of the number."""
    token_file: str
    """File that holds the token it knows the office by."""
    template: str = ""
    """Of WhatsApp: the approved template whose one parameter is our text."""
    template_language: str = "en"
    """Of that template, as WhatsApp's site names it."""
    hook_secret_file: str = ""
    """File with the secret under which it signs what became of messages."""


class MessagesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How clients are written to. Without a carrier nothing is."""

    public_url: str = ""
    """The office as clients reach it, `https://…`: where the link leads that ends messages. Without it none but those
    about a client's own order are sent."""
    language: str = "en"
    """Of who has none."""
    from_hour: int = 9
    """Nobody is disturbed before it,"""
    until_hour: int = 20
    """nor from then on, by the clock of the store that writes."""
    sundays: bool = False
    """Whether Sundays are days to write on."""
    per_day_max: int = 2_000
    """Messages that need consent, by one channel in any 24 hours."""
    mail: MailConfig | None = None
    """Carries e-mail."""
    sms: ProviderConfig | None = None
    """Carries SMS."""
    whatsapp: ProviderConfig | None = None
    """Carries WhatsApp messages."""


class CloudConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the office process needs to know. Relative paths begin where the process is started."""

    database_url: str
    """`sqlite:////folder/office.sqlite3`, or `postgresql+psycopg://user:password@host/name` for more than a few stores.

    Its tables are made and renewed at each start.
    """
    port: int
    """Of the pages and the API."""
    host: str = "127.0.0.1"
    """Address to listen on for pages and API; `0.0.0.0` is every one. Beyond loopback give `cert` and `key`."""
    house: str = "Vitrine"
    """The jeweller's name, as the pages show it."""
    language: str = "en"
    """Of the pages, for browsers that ask for none of ours; `de-CH` also says whose forms of numbers and dates hold."""
    time_zone: str = "UTC"
    """By which the office pages tell the time; a store has its own."""
    cert: str = ""
    """Certificate that gives pages and API HTTPS; without it they are plain HTTP, for loopback or a proxy in front."""
    key: str = ""
    """The private key of `cert`."""
    pages_url: str = ""
    """The pages as tills reach them, `https://office.example:8443`. Empty: `host` and `port` as they stand here."""
    authority: str = ""
    """Folder of the house's authority, `house`: then boxes enrol with a token and renew their certificates themselves.

    Whoever can read it can let anybody in. Without it certificates are made by `vitrine enrol … --house` alone.
    """
    seal_key: str = ""
    """File of the key that seals clients and secrets of code apps, made at first use; keep its copy off the database's.

    Empty: `seal.key` in the folder of the authority; without one, beside an SQLite database, or where the office is
    started.
    """
    broker: BrokerConfig | None = None
    """Where the stores are heard. Without it the office runs, and hears nobody."""
    door: DoorConfig | None = None
    """Where boxes fetch what is too large for the broker. Without it none can join."""
    messages: MessagesConfig | None = None
    """How clients are written to. Without it they are not."""
    payment_url: str = ""
    """The payment provider's address, spoken to as `cloud/provider.py` says. Empty: no web order can be paid."""
    second_factor: bool = True
    """Whoever may move money or people here has a code app beside the password. `false` leaves it to each of them."""
    lease_wait_s: float = 60.0
    """Seconds a web order waits for its store to promise the piece; then it ends and the payment is given back."""


def load_config(path: Path) -> CloudConfig:
    """Raises `ConfigError` with the name of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}; give another path with --config") from error
    try:
        config = msgspec.convert(tomllib.loads(text), CloudConfig)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}") from error
    try:
        ZoneInfo(config.time_zone)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"{path}: time_zone '{config.time_zone}' is not known; write one like Europe/Paris"
        ) from error
    for key, file in _files(config).items():
        if file and not Path(file).is_file():
            mend = "put it there" if key.startswith("messages.") else "`vitrine enrol` makes it"
            raise ConfigError(f"{path}: {key} names {file}, which is not there; {mend}")
    _check_messages(path, config.messages or MessagesConfig())
    return config


def _check_messages(path: Path, told: MessagesConfig) -> None:
    if not 0 <= told.from_hour < told.until_hour <= 24:
        raise ConfigError(f"{path}: messages.from_hour comes before until_hour, both within 0 and 24")
    if told.public_url and not told.public_url.startswith("https://"):
        raise ConfigError(f"{path}: messages.public_url begins with https://, for it stands in mails")
    if told.mail is not None and "@" not in told.mail.sender:
        raise ConfigError(f"{path}: messages.mail.sender is an address, like house@example.com")
    if told.whatsapp is not None and not told.whatsapp.template:
        raise ConfigError(f"{path}: messages.whatsapp.template names the template that WhatsApp approved")


def _files(config: CloudConfig) -> dict[str, str]:
    named = {"cert": config.cert, "key": config.key}
    written = config.messages or MessagesConfig()
    for name, way in (("mail", written.mail), ("sms", written.sms), ("whatsapp", written.whatsapp)):
        for key in ("password_file", "token_file", "hook_secret_file") if way is not None else ():
            named[f"messages.{name}.{key}"] = getattr(way, key, "")
    for part, given in (("broker", config.broker), ("door", config.door)):
        if given is not None:
            named |= {f"{part}.ca": given.ca, f"{part}.cert": given.cert, f"{part}.key": given.key}
    if config.authority:
        named["authority"] = str(Path(config.authority) / "house.key")
    if config.door is not None:
        named["door.crl"] = config.door.crl
    return named
