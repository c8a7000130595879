"""Transfers: what the manifest said against what the receiver read."""

from enum import StrEnum

import msgspec

from contract.ids import PieceId


class Arrival(StrEnum):
    """One verdict per piece."""

    RECEIVED = "received"
    SHORT = "short"
    OVER = "over"


class ArrivalVerdict(msgspec.Struct, frozen=True, kw_only=True):
    piece: PieceId
    arrival: Arrival


def compare(manifest: tuple[PieceId, ...], read: frozenset[PieceId]) -> tuple[ArrivalVerdict, ...]:
    """Manifest order first, then what was in the box but not on the paper, sorted."""
    told = [
        ArrivalVerdict(piece=piece, arrival=Arrival.RECEIVED if piece in read else Arrival.SHORT) for piece in manifest
    ]
    over = [ArrivalVerdict(piece=piece, arrival=Arrival.OVER) for piece in sorted(read - set(manifest))]
    return (*told, *over)
