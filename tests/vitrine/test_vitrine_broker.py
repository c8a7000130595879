import datetime as dt
import re
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from contract import topics
from contract.ids import StoreId
from vitrine import broker
from vitrine.authority import CLOUD, Authority
from vitrine.problems import PersonError

NOW = dt.datetime.now(dt.UTC)
PARIS, MILAN = StoreId("paris"), StoreId("milan")


def test_a_store_speaks_to_the_cloud_and_the_cloud_answers(house, until):
    cloud = house.dial(house.authority.client(CLOUD, NOW), "any", topics=(topics.EVERY_UP,))
    paris = house.dial(house.authority.client(PARIS, NOW), "paris", topics=(topics.down(PARIS),))
    assert cloud.connected.wait(60)
    assert paris.connected.wait(60)
    assert not paris.publish(topics.up(PARIS), b"rows").is_failure
    assert not cloud.publish(topics.down(PARIS), b"upto").is_failure
    until(lambda: cloud.heard == [(topics.up(PARIS), b"rows")] and paris.heard == [(topics.down(PARIS), b"upto")])


def test_a_store_cannot_speak_for_another(house, until):
    cloud = house.dial(house.authority.client(CLOUD, NOW), "cloud", topics=(topics.EVERY_UP,))
    milan = house.dial(house.authority.client(MILAN, NOW), "milan")
    assert cloud.connected.wait(60)
    assert milan.connected.wait(60)
    assert milan.publish(topics.up(PARIS), b"forged").getName() == "Not authorized"
    assert milan.publish(topics.down(PARIS), b"forged").getName() == "Not authorized"
    assert not milan.publish(topics.up(MILAN), b"honest").is_failure
    until(lambda: len(cloud.heard) == 1)
    assert cloud.heard == [(topics.up(MILAN), b"honest")], "the control arrived, the forgeries did not"


def test_a_store_cannot_listen_to_another(house, until):
    """The broker grants any subscription and filters what it delivers, so only absence proves it."""
    cloud = house.dial(house.authority.client(CLOUD, NOW), "cloud")
    milan = house.dial(house.authority.client(MILAN, NOW), "milan", topics=("#", topics.down(PARIS)))
    assert cloud.connected.wait(60)
    assert milan.connected.wait(60)
    cloud.publish(topics.down(PARIS), b"for paris")
    cloud.publish(topics.down(MILAN), b"for milan")
    until(lambda: len(milan.heard) >= 1)
    assert milan.heard == [(topics.down(MILAN), b"for milan")]


def test_a_foreign_client_id_pushes_nobody_out(house):
    paris = house.dial(house.authority.client(PARIS, NOW), "paris")
    assert paris.connected.wait(60)
    thief = house.dial(house.authority.client(MILAN, NOW), "paris")
    assert thief.connected.wait(60)
    assert not paris.publish(topics.up(PARIS), b"still here").is_failure
    assert not paris.cut.is_set()


def test_two_clients_of_one_certificate_do_push_each_other_out(house):
    """The control: one certificate is one client, whatever it calls itself."""
    first = house.dial(house.authority.client(PARIS, NOW), "one")
    assert first.connected.wait(60)
    house.dial(house.authority.client(PARIS, NOW), "two")
    assert first.cut.wait(60)


def test_nobody_enters_without_a_certificate_of_this_house(house, tmp_path):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _shake_hands(house, None)
    stranger = Authority.open(tmp_path / "other-house", NOW).client(PARIS, NOW)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _shake_hands(house, stranger)
    _shake_hands(house, house.authority.client(PARIS, NOW))


