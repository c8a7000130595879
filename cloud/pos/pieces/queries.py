"""What is known of pieces: the card, where the right to decide is, what a reader saw last, what happened."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.pos.pieces import seeking
from cloud.tables import claim, custody, custody_history, piece, piece_seek, presence, sale, sale_line, tag_binding
from cloud.tables import store as store_table


@dataclass(frozen=True, slots=True)
class PieceRow:
    """One line of the list. `holder` is empty when no store may decide about the piece now."""

    piece: str
    sku: str
    title: str
    category: str
    metal: str
    price_minor: int
    currency: str
    weight_mg: int
    epc: str
    home_store: str
    holder: str
    custody: str
    seen_state: str
    seen_zone: str
    seen_since_us: int


@dataclass(frozen=True, slots=True)
class Step:
    """The right to decide went to a holder; `forced` steps were later taken away by a person's decision."""

    ce: int
    holder: str
    since_us: int
    forced: bool


@dataclass(frozen=True, slots=True)
class Sold:
    store: str
    sale: str
    receipt_number: int
    gross_minor: int
    currency: str
    state: str
    recorded_us: int


@dataclass(frozen=True, slots=True)
class Tagged:
    """A store bound this tag to the piece, until `to_us`; also one that a conflict kept off the card."""

    store: str
    epc: str
    tid: str
    by: str
    from_us: int
    to_us: int | None


@dataclass(frozen=True, slots=True)
class PieceDetail:
    row: PieceRow
    fineness: int
    stones: str
    designer: str
    collection: str
    tax_bp: int
    tid: str
    home_zone: str
    tray: str
    photo: str
    seen_why: str
    claims: list[str]
    steps: list[Step]
    sales: list[Sold]
    tags: list[Tagged]


def rows_query() -> sa.Select[tuple[object, ...]]:
    seen = sa.and_(presence.c.piece == piece.c.piece, presence.c.store == custody.c.holder)
    return (
        sa.select(
            piece,
            sa.func.coalesce(custody.c.holder, "").label("holder"),
            sa.func.coalesce(custody.c.state, "").label("custody"),
            sa.func.coalesce(presence.c.state, "").label("seen_state"),
            sa.func.coalesce(presence.c.zone, "").label("seen_zone"),
            sa.func.coalesce(presence.c.since_us, 0).label("seen_since_us"),
            sa.func.coalesce(presence.c.why, "").label("seen_why"),
        )
        .outerjoin(custody, custody.c.piece == piece.c.piece)
        .outerjoin(presence, seen)
    )


def row_of(row: sa.RowMapping) -> PieceRow:
    return PieceRow(**{name: row[name] for name in PieceRow.__dataclass_fields__})


def search(
    tx: Tx, words: str = "", *, store: str = "", state: str = "", limit: int = 50, after: str = "",
    by_name: bool = True,
) -> list[PieceRow]:  # fmt: skip
    """Pieces that answer to `words` (`trade.seek`), by name first; without words all, by id. Raises `SeekError`.

    Go on with `after` = the last id of the page before: pieces found by their names are on the first page only.
    """
    sought = seeking.read(tx, words)
    where = [custody.c.holder == store] if store else []
    where += [custody.c.state == state] if state else []
    if not sought.words and not sought.filters:
        query = rows_query().where(*where).order_by(piece.c.piece).limit(limit)
        return [row_of(row) for row in tx.rows(query.where(piece.c.piece > after) if after else query)]
    first = [] if after or not by_name else seeking.named(tx, sought.key)
    found = dict.fromkeys(first)
    query = seeking.matching(tx, sought)
    by = seeking.order(query)
    if store or state:
        query = query.join(custody, custody.c.piece == piece_seek.c.piece).where(*where)
    if after:
        query = query.where(by > sa.select(piece_seek.c.n).where(piece_seek.c.piece == after).scalar_subquery())
    found |= dict.fromkeys(seeking.first(tx, query, by, limit))
    rows = {row["piece"]: row_of(row) for row in tx.rows(rows_query().where(piece.c.piece.in_(list(found)), *where))}
    return [rows[name] for name in found if name in rows][:limit]


def detail(tx: Tx, wanted: str) -> PieceDetail | None:
    """Everything about one piece; by its id or its EPC."""
    row = tx.row(rows_query().where((piece.c.piece == wanted) | (piece.c.epc == wanted.upper())).limit(1))
    if row is None:
        return None
    steps = sa.select(custody_history).where(custody_history.c.piece == row["piece"]).order_by(custody_history.c.ce)
    live = sa.select(claim).where(claim.c.piece == row["piece"], claim.c.ended == "")
    bound = sa.select(tag_binding).where(tag_binding.c.piece == row["piece"])
    bound = bound.order_by(tag_binding.c.from_us, tag_binding.c.n)
    sold = (
        sa.select(sale, sale_line.c.gross_minor)
        .join(sale_line, sa.and_(sale_line.c.store == sale.c.store, sale_line.c.sale == sale.c.sale))
        .where(sale_line.c.piece == row["piece"])
        .order_by(sale.c.recorded_us)
    )
    told = ("fineness", "stones", "designer", "collection", "tax_bp", "tid", "home_zone", "tray", "photo", "seen_why")
    return PieceDetail(
        row=row_of(row),
        **{name: row[name] for name in told},
        claims=[f"{each['kind']} {each['ref']} at {each['store']}" for each in tx.rows(live)],
        steps=[
            Step(ce=each["ce"], holder=each["holder"], since_us=each["since_us"], forced=bool(each["forced"]))
            for each in tx.rows(steps)
        ],
        tags=[Tagged(**{name: each[name] for name in Tagged.__dataclass_fields__}) for each in tx.rows(bound)],
        sales=[Sold(**{name: each[name] for name in Sold.__dataclass_fields__}) for each in tx.rows(sold)],
    )


@dataclass(frozen=True, slots=True)
class House:
    """A store that pieces may be brought in to."""

    store: str
    name: str


def houses(tx: Tx) -> list[House]:
    query = sa.select(store_table.c.store, store_table.c.name).order_by(store_table.c.store)
    return [House(row["store"], row["name"]) for row in tx.rows(query)]
