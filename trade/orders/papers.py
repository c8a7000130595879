"""Papers of an order: which formats tell of what, what text is before it is sealed, which is the newest. Pure.

An entry names a paper by its SHA-256 for ever, and the paper goes when the client is forgotten. A short text would be
found again by trying words until the hash fits; so each is kept with a salt nobody can guess, sealed beside it.
"""

from typing import Final

import msgspec

from contract.facts import OrderEvent, PaperKind
from contract.ids import PieceId
from trade.orders.engraving import Engraving
from trade.orders.order import Order, Paper
from trade.refusal import Refusal, Why

JPEG, JSON, PDF = "image/jpeg", "application/json", "application/pdf"
MEDIA: Final[dict[PaperKind, frozenset[str]]] = {
    PaperKind.BRIEF: frozenset({JSON, PDF}),
    PaperKind.SKETCH: frozenset({JPEG, PDF}),
    PaperKind.PHOTO: frozenset({JPEG}),
    PaperKind.ENGRAVING: frozenset({JSON}),
    PaperKind.PROOF: frozenset({JPEG}),
    PaperKind.SIGNATURE: frozenset({JPEG, PDF}),
    PaperKind.NOTE: frozenset({JSON}),
}
"""Pictures come as JPEG, PNG or WebP and are drawn anew as JPEG. A signature is a drawing, or the slip signed."""
SALT_CHARS: Final = 32
"""128 bits in hex."""
TEXT_MAX: Final = 4_000
TEXT_BYTES_MAX: Final = 32_768
PAPERS_MAX: Final = 120
"""Of one order."""


class Written(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text paper as it is kept: words, or an engraving."""

    salt: str
    text: str = ""
    engraving: Engraving | None = None


_decode: Final = msgspec.json.Decoder(Written).decode


def write(salt: str, text: str = "", engraving: Engraving | None = None) -> bytes:
    """`salt`: 32 hex digits by chance."""
    assert len(salt) == SALT_CHARS, "a guessable paper is no secret"
    return msgspec.json.encode(Written(salt=salt, text=text, engraving=engraving), order="deterministic")


def read(body: bytes) -> Written:
    """Raises `ValueError` for what is none."""
    if len(body) > TEXT_BYTES_MAX:
        raise ValueError("a text paper of this size is none")
    try:
        return _decode(body)
    except msgspec.DecodeError as error:
        raise ValueError("this is no text paper") from error


def of_kind(order: Order, kind: PaperKind, item: PieceId | None = None) -> tuple[Paper, ...]:
    """Versions, the oldest first."""
    found = (each for each in order.papers if each.kind == kind and (item is None or each.item == item))
    return tuple(sorted(found, key=lambda each: (each.version, each.at_us)))


def newest(order: Order, kind: PaperKind) -> Paper | None:
    found = of_kind(order, kind)
    return found[-1] if found else None


def version_of(order: Order, kind: PaperKind) -> int:
    """Of the next paper. A proof has the version of the engraving, or design, it shows."""
    if kind is PaperKind.PROOF:
        shown = newest(order, PaperKind.ENGRAVING) or newest(order, PaperKind.SKETCH)
        return shown.version if shown else 1
    last = newest(order, kind)
    return last.version + 1 if last else 1


def proof(order: Order) -> Paper | None:
    """The proof of the newest engraving; None when there is none, or it shows an older version."""
    wanted, shown = newest(order, PaperKind.ENGRAVING), newest(order, PaperKind.PROOF)
    if shown is None or (wanted is not None and shown.version != wanted.version):
        return None
    return shown


def not_kept(order: Order, kind: PaperKind, sha256: str, media: str) -> Refusal | None:
    """Why this order takes no such paper; None when it does."""
    if media not in MEDIA[kind]:
        forms = " or ".join(sorted(each.partition("/")[2].upper() for each in MEDIA[kind]))
        return Refusal(Why.WRONG_STATE, f"A {kind} is kept as {forms}: give it as that")
    if len(order.papers) >= PAPERS_MAX and all(each.sha256 != sha256 for each in order.papers):
        return Refusal(Why.WRONG_STATE, f"{order.number} has {PAPERS_MAX} papers: no order takes more")
    if kind is PaperKind.PROOF and newest(order, PaperKind.ENGRAVING) is None and order.kind == "engraving":
        return Refusal(Why.WRONG_STATE, f"Write down what is engraved for {order.number} before its proof")
    return None


def missing(order: Order, event: OrderEvent) -> Refusal | None:
    """The paper without which an order takes no such step; None when it may."""
    if event is OrderEvent.APPROVE_DESIGN:
        if order.kind == "engraving" and proof(order) is None:
            why = f"The newest engraving of {order.number} has no proof: make one, and have it read letter by letter"
            return Refusal(Why.NOTE_MISSING, why, things_of=order.order)
        if order.kind == "custom" and newest(order, PaperKind.SKETCH) is None and proof(order) is None:
            why = f"{order.number} has no sketch: keep the one the client says yes to, then approve the design"
            return Refusal(Why.NOTE_MISSING, why, things_of=order.order)
    return None
