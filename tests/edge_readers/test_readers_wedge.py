"""Keyboard-wedge sleds: whatever they type, what is a tag is read and what is none changes nothing."""

import asyncio
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contract.epc import Sgtin96, decode, encode
from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
from edge.clock import SystemClock
from edge.config import ReaderConfig, ZoneKind
from edge.readers import Aimed, Typed, open_reader
from edge.readers.base import MisconfiguredError, UnreachableError
from edge.readers.profiles import load_profile
from edge.readers.wedge.typed import DIGITS_MAX, read

RING = Sgtin96(company="0614141", item="812345", serial=6789, filter=3)
EPC = encode(RING)
HEX = EPC.hex().upper()
OURS = {HEX}.__contains__
NOBODYS = {""}.__contains__


def typed(*lines, known=OURS):
    found = read(lines, known)
    return list(found.epcs), found.unreadable


@pytest.mark.parametrize(
    "text",
    [
        HEX,
        HEX.lower(),
        f"  {HEX}\r\n",
        " ".join(HEX[at : at + 4] for at in range(0, 24, 4)),
        "-".join(HEX[at : at + 2] for at in range(0, 24, 2)),
        f"{HEX[:8]} {HEX[8:16]} {HEX[16:]}",
        f"0x{HEX}",
        f"EPC: {HEX}",
        RING.tag_uri,
        RING.tag_uri.upper(),
        RING.pure_identity,
        f"urn:epc:raw:96.x{HEX}",
        f"(01){RING.gtin14}(21)6789",
        f"(01) {RING.gtin14} (17)290101 (21) 6789",
        f"01{RING.gtin14}216789",
        f"]d201{RING.gtin14}216789",
        f"\x1d01{RING.gtin14}10LOT7\x1d216789\x1d",
        f"]C101{RING.gtin14}17290101216789",
        f"https://id.example/01/{RING.gtin14}/21/6789?linkType=all",
        f"https://id.example/shop/01/{RING.gtin14}/10/LOT7/21/6789",
    ],
)
def test_one_ring_in_every_way_a_sled_types_it(text):
    assert typed(text) == ([EPC], 0)


def test_several_tags_on_a_line_and_the_same_one_twice():
    other = "E28011700000020A1B2C3D4E"
    both = [EPC, bytes.fromhex(other)]
    assert typed(f"{HEX} {other}\t{HEX}\n{other};{HEX},{other.lower()}") == (both * 3, 0)
    assert typed(f"{RING.tag_uri} urn:epc:raw:96.x{other}") == (both, 0)


@pytest.mark.parametrize(
    "text",
    [
        HEX[:12],  # a line that was cut short
        HEX[:22],  # not whole words
        HEX + "A",
        "0" * (DIGITS_MAX + 4),
        "hello",
        "4006381333931",  # a barcode that names no single piece
        f"(01){RING.gtin14}",
        f"(01){RING.gtin14}(21)007",  # no number that an SGTIN-96 can hold
        f"(01){RING.gtin14}(21)9999",  # no piece of ours
        f"(01){RING.gtin14[:-1]}0(21)6789",  # a wrong check digit
        "urn:epc:id:sgtin:061414.1",
        "urn:epc:raw:96.x12",
        "٣٠٣٩٦٠٦٢٠٣٩٦٠٦٢٠",
        "(01)",
    ],
)
def test_what_is_no_tag_is_counted_and_changes_nothing(text):
    assert typed(text) == ([], 1)


def test_blanks_are_nothing_at_all():
    assert typed("", "  ", "\r\n\t;,", "\x1d") == ([], 0)


def test_a_good_line_among_bad_ones_is_read_and_the_last_bad_one_is_shown():
    found = read(["rubbish\x07!", HEX, "x" * 200], OURS)
    assert (found.epcs, found.unreadable, found.sample) == ((EPC,), 2, "x" * 40)
    assert read(["rub\x07bish"], OURS).sample == "rub·bish"


