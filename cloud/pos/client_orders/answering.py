"""What a client sees and says on the private page of their order. The store that keeps it is told, and decides.

The page knows one order by its code and nobody by name. An answer counts once for each quote and each proof; until the
store has heard it, the page says that it is on its way.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.people import Keyring
from cloud.pos.client_orders.apply import decode
from cloud.pos.client_orders.papers import Opened, open_
from cloud.pos.client_orders.progress import Step, steps
from cloud.remarks import Remarks
from cloud.tables import client_order, order_answer, order_page, store
from cloud.work import Work
from contract.commands import AnswerOrder
from contract.facts import PaperKind
from contract.ids import ClientOrderId, StoreId
from trade.orders import papers, telling
from trade.orders.order import Order, Paper
from trade.orders.words import KINDS

QUOTE: Final = "quote"
PROOF: Final = "proof"
SHOWN_AFTER_DAYS: Final = 60
"""An order that is over is shown so long: its slip may lie about for years."""
DAY_US: Final = 86_400_000_000


class TooLateError(ValueError):
    """What was answered is not what waits for an answer; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Said:
    what: str
    approved: bool
    at_us: int


@dataclass(frozen=True, slots=True)
class Shown:
    """`asks`: `quote`, `proof`, `late` or nothing. `said`: the answer the store has not heard yet."""

    number: str
    kind: str
    told: str
    store: str
    promised_day: str
    currency: str
    total_minor: int
    quote: int
    valid_until: str
    lines: tuple[tuple[str, int], ...]
    approved: bool | None
    asks: str
    proof: str
    proof_media: str
    said: Said | None
    steps: tuple[Step, ...]


def find(tx: Tx, ring: Keyring, key: str, now_us: int) -> tuple[Order, StoreId, Shown] | None:
    """By the key of a code (`contract.order_page`). None: there is none, or it has been over for long."""
    query = sa.select(client_order.c.body, client_order.c.store, store.c.name, store.c.time_zone)
    query = query.join(order_page, order_page.c.order_id == client_order.c.order_id)
    row = tx.row(query.join(store, store.c.store == client_order.c.store).where(order_page.c.code == key))
    if row is None:
        return None
    order = Remarks(tx, ring).read(decode(bytes(row["body"])))
    if order.ended and now_us - order.changed_us > SHOWN_AFTER_DAYS * DAY_US:
        return None
    today = _day(now_us)
    return order, StoreId(row["store"]), _shown(tx, order, row["name"], today)


def answer(
    work: Work, ring: Keyring, key: str, *, what: str, number: int, proof: str, approved: bool
) -> None:  # fmt: skip
    """Tells the store. Raises `LookupError` for a code without an order, `TooLateError`."""
    found = find(work.tx, ring, key, work.now_us)
    if found is None:
        raise LookupError("there is no such order")
    order, home, shown = found
    quote = shown.quote if what == QUOTE else shown_version(order)
    if shown.said is not None:
        return
    fits = what == shown.asks and (number == shown.quote if what == QUOTE else proof == shown.proof)
    if not fits or (what == PROOF and not approved):
        raise TooLateError("This has changed since you opened the page: look at it again.")
    row = {
        "order_id": order.order, "what": what, "quote": quote, "proof": proof, "approved": int(approved),
        "at_us": work.now_us,
    }  # fmt: skip
    if not work.tx.add_new(order_answer, row) and not _said_anew(work.tx, row):
        return
    sent = AnswerOrder(order=order.order, approved=approved, quote=number if what == QUOTE else 0, proof=proof)
    work.command(home, sent)


def _said_anew(tx: Tx, row: Mapping[str, object]) -> bool:
    """A proof that was drawn anew under its old number is another proof: what was said of that one does not count."""
    mine = [order_answer.c[name] == row[name] for name in ("order_id", "what", "quote")]
    return tx.run(sa.update(order_answer).where(*mine, order_answer.c.proof != row["proof"]).values(**row)) == 1


def shown_version(order: Order) -> int:
    shown = proof_of(order)
    return shown.version if shown is not None else 0


def proof_of(order: Order) -> Paper | None:
    """What the client is asked to say yes to."""
    return papers.proof(order) or (papers.newest(order, PaperKind.SKETCH) if order.kind == "custom" else None)


def drawing(tx: Tx, ring: Keyring, key: str, now_us: int) -> Opened | None:
    """What the client is asked about, as a picture. Raises `SealedError`."""
    found = find(tx, ring, key, now_us)
    proof = proof_of(found[0]) if found is not None else None
    return open_(tx, ring, found[0].order, proof.sha256) if found is not None and proof is not None else None


def _shown(tx: Tx, order: Order, name: str, today: str) -> Shown:
    quote, proof = order.quote, proof_of(order)
    asks = telling.asks(order, today)
    if asks == PROOF and proof is None:
        asks = ""
    said = _said(tx, order.order, asks, order)
    return Shown(
        number=order.number, kind=KINDS[order.kind], told=telling.told(order), store=name,
        promised_day=order.promised_day, currency=order.currency, total_minor=order.total_minor,
        quote=quote.quote if quote else 0, valid_until=quote.valid_until if quote else "",
        lines=tuple((line.description, line.gross_minor) for line in quote.lines) if quote else (),
        approved=quote.approved if quote else None, asks="" if said else asks,
        proof=proof.sha256 if proof is not None else "", proof_media=proof.media if proof is not None else "",
        said=said, steps=steps(order.kind, order.state),
    )  # fmt: skip


def _said(tx: Tx, order: ClientOrderId, asks: str, whole: Order) -> Said | None:
    """Only what the order still waits for: once the store has heard it, the order itself tells."""
    if asks not in (QUOTE, PROOF):
        return None
    about = whole.quote.quote if asks == QUOTE and whole.quote is not None else shown_version(whole)
    drawn = proof_of(whole) if asks == PROOF else None
    mine = (
        order_answer.c.order_id == order, order_answer.c.what == asks, order_answer.c.quote == about,
        order_answer.c.proof == (drawn.sha256 if drawn is not None else ""),
    )  # fmt: skip
    row = tx.row(sa.select(order_answer).where(*mine))
    return None if row is None else Said(asks, bool(row["approved"]), row["at_us"])


def _day(now_us: int) -> str:
    """A quote may be accepted on its last day anywhere on earth."""
    return dt.datetime.fromtimestamp(now_us / 1e6, dt.timezone(dt.timedelta(hours=-12))).date().isoformat()