def test_a_revoked_store_is_refused_after_the_list_is_read_again(house, tmp_path):
    identity = house.authority.client(PARIS, NOW)
    _shake_hands(house, identity)
    house.authority.revoke([x509.load_pem_x509_certificate(identity.cert.read_bytes())], NOW)
    house.process.terminate()
    house.process.wait(60)
    server = house.authority.server("broker", ["127.0.0.1", "localhost"], NOW)
    made = broker.prepare(
        tmp_path / "broker", broker.find(), house.authority, server, host="127.0.0.1", port=house.port
    )
    house.restart(made.command)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _shake_hands(house, identity)
    _shake_hands(house, house.authority.client(MILAN, NOW))


def test_the_version_is_read_from_what_mosquitto_says():
    assert broker.read_version("mosquitto version 2.0.11\n\nmosquitto is an MQTT v5.0 broker.") == (2, 0, 11)
    assert broker.read_version("a stranger") == (0,)


def test_a_key_lies_where_only_its_owner_reads_it(tmp_path: Path):
    authority = Authority.open(tmp_path, NOW)
    identity = authority.client(PARIS, NOW)
    assert identity.key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "house.key").stat().st_mode & 0o777 == 0o600


def test_a_certificate_is_kept_while_it_is_good_and_renewed_before_it_ends(tmp_path: Path):
    authority = Authority.open(tmp_path, NOW)
    first = authority.client(PARIS, NOW).cert.read_bytes()
    assert authority.client(PARIS, NOW + dt.timedelta(days=300)).cert.read_bytes() == first
    assert authority.client(PARIS, NOW + dt.timedelta(days=340)).cert.read_bytes() != first


@pytest.mark.parametrize("name", ["cloud", "Paris", "a/b", "+", "-x", "", "a" * 41, "broker", "seal"])
def test_a_name_that_would_confuse_the_broker_is_refused(tmp_path: Path, name: str):
    authority = Authority.open(tmp_path, NOW)
    if name == CLOUD:
        authority.client(name, NOW)  # the cloud's own, and no store's
        return
    with pytest.raises(PersonError):
        authority.client(name, NOW)


@pytest.mark.parametrize(
    ("name", "host", "said"),
    [
        ("house", "127.0.0.1", "cannot be called 'house'"),
        ("cloud", "127.0.0.1", "cannot be called 'cloud'"),
        ("seal", "127.0.0.1", "cannot be called 'seal'"),
        ("../door", "127.0.0.1", "cannot be called '../door'"),
        ("paris", "127.0.0.1", "is a client's certificate"),
        ("door", "https://office.lan:8443", "without scheme and port"),
        ("door", "", "is no host"),
    ],
)
def test_a_server_takes_nobodys_files_and_needs_a_host(tmp_path: Path, name: str, host: str, said: str):
    authority = Authority.open(tmp_path, NOW)
    authority.client(PARIS, NOW)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(PersonError, match=re.escape(said)):
        authority.server(name, [host], NOW)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_store_takes_no_servers_name(tmp_path: Path):
    authority = Authority.open(tmp_path, NOW)
    authority.server("till", ["till.lan"], NOW)
    with pytest.raises(PersonError, match="is a server's certificate"):
        authority.client(StoreId("till"), NOW)


def _shake_hands(house, identity) -> None:
    context = ssl.create_default_context(cafile=str(house.authority.ca_file))
    if identity is not None:
        context.load_cert_chain(identity.cert, identity.key)
    with (
        socket.create_connection(("127.0.0.1", house.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        # TLS 1.3 tells the client of a refused certificate only when it reads.
        secure.sendall(bytes.fromhex("101000044d5154540502003c000003616263"))
        if not secure.recv(4):
            raise ConnectionError("cut")


@pytest.mark.parametrize("name", ["access.conf", "mosquitto.conf"])
def test_the_container_runs_under_the_same_rules(name: str):
    made = {"access.conf": broker.access_rules(), "mosquitto.conf": broker.configuration(Path("/broker"), "", 8883, "")}
    shipped = Path(__file__).resolve().parents[2] / "docker" / "broker" / name
    assert shipped.read_text(encoding="utf-8") == made[name], f"write docker/broker/{name} again from vitrine.broker"
