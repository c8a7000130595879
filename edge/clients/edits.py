"""A card with what was written of it here since: as the office will take it, so that nobody types anything twice."""

from collections.abc import Sequence
from typing import Any

import msgspec

from contract.clients import ClientCard, ClientConsent, ClientEdit, ClientNote
from contract.ids import UserId

TEXTS = ("salutation", "given_name", "family_name", "also_called", "emails", "phones", "language")


class Written(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was written at a till, an edit or a consent."""

    at_us: int
    by: UserId
    edit: ClientEdit | None = None
    consent: ClientConsent | None = None


def with_edits(card: ClientCard, written: Sequence[Written]) -> ClientCard:
    """In the order in which it was written. Of two words about one channel the later wins, of one moment the no."""
    for each in written:
        if each.edit is not None:
            card = _edited(card, each.edit, each)
        if each.consent is not None:
            card = with_consent(card, each.consent)
    return card


def with_consent(card: ClientCard, said: ClientConsent) -> ClientCard:
    held = {each.channel: each for each in card.consents}
    other = held.get(said.channel)
    if other is None or (said.said_us, not said.given) > (other.said_us, not other.given):
        held[said.channel] = said
    return msgspec.structs.replace(card, consents=tuple(held.values()))


def _edited(card: ClientCard, edit: ClientEdit, each: Written) -> ClientCard:
    told: dict[str, Any] = {name: value for name in TEXTS if (value := getattr(edit, name)) is not None}
    fingers = {size.finger for size in edit.sizes}
    notes = tuple(ClientNote(text=text, by=each.by, at_us=each.at_us) for text in edit.notes)
    return msgspec.structs.replace(
        card,
        **told,
        sizes=(*(size for size in card.sizes if size.finger not in fingers), *edit.sizes),
        notes=(*card.notes, *notes),
        wishes=(*card.wishes, *edit.wishes),
    )
