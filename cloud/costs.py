"""What the ledger carries for each piece, kept beside it: one row a piece, moved by the rules of `trade/costing.py`."""

from collections.abc import Callable, Iterable, Sequence

import msgspec
import sqlalchemy as sa

from cloud.ledger import NO_SALE, Kind, post
from cloud.tables import piece, piece_backing, stock_value
from cloud.work import Work
from contract.facts import SaleLine
from contract.feed import Condition, Ownership
from contract.ids import LineId, PieceId, SaleId, StoreId
from trade import costing
from trade.accounts import Account
from trade.costing import Carried, Cost, Margin
from trade.posting import Posting, balanced

PIECES_PER_QUESTION = 500
MARGIN_UNKNOWN = "margin unknown"
"""A case: a piece was sold under the margin scheme, and its cost is in another currency."""
Going = Callable[[Carried, Cost], Carried]


def expect(work: Work, pieces: Iterable[PieceId]) -> None:
    """The costs of these pieces will move: what is known of them, and where they are carried, in two questions."""
    new = sorted(set(pieces) - work.costs.keys())
    if new:
        known(work, new)
        _read_carried(work, new)


def forget(work: Work, *pieces: PieceId) -> None:
    """Their records change: the next question reads them again."""
    for name in pieces:
        work.costs.pop(name, None)


def known(work: Work, pieces: Sequence[PieceId]) -> dict[PieceId, Cost]:
    """What is known of their cost, asked once for each in a unit of work."""
    new = [name for name in pieces if name not in work.costs]
    if new:
        told = costs_of(work, new)
        work.costs.update({name: told.get(name, Cost()) for name in new})
    return {name: work.costs[name] for name in pieces}


def sold(
    work: Work,
    store: StoreId,
    sale: SaleId,
    lines: Sequence[SaleLine],
    currency: str,
    *,
    ref: str,
    day: str,
    at_us: int,
) -> None:
    """The pieces of these lines became cost of goods sold; one without a cost yet, as soon as it is known."""
    of = {line.piece: line for line in lines if line.piece is not None}

    def going(was: Carried, _cost: Cost) -> Carried:
        return costing.sold(was, store, sale, of[was.piece], currency)

    _move(work, list(of), store, going, ref=ref, day=day, at_us=at_us, sale=sale)


def sold_online(work: Work, store: StoreId, of: PieceId, order: SaleId, *, at_us: int) -> None:
    def going(was: Carried, _cost: Cost) -> Carried:
        return costing.sold(was, store, order)

    _move(work, [of], store, going, ref=f"order:{order}", day="", at_us=at_us, sale=order)


def rested(
    work: Work, store: StoreId, pieces: Sequence[PieceId], *, ref: str, day: str, at_us: int, sale: SaleId = NO_SALE
) -> None:
    """They lie in this store: come back, or received."""

    def going(was: Carried, cost: Cost) -> Carried:
        return costing.rested(was, store, cost)

    _move(work, pieces, store, going, ref=ref, day=day, at_us=at_us, sale=sale)


def shipped(work: Work, store: StoreId, pieces: Sequence[PieceId], *, ref: str, at_us: int) -> None:
    def going(was: Carried, _cost: Cost) -> Carried:
        return costing.shipped(was, store)

    _move(work, pieces, store, going, ref=ref, day="", at_us=at_us)


def learned(work: Work, pieces: Sequence[PieceId], store: StoreId, *, ref: str) -> None:
    """The office changed the records of these pieces. New ones are carried in `store`."""

    def going(was: Carried, cost: Cost) -> Carried:
        return costing.learned(was, cost)

    forget(work, *pieces)
    _move(work, pieces, store, going, ref=ref, day="", at_us=work.now_us)


