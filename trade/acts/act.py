"""What every act is."""

import msgspec


class Act(msgspec.Struct, frozen=True, kw_only=True, tag_field="act"):
    """Base of every act; the tag names it in logs and refusals. Ids are made by whoever asks: a repeat is a repeat."""
