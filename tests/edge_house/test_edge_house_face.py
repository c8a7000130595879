"""The store's pages over HTTPS: the house signs for the names tills dial, for nobody else's, and the box renews it."""

import asyncio
import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from cryptography import x509
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from cloud.app import build
from cloud.config import CloudConfig
from cloud.doors import CertificateProtocol
from contract.ids import StoreId
from edge.config import ConfigError, EdgeConfig, UplinkConfig
from edge.config.load import load_config
from edge.sync.facing import Face, face_of, first_face, good, renew_face
from vitrine.authority import LEAF_LIVES, Authority

NOW = dt.datetime.now(dt.UTC)
PARIS = StoreId("paris")
NAMES = ("127.0.0.1", "paris.local")
OFFICE = "10.0.0.5"


class Running:
    """A server on a free port, until it is told to stop."""

    def __init__(self, app: object, **tls: object) -> None:
        self.server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", **tls))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive()
            self.thread.join(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(60)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.open(tmp_path_factory.mktemp("house"), NOW)


@pytest.fixture(scope="module")
def uplink(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UplinkConfig]:
    """The office's door, and what this store's box knows of it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('office') / 'office.sqlite3'}"
    office = build(CloudConfig(database_url=url, port=0, pages_url=f"https://{OFFICE}:8443"), signer=authority)
    own, box = authority.server("office", ["127.0.0.1"], NOW), authority.client(PARIS, NOW)
    door = Running(
        office.door, http=CertificateProtocol, ssl_certfile=own.cert, ssl_keyfile=own.key,
        ssl_ca_certs=str(authority.ca_file), ssl_cert_reqs=ssl.CERT_REQUIRED,
    )  # fmt: skip
    yield UplinkConfig(
        broker_host="127.0.0.1", broker_port=1, cloud_url=f"https://127.0.0.1:{door.port}", ca=authority.ca_file,
        cert=box.cert, key=box.key,
    )  # fmt: skip
    door.stop()
    office.office.close()


def config_of(uplink: UplinkConfig | None, folder: Path, names: tuple[str, ...] = NAMES) -> EdgeConfig:
    return EdgeConfig(
        store=PARIS, name="Paris", currency="EUR", data_dir=folder, uplink=uplink, tls_names=names,
    )  # fmt: skip


def face(config: EdgeConfig) -> Face:
    found = face_of(config)
    assert found is not None
    return found


def test_a_box_gets_a_certificate_for_its_pages_and_keeps_it(uplink: UplinkConfig, tmp_path: Path) -> None:
    config = config_of(uplink, tmp_path)
    mine = face(config)
    assert not good(mine, NOW)
    asyncio.run(first_face(config, mine, NOW))
    assert good(mine, NOW)
    assert mine.key.stat().st_mode & 0o077 == 0
    before = mine.cert.read_bytes()
    asyncio.run(first_face(config, mine, NOW))
    assert mine.cert.read_bytes() == before, "nothing is asked for twice"
    other = mine._replace(names=(*NAMES, "192.168.1.20"))
    assert not good(other, NOW), "a name was added: the next start asks for it"


@pytest.mark.parametrize(
    "name", ["office.maison.example", "milan.local", "8.8.8.8", "parish.local", "*.paris.local", "paris.fr", OFFICE]
)
def test_a_box_gets_no_certificate_for_what_is_not_its_own(uplink: UplinkConfig, tmp_path: Path, name: str) -> None:
    config = config_of(uplink, tmp_path, (name,))
    with pytest.raises(ConfigError, match="no certificate for the store's pages yet"):
        asyncio.run(first_face(config, face(config), NOW))
    assert not face(config).cert.exists()


def test_an_address_of_the_stores_own_network_is_a_boxs_to_have(uplink: UplinkConfig, tmp_path: Path) -> None:
    """The control of the office's: its neighbour is signed."""
    config = config_of(uplink, tmp_path, ("10.0.0.6",))
    asyncio.run(first_face(config, face(config), NOW))
    assert good(face(config), NOW)


def test_an_address_is_the_same_however_it_is_spelled(uplink: UplinkConfig, tmp_path: Path) -> None:
    config = config_of(uplink, tmp_path, ("FD00::1", "Paris.local"))
    asyncio.run(first_face(config, face(config), NOW))
    assert good(face(config), NOW)
    assert good(face(config)._replace(names=("fd00:0::1", "paris.local")), NOW)
    assert not good(face(config)._replace(names=("fd00::2", "paris.local")), NOW)


def test_without_an_office_a_box_that_has_none_says_what_to_do(uplink: UplinkConfig, tmp_path: Path) -> None:
    away = UplinkConfig(
        **{**{k: getattr(uplink, k) for k in uplink.__struct_fields__}, "cloud_url": "https://127.0.0.1:1"}
    )
    config = config_of(away, tmp_path)
    with pytest.raises(ConfigError, match="start the box once where the office answers"):
        asyncio.run(first_face(config, face(config), NOW))


def test_a_renewed_certificate_is_shown_without_a_restart(
    authority: Authority, uplink: UplinkConfig, tmp_path: Path
) -> None:
    config = config_of(uplink, tmp_path)
    mine = face(config)
    asyncio.run(first_face(config, mine, NOW))
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("the register"))])
    till = Running(app, ssl_certfile=mine.cert, ssl_keyfile=mine.key)
    try:
        trust = ssl.create_default_context(cafile=str(authority.ca_file))

        def shown() -> int:
            line = socket.create_connection(("127.0.0.1", till.port))
            with trust.wrap_socket(line, server_hostname="127.0.0.1") as secure:
                return x509.load_der_x509_certificate(secure.getpeercert(True) or b"").serial_number

        first = shown()
        assert not asyncio.run(renew_face(uplink, config, mine, till.server.config, NOW)), "it is young"
        assert shown() == first
        assert asyncio.run(renew_face(uplink, config, mine, till.server.config, NOW + LEAF_LIVES * 0.7))
        assert shown() != first
    finally:
        till.stop()


def test_a_store_without_names_is_plain_and_a_persons_certificate_is_theirs_to_renew(tmp_path: Path) -> None:
    assert face_of(config_of(None, tmp_path, ())) is None
    given = EdgeConfig(
        store=PARIS, name="Paris", currency="EUR", data_dir=tmp_path, tls_cert=Path("a.pem"), tls_key=Path("a.key"),
    )  # fmt: skip
    assert face_of(given) == Face(Path("a.pem"), Path("a.key"))


def test_names_without_an_office_are_refused_by_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(
        f'store = "paris"\nname = "Paris"\ncurrency = "EUR"\ndata_dir = "{tmp_path}"\ntls_names = ["paris.local"]\n'
    )
    with pytest.raises(ConfigError, match="tls_names needs an"):
        load_config(path)
