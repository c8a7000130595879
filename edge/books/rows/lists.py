"""Lists of names, as they stand in a row: JSON."""

import msgspec

from contract.ids import PieceId, UserId, ZoneId

_list = msgspec.json.Encoder().encode


def as_list(names: tuple[PieceId, ...] | tuple[ZoneId, ...] | tuple[UserId, ...]) -> str:
    """The JSON list stored in a row."""
    return _list(names).decode()
