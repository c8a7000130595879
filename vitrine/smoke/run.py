"""One smoke run: who we are at each door, what was seen so far, and the words all its parts share."""

import time
from dataclasses import dataclass, field
from typing import Final

import msgspec

from contract.ids import StoreId
from edge.api import shapes
from vitrine.ask import Api, AskError
from vitrine.demo import Running

FLAGSHIP: Final = StoreId("flagship")
BOUTIQUE: Final = StoreId("boutique")


@dataclass
class Figures:
    """What is printed last. Seconds unless the name says otherwise; -1 is not seen."""

    up_s: float = -1
    stock_received_s: float = -1
    safe_expected: int = -1
    safe_found: int = -1
    safe_explained: int = -1
    safe_by_hand: int = -1
    safe_wrongly_missing: int = -1
    safe_rounds: int = -1
    safe_p_complete: float = -1
    safe_s: float = -1
    shelf_expected: int = -1
    shelf_found: int = -1
    shelf_explained: int = -1
    shelf_by_hand: int = -1
    shelf_wrongly_missing: int = -1
    shelf_rounds: int = -1
    shelf_p_complete: float = -1
    shelf_s: float = -1
    pad_pieces: int = -1
    pad_s: float = -1
    sold_pieces: int = -1
    sale_total_minor: int = -1
    posted_s: float = -1
    ledger_sum_minor: int = -1
    peaceful_exit_s: float = -1
    theft_piece_detectability: float = -1
    theft_known_rounds: int = -1
    theft_at_s: float = -1
    theft_threshold_nats: float = -1
    theft_rounds: int = -1
    theft_alarm_s: float = -1
    theft_rounds_per_s: float = -1
    theft_evidence_nats: float = -1
    transfer_s: float = -1
    total_s: float = -1
    ok: bool = False


class Truth(msgspec.Struct):
    """Where pieces are: by zone, and those that are away (hand, road, client, thief)."""

    zones: dict[str, list[str]]
    away: dict[str, str]


@dataclass
class Smoke:
    """One run: who we are at each door, and what was seen."""

    house: Running
    store: Api
    guard: Api
    other: Api
    office: Api
    world: Api
    began: float
    figures: Figures = field(default_factory=Figures)

    def truth(self, store: StoreId) -> dict[str, list[str]]:
        return self.world.get("/truth", Truth, store=store, log="0").zones

    def move(self, store: StoreId, pieces: list[str], to: str) -> None:
        self.world.post(f"/stores/{store}/move", msgspec.Raw, {"pieces": pieces, "to": to})


def sellable(store: Api, pieces: list[str], wanted: int) -> list[str]:
    chosen: list[str] = []
    for piece in pieces:
        view = store.get(f"/api/v1/pieces/{piece}", shapes.PieceView)
        if view.sellable and view.seen:
            chosen.append(piece)
        if len(chosen) == wanted:
            return chosen
    raise AskError(f"{wanted} pieces that are read and may be sold (found {len(chosen)} among {len(pieces)})")


def about(alarm: shapes.AlarmView, piece: str) -> bool:
    return alarm.open and any(each.piece == piece for each in alarm.pieces)


def seconds_since(began: float) -> float:
    return round(time.monotonic() - began, 2)


def say(text: str) -> None:
    print(f"  {text}", flush=True)
