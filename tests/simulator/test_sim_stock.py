import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.app import load_config, plan, write_config
from simulator.stock import sgtin96
from simulator.store import LAYOUTS, LayoutError, load_layout, parse_layout


def test_the_same_seed_gives_the_same_house_and_another_seed_another():
    once, again, other = (plan(("boutique",), seed, first_port=9000) for seed in (3, 3, 4))
    assert once == again
    assert [piece.card.epc for piece in once.stores[0].stock] != [piece.card.epc for piece in other.stores[0].stock]


def test_every_tag_of_the_house_is_its_own():
    cards = [card for store in plan(seed=1, first_port=9000).stores for card in store.cards]
    assert len(cards) == sum(load_layout(name).pieces for name in LAYOUTS)
    for name in ("piece", "epc", "tid"):
        assert len({getattr(card, name) for card in cards}) == len(cards), name
    assert all(len(card.epc) == len(card.tid) == 24 for card in cards)
    raw = sum(not card.epc.startswith("30") for card in cards)
    assert 0 < raw < len(cards) / 5


def test_every_piece_has_a_home_with_a_zone_and_a_plausible_price():
    for store in plan(seed=1, first_port=9000).stores:
        zones = {zone.id for zone in store.layout.zones if zone.share > 0}
        assert {card.home_zone for card in store.cards} <= zones
        for card in store.cards:
            assert card.tray.startswith(card.home_zone)
            assert 9_000 <= card.price_minor <= 100_000_000
            assert card.weight_mg >= 400


def test_metal_decides_how_well_a_tag_is_read():
    stock = plan(("flagship",), 1, first_port=9000).stores[0].stock
    easy = [p.detectability for p in stock if p.card.metal == "yellow gold"]
    hard = [p.detectability for p in stock if p.card.metal == "steel"]
    assert sum(easy) / len(easy) > sum(hard) / len(hard) + 0.05
    assert min(easy) < 0.1, "a few tags are hard to read in every metal"


@given(company=st.integers(0, 10**7 - 1), item=st.integers(0, 10**6 - 1), serial=st.integers(0, (1 << 38) - 1))
def test_sgtin_96_keeps_its_fields(company, item, serial):
    bits = int(sgtin96(company, item, serial), 16)
    assert (bits >> 88, (bits >> 82) & 7, (bits >> 58) & 0xFFFFFF) == (0x30, 5, company)
    assert ((bits >> 38) & 0xFFFFF, bits & ((1 << 38) - 1)) == (item, serial)


def test_a_configuration_survives_its_file(tmp_path):
    config = plan(seed=5, first_port=9100, state_file=tmp_path / "state.json").config
    write_config(tmp_path / "simulator.json", config)
    assert load_config(tmp_path / "simulator.json") == config


def test_the_web_stockroom_has_no_readers_and_the_flagship_five():
    assert load_layout("stockroom").readers == ()
    assert [len(reader.antennas) for reader in load_layout("flagship").readers] == [4, 4, 4, 1, 2]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("store = 1", "correct that key"),
        ("store = 'a'\nname = 'b'\ncity = 'c'\ncurrency = 'EUR'\ntax_bp = 0\npieces = 4", "share = 1"),
        (
            (
                "store = 'a'\nname = 'b'\ncity = 'c'\ncurrency = 'EUR'\ntax_bp = 0\npieces = 0\n"
                "[[readers]]\nid = 'r'\nmodel = 'm'\nrole = 'pad'\nantennas = [{port = 1, zone = 'nowhere'}]"
            ),
            "nowhere",
        ),
        (
            (
                "store = 'a'\nname = 'b'\ncity = 'c'\ncurrency = 'EUR'\ntax_bp = 0\npieces = 0\nzones = [{id = 'z', name = 'Z',"
                " kind = 'case', x = 0, y = 0, width = 1, height = 1, share = 1, reference = 'E280'}]"
            ),
            "zone z: reference 'E280'; give 24 digits",
        ),
    ],
)
def test_a_wrong_layout_names_the_mend(text, says):
    with pytest.raises(LayoutError, match=says):
        parse_layout("test", text)


def test_an_unknown_layout_lists_the_known_ones():
    with pytest.raises(LayoutError, match="flagship, boutique, stockroom"):
        load_layout("nowhere")
