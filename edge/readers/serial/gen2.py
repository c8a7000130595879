"""What EPC Gen2 v2 fixes for every module: error codes of tags, the protocol control word, slots for a population."""

from typing import Final

BANK_EPC: Final = 1
BANK_TID: Final = 2
PC_AT_WORD: Final = 1
GEN2_ERRORS: Final = {
    0x0: "some other error",
    0x3: "its memory does not reach that far",
    0x4: "that part of its memory is locked",
    0xB: "it has too little power; bring it closer",
    0xF: "it names no reason",
}
"""Error codes a tag backscatters (annex I)."""


def tag_refuses(act: str, code: int) -> str:
    """`act`: a verb; `code`: what the tag backscattered."""
    return f"the tag refuses to {act}: {GEN2_ERRORS.get(code, f'Gen2 error {code:X}')}"


def q_for(population: int) -> int:
    """Q of the first round: as many slots as tags, 2**Q (§6.3.2.12.2.1)."""
    return min(15, max(0, (population - 1).bit_length()))


def pc_word(epc: bytes) -> int:
    """Protocol control word of an EPC of whole words: its length, no toggle, GS1 numbering (TDS 2.1 §14.2)."""
    assert len(epc) % 2 == 0, "an EPC is written in whole words"
    return len(epc) // 2 << 11