def _move(
    work: Work, pieces: Sequence[PieceId], store: StoreId, going: Going, *, ref: str, day: str, at_us: int,
    sale: SaleId = NO_SALE,
) -> None:  # fmt: skip
    legs: dict[StoreId, list[Posting]] = {}
    told = known(work, pieces)
    for was in carried(work, pieces, told, store):
        cost = told.get(was.piece, Cost())
        now, moves = costing.carry(was, going(was, cost), cost)
        for move in moves:
            legs.setdefault(move.store, []).extend(move.legs)
        if now.margin is not None and cost.known and cost.currency != now.margin.currency:
            words = f"Piece {was.piece} was sold for {now.margin.currency} and cost {cost.currency}"
            sentence = (
                f"{words}: its margin is not known, and no tax of it posted. Give its cost in the sale's currency"
            )
            work.open_case(MARGIN_UNKNOWN, sentence, store=now.store, piece=was.piece, ref=now.sale)
        work.carried[was.piece] = now
        work.tx.put_soon(stock_value, _row(now))
    for at, its in legs.items():
        merged = balanced(its, ref)
        post(work, merged, store=at, kind=Kind.COST, ref=ref, business_day=day, at_us=at_us, sale=sale)


def costs_of(work: Work, pieces: Sequence[PieceId]) -> dict[PieceId, Cost]:
    """What is known of their cost, read from their records."""
    of = (piece.c.piece, piece.c.ownership, piece.c.second_hand, piece.c.condition)
    behind = (piece_backing.c.cost_minor, piece_backing.c.cost_currency)
    joined = piece.outerjoin(piece_backing, piece_backing.c.piece == piece.c.piece)
    return {
        PieceId(row["piece"]): Cost(
            amount_minor=row["cost_minor"] or 0, currency=row["cost_currency"] or "",
            ownership=Ownership(row["ownership"]), second_hand=bool(row["second_hand"]),
            condition=Condition(row["condition"]),
        )
        for some in _groups(pieces)
        for row in work.tx.rows(sa.select(*of, *behind).select_from(joined).where(piece.c.piece.in_(some)))
    }  # fmt: skip


def carried(work: Work, pieces: Sequence[PieceId], costs: dict[PieceId, Cost], store: StoreId) -> list[Carried]:
    """Where the ledger carries them, in their order; one it never heard of begins in `store`, at nothing."""
    _read_carried(work, pieces)
    return [
        work.carried.get(name) or costing.new(name, store, costs.get(name, Cost())) for name in dict.fromkeys(pieces)
    ]


def _read_carried(work: Work, pieces: Sequence[PieceId]) -> None:
    """Asked once for each in a unit of work, also for what is carried nowhere yet."""
    unknown = [name for name in pieces if name not in work.carried and name not in work.uncarried]
    for some in _groups(unknown):
        for row in work.tx.rows(sa.select(stock_value).where(stock_value.c.piece.in_(some))):
            work.carried[PieceId(row["piece"])] = _read(row)
    work.uncarried.update(name for name in unknown if name not in work.carried)


def _groups(pieces: Sequence[PieceId]) -> Iterable[Sequence[PieceId]]:
    return (pieces[at : at + PIECES_PER_QUESTION] for at in range(0, len(pieces), PIECES_PER_QUESTION))


def _row(now: Carried) -> dict[str, object]:
    margin = now.margin
    return {
        "piece": now.piece, "store": now.store, "account": now.account, "amount_minor": now.amount_minor,
        "currency": now.currency, "sale": now.sale, "line": now.line,
        "margin": msgspec.json.encode(margin).decode() if margin else "", "margin_tax_minor": now.margin_tax_minor,
    }  # fmt: skip


def _read(row: sa.RowMapping) -> Carried:
    return Carried(
        piece=PieceId(row["piece"]), store=StoreId(row["store"]), account=Account(row["account"]),
        amount_minor=row["amount_minor"], currency=row["currency"], sale=SaleId(row["sale"]), line=LineId(row["line"]),
        margin=msgspec.json.decode(row["margin"], type=Margin) if row["margin"] else None,
        margin_tax_minor=row["margin_tax_minor"],
    )  # fmt: skip
