"""A sale from the pad that is posted, its pieces leaving in peace, and a transfer to the other store."""

import time
from typing import Final

import msgspec

from cloud.pos.floor.queries import ExitRow
from cloud.pos.ledger.queries import Balance
from cloud.pos.sales.queries import SaleDetail
from cloud.pos.transfers.queries import TransferDetail
from contract.ids import PieceId
from edge.api import shapes
from vitrine.ask import AskError, wait
from vitrine.smoke.run import BOUTIQUE, FLAGSHIP, Smoke, about, say, seconds_since, sellable

TILL: Final = "till-1"


def sell_from_the_pad(run: Smoke) -> list[str]:
    if not any(
        shift.till == TILL and shift.state == "open"
        for shift in run.store.get("/api/v1/shifts", list[shapes.ShiftView])
    ):
        run.store.post("/api/v1/shifts", shapes.ShiftView, {"till": TILL, "float_minor": 20_000})
    pieces = sellable(run.store, run.truth(FLAGSHIP)["case-1"], 2)
    sale = run.store.post("/api/v1/sales", shapes.SaleView, {"till": TILL}).sale
    began = time.monotonic()
    run.move(FLAGSHIP, pieces, "pad-1")

    def lie_there() -> bool:
        pad = run.store.get("/api/v1/pad", shapes.PadView)
        return pad.settled and {each.piece.piece for each in pad.pieces} == set(pieces)

    wait("two pieces settled on the pad", 20, lie_there)
    for piece in pieces:
        view = run.store.post(f"/api/v1/sales/{sale}/lines", shapes.SaleView, {"piece": piece})
    pad = wait(
        "the pad to match the sale",
        10,
        lambda: pad if (pad := run.store.get("/api/v1/pad", shapes.PadView, sale=sale)).verdict == "matched" else None,
    )
    run.figures.pad_pieces, run.figures.pad_s = len(pad.pieces), seconds_since(began)
    began = time.monotonic()
    tender = {"kind": "card", "amount_minor": view.total_minor, "reference": "smoke"}
    recorded = run.store.post(f"/api/v1/sales/{sale}/record", shapes.SaleView, {"tenders": [tender]})
    run.figures.sold_pieces, run.figures.sale_total_minor = len(recorded.lines), recorded.total_minor

    def posted() -> SaleDetail | None:
        try:
            detail = run.office.get(f"/api/v1/sales/{FLAGSHIP}/{sale}", SaleDetail)
        except AskError:
            return None
        return detail if detail.row.state == "posted" else None

    detail = wait("the sale posted at the head office", 20, posted)
    if detail.row.total_minor != recorded.total_minor:
        raise AskError(f"the head office posted {detail.row.total_minor}, the till took {recorded.total_minor}")
    run.figures.posted_s = seconds_since(began)
    run.figures.ledger_sum_minor = sum(
        balance.amount_minor for balance in run.office.get("/api/v1/ledger/balances", list[Balance])
    )
    if run.figures.ledger_sum_minor:
        raise AskError(f"the ledger sums to {run.figures.ledger_sum_minor}")
    say(f"Sold two pieces from the pad, receipt {recorded.receipt_number}; posted after {run.figures.posted_s} s")
    return pieces


def leave_in_peace(run: Smoke, sold: list[str]) -> None:
    began = time.monotonic()
    run.world.post(f"/stores/{FLAGSHIP}/walk_out", msgspec.Raw, {"pieces": sold, "seconds": 3})
    piece = sold[0]
    seen = wait(
        "the sold piece seen leaving",
        20,
        lambda: next(
            (row for row in run.office.get(f"/api/v1/floor/{FLAGSHIP}/exits", list[ExitRow]) if row.piece == piece),
            None,
        ),
    )
    run.figures.peaceful_exit_s = seconds_since(began)
    accused = [alarm for alarm in run.store.get("/api/v1/alarms", list[shapes.AlarmView]) if about(alarm, piece)]
    if not seen.peaceful or accused:
        raise AskError(f"the sold piece {piece} leaving in peace: {seen.why or accused[0].sentence}")
    say(f"A sold piece left in peace, seen after {run.figures.peaceful_exit_s} s")


def transfer(run: Smoke) -> None:
    piece = sellable(run.store, run.truth(FLAGSHIP)["safe-1"], 1)[0]
    began = time.monotonic()
    shipped = run.store.post("/api/v1/transfers", shapes.ShippedView, {"to": BOUTIQUE, "pieces": [piece]})
    run.move(FLAGSHIP, [piece], "road")
    wait(
        "the transfer announced at the boutique",
        20,
        lambda: any(
            each.piece == piece for each in run.other.get("/api/v1/transfers/incoming", list[shapes.IncomingView])
        ),
    )
    run.move(BOUTIQUE, [piece], "safe-1")

    def received() -> TransferDetail | None:
        detail = run.office.get(f"/api/v1/transfers/{shipped.transfer}", TransferDetail)
        return detail if detail.row.state == "received" else None

    wait("the transfer received", 30, received)
    view = run.other.get(f"/api/v1/pieces/{PieceId(piece)}", shapes.PieceView)
    if view.custody != "here":
        raise AskError(f"the boutique to hold {piece}, not {view.custody or 'nothing'}")
    run.figures.transfer_s = seconds_since(began)
    say(f"A transfer was received after {run.figures.transfer_s} s")
