"""An engraving is right before it is cut."""

import io
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from trade.orders.engraving import Engraving, Face, as_kept, differs, lacking, length_um, problems, spelled
from web.engraving import FACES, face, proof

PLAIN = Face("Plain", dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz0123456789.&", 800))
RING = Engraving(text="A & B 12.6.2026", font="Plain", position="inside, centred", height_um=1500)


def test_a_sound_engraving_has_no_problems() -> None:
    assert problems(RING, PLAIN) == ()
    assert length_um(RING, PLAIN) == 15 * 800 * 1500 // 1000


def test_letters_the_font_lacks_are_told_by_place_and_not_repeated() -> None:
    told = problems(msgspec.structs.replace(RING, text="Zoë ♥"), PLAIN)
    assert [each[:8] for each in told] == ["Letter 3", "Letter 5"]
    assert "♥" not in " ".join(told)


def test_what_is_too_long_for_its_place_says_how_small_it_must_be() -> None:
    (told,) = problems(msgspec.structs.replace(RING, room_um=12_000), PLAIN)
    assert told == "It gets 18.0 mm long and there are 12.0 mm: make the letters 1.0 mm high"
    fits = msgspec.structs.replace(RING, room_um=12_000, height_um=1000)
    assert problems(fits, PLAIN) == ()
    (told,) = problems(msgspec.structs.replace(RING, room_um=2_000), PLAIN)
    assert told.endswith("engrave less")


@pytest.mark.parametrize("change", [{"text": " "}, {"position": ""}, {"height_um": 100}, {"text": "A\u200bB"}])
def test_what_nobody_could_cut_is_refused(change: dict[str, object]) -> None:
    assert problems(msgspec.structs.replace(RING, **change), PLAIN)


letters = st.text(st.sampled_from("ABCdef é"), min_size=1, max_size=20).filter(lambda text: bool(text.strip()))


@given(letters, st.data())
def test_one_letter_that_differs_is_refused(text: str, data: st.DataObject) -> None:
    kept = as_kept(text)
    assert differs(text, text) == ""
    at = data.draw(st.integers(0, len(kept) - 1))
    other = kept[:at] + "X" + kept[at + 1 :]
    assert differs(kept, other).startswith(f"Letter {at + 1} ")
    assert differs(kept, kept + "s")
    assert differs(kept + "s", kept)


def test_upper_and_lower_case_are_letters_and_two_ways_to_write_one_are_not() -> None:
    assert "upper or lower" in differs("Zoe", "zoe")
    assert differs("Zoe\u0308", "Zo\u00eb") == ""
    assert spelled("A b") == ("A", "space", "b")


@pytest.mark.parametrize("name", sorted(FACES))
def test_a_proof_is_a_picture_of_the_text(name: str) -> None:
    known = face(name)
    assert not lacking("Für Anaïs & Ελένη, Ж 1926", known)
    assert lacking("永", known)
    wide = [length_um(msgspec.structs.replace(RING, text=text), known) for text in ("i", "ii", "iiW")]
    assert all(one < other for one, other in pairwise(wide))
    with Image.open(io.BytesIO(proof(msgspec.structs.replace(RING, font=name)))) as drawn:
        assert drawn.format == "PNG"
        assert min(drawn.convert("L").tobytes()) < 60
