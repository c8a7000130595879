"""What every body of a feed row is."""

import msgspec


class FeedBody(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """Base of what a feed row may carry."""
