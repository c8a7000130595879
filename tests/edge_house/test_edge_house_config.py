"""A mistake in `edge.toml` stops the box before it starts, in a sentence with the key and the mend."""

import pytest

from edge import app
from edge.config import ConfigError, load_config
from edge.readers.base import MisconfiguredError
from edge.readers.profiles import load_profile

TOML = """
store = "paris"
name = "Paris"
currency = "EUR"
data_dir = "DIR/data"
TOP
zones = [{ id = "case", name = "Case", kind = "case" }]
[[readers]]
id = "r1"
url = "llrp://10.0.0.9"
profile = "generic-llrp"
antennas = { "1" = "case" }
READER
MORE
"""


def start(tmp_path, *, top="", reader="", more="", **instead):
    """A box with this configuration, as far as it comes."""
    text = TOML.replace("DIR", str(tmp_path)).replace("TOP", top).replace("READER", reader).replace("MORE", more)
    for key, value in instead.items():
        line = next(line for line in text.splitlines() if line.startswith(f"{key} = "))
        text = text.replace(line, f"{key} = {value}")
    path = tmp_path / "edge.toml"
    path.write_text(text, encoding="utf-8")
    edge = app.create(load_config(path))
    edge.shop.db.close()
    edge.store.books.close()


def test_control_without_a_mistake_it_starts(tmp_path):
    start(tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "llrp://h:99999", "llrp://h:-1", "llrp://h:x", "llrp://h:0", "llrp://[::1", "llrp://[zz]:5084", "llrp:// h",
        "llrp://h\\n", "llrp://\\u0000", "llrp://a..b", f"llrp://{'a' * 64}", "m100://[::1?region=eu",
        "m100:///dev/\\u0000", "zebra-iot://[::1?topic=a", "impinj-iot://a..b?topic=a",
    ],
)  # fmt: skip
def test_an_address_that_could_never_be_dialled_is_named(tmp_path, url):
    with pytest.raises(ConfigError, match=r"edge\.toml: reader r1: url .*; (write|give) "):
        start(tmp_path, url=f'"{url}"')


@pytest.mark.parametrize("port", ["0", "01", "-1", "1.5", "\uff11", "\u00b2", "65536", "9" * 20, "9" * 5000])
@pytest.mark.parametrize("what", ["antennas", "inputs", "outputs"])
def test_a_port_no_reader_can_have_is_named_and_no_port_is_there_twice(tmp_path, what, port):
    if what == "antennas":
        changes = {"antennas": f'{{ "{port}" = "case" }}'}
    else:
        kind = "door" if what == "inputs" else "lock"
        changes = {"reader": f'{what} = {{ "{port}" = {{ name = "x", kind = "{kind}", zone = "case" }} }}'}
    with pytest.raises(ConfigError, match=f"reader r1 {what[:-1]} .* is not a port number from 1"):
        start(tmp_path, **changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"top": 'time_zone = "Mars/Phobos"'}, "time_zone 'Mars/Phobos' is none; write one"),
        ({"top": 'time_zone = "../../etc/passwd"'}, "time_zone .* is none"),
        ({"top": 'time_zone = ""'}, "time_zone '' is none"),
        ({"top": "http_port = 70000"}, "http_port"),
        ({"top": f'tls_cert = "{__file__}"'}, "tls_cert and tls_key go together"),
        ({"top": 'tills = ["till-1", "till-1"]'}, "two tills are called 'till-1'"),
        ({"zones": '[{ id = "case", name = "A", kind = "case" }, { id = "case", name = "B", kind = "case" }]'},
         "two zones are called 'case'"),
        ({"more": '[[readers]]\nid = "r1"\nurl = "wedge:"\nprofile = "wedge"\nantennas = {}'},
         "two readers are called 'r1'"),
        ({"id": '" "'}, "a reader without a name"),
        ({"reader": "tls_ca = 1"}, "tls_ca"),
        ({"url": '"llrps://h"', "reader": 'tls_ca = "\\u0000"'}, "give PEM files"),
        ({"more": '[[printers]]\nid = "p"\nhost = "a..b"'}, r"printer p: host 'a\.\.b' names no host"),
        ({"more": '[[printers]]\nid = "p"\nhost = ""'}, "printer p: host '' names no host"),
        ({"profile": '"\\u0000"'}, "not a plain name"),
        ({"more": '[tags]\nscheme = "sgtin-96"\ncompany = "\uff10\uff16\uff11\uff14\uff11\uff14\uff11"'}, "company"),
    ],
)  # fmt: skip
def test_every_other_mistake_is_told_with_its_key(tmp_path, changes, why):
    with pytest.raises((ConfigError, MisconfiguredError), match=why):
        start(tmp_path, **changes)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"a = " + b"[" * 50_000], ids=["another-code", "a-deep-nest"])
def test_a_file_that_is_no_configuration_is_said_to_be_none(tmp_path, data):
    path = tmp_path / "edge.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"edge\.toml"):
        load_config(path)
    with pytest.raises(MisconfiguredError, match=r"edge\.toml"):
        load_profile("edge", tmp_path)


def test_a_password_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "secret").write_bytes(b"\xff\xfe\x00")
    with pytest.raises((ConfigError, MisconfiguredError), match="secret is no text"):
        start(tmp_path, url=f'"impinj-iot://u@h?topic=a&password_file={tmp_path}/secret"', profile='"impinj-r700-iot"')


@pytest.mark.parametrize("size", ["nan", "inf", "-1.0", "0.0"])
def test_a_zone_of_no_size_cannot_be_drawn(tmp_path, size):
    with pytest.raises(ConfigError, match="width"):
        start(tmp_path, zones=f'[{{ id = "case", name = "Case", kind = "case", width = {size} }}]')


HUNG = '[{ id = "case", name = "Case", kind = "case", reference = "E2000017221101441890ABCD" }]'


def test_a_zone_may_have_a_reference_tag(tmp_path):
    start(tmp_path, zones=HUNG)


@pytest.mark.parametrize(
    ("zones", "mend"),
    [
        (HUNG.replace("E200", "XYZ1"), "write the tag's EPC in hex"),
        (HUNG.replace("E2000017221101441890ABCD", "E20"), "write the tag's EPC in hex"),
        (HUNG.replace('kind = "case"', 'kind = "exit"'), "hang it in a case, safe, shelf"),
        (
            HUNG.replace("}]", '}, { id = "b", name = "B", kind = "safe", reference = "E201" }]'),
            "no fixed reader watches",
        ),
    ],
)
def test_a_reference_tag_that_could_never_speak_for_its_zone_is_named_with_the_mend(tmp_path, zones, mend):
    with pytest.raises(ConfigError, match=rf"edge\.toml: zone \w+: reference .*{mend}"):
        start(tmp_path, zones=zones)


def test_two_zones_cannot_share_one_reference_tag(tmp_path):
    both = HUNG.replace("}]", '}, { id = "b", name = "B", kind = "safe", reference = "e2000017221101441890abcd" }]')
    with pytest.raises(ConfigError, match="hangs in zone case too; give each zone a tag of its own"):
        start(tmp_path, zones=both, antennas='{ "1" = "case", "2" = "b" }')