def test_a_tag_that_looks_like_a_gs1_text_is_matched_to_stock_first():
    text = f"01{RING.gtin14}21678912"
    raw = bytes.fromhex(text)
    assert len(raw) == 12, "also a whole hex EPC"
    labelled = encode(replace(RING, serial=678912))
    both = {text, labelled.hex().upper()}
    assert typed(text, known=both.__contains__) == ([raw], 0)
    assert typed(text, known=(both - {text}).__contains__) == ([labelled], 0)
    assert typed(text, known=NOBODYS) == ([raw], 0), "no piece of ours either way: a tag as it stands"


def test_an_identity_without_its_filter_is_the_tag_we_know_or_a_strange_one():
    strange, unreadable = typed(RING.pure_identity, known=NOBODYS)
    assert unreadable == 0
    assert decode(strange[0]).pure_identity == RING.pure_identity


@given(st.lists(st.text(max_size=80), max_size=5))
def test_nothing_that_is_typed_raises(lines):
    found = read(lines, OURS)
    assert all(8 <= len(epc) <= 62 for epc in found.epcs)


def fuzz(rounds, seed):
    chance = random.Random(seed)
    texts = [HEX, RING.tag_uri, f"]d201{RING.gtin14}10LOT7\x1d216789", f"https://id.example/01/{RING.gtin14}/21/6789"]
    for _ in range(rounds):
        text = list(chance.choice(texts))
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(text))
            text[at : at + chance.randrange(3)] = chance.choice(
                (" ", "\t", "0", "F", "(", "\x1d", "/21/", "01", "é", "")
            )
        read(["".join(text)], OURS)


def test_disturbed_typing_raises_nothing():
    fuzz(10_000, 6)


@pytest.mark.long
def test_a_million_disturbed_lines():
    fuzz(1_000_000, 7)


# --- the driver -------------------------------------------------------------------------------------------------


def config(**more):
    given = {"id": ReaderId("sled"), "url": "wedge:", "profile": "wedge", "handheld": True, **more}
    return ReaderConfig(antennas={"1": ZoneId("case"), "2": ZoneId("safe")}, **given)


def opened(**more):
    kinds = {1: ZoneKind.CASE, 2: ZoneKind.SAFE}
    settings = config(**more)
    return open_reader(settings, load_profile(settings.profile), random.Random(1), kinds)


def test_what_is_typed_becomes_a_batch_of_the_zone_that_is_swept():
    async def story():
        batches, sled = [], opened()
        assert isinstance(sled, Typed)
        assert not isinstance(sled, Aimed)
        with pytest.raises(UnreachableError, match="is starting"):
            sled.feed(1, [EPC])
        task = asyncio.create_task(sled.run(batches.append, SystemClock()))
        await asyncio.sleep(0)
        assert sled.health.link is ReaderLink.READING
        sled.feed(2, [EPC, EPC, b"\xe2\x80"], unreadable=4)
        sled.feed(1, [], unreadable=1)
        (batch,) = batches
        assert (len(batch), batch.antenna.tolist(), batch.epc_bits.tolist()) == (3, [2, 2, 2], [96, 96, 16])
        assert (sled.health.reads_total, sled.health.dropped_total) == (3, 5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with pytest.raises(UnreachableError):
            sled.feed(1, [EPC])

    asyncio.run(story())


def test_a_sled_that_is_dialled_or_called_fixed_is_refused_with_the_mend():
    with pytest.raises(MisconfiguredError, match="write url = 'wedge:'"):
        opened(url="wedge://phone:80")
    with pytest.raises(MisconfiguredError, match="set handheld = true"):
        opened(handheld=False)
    settings = config(handheld=False)
    no_handheld = msgspec.structs.replace(load_profile("wedge"), handheld=False)
    with pytest.raises(MisconfiguredError, match="use 'wedge'"):
        open_reader(settings, no_handheld, random.Random(1))
