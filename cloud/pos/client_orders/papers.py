"""Papers of clients' orders at the office, each under the key of its client: who destroys that key has destroyed them.

A paper is decoded before it is kept, and kept as it came: entries name it by its hash. It may come before its order,
and is told to come again; of a client who was erased it is refused for ever.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.people import Keyring, PersonKey
from cloud.pos.client_orders.apply import decode
from cloud.tables import client, client_order, order_paper
from cloud.work import Work
from contract.facts import PaperKind
from contract.ids import ClientOrderId, PersonId, PieceId, StoreId, UserId
from trade.orders import papers
from web import images
from web.images import BlobError

ERASED: Final = "This client was erased: no paper of theirs is kept any more"
PAPERS_MAX: Final = papers.PAPERS_MAX
NO_ITEM: Final = PieceId("")


class PaperError(ValueError):
    """It will never be kept; the message says why."""


class NotYetError(LookupError):
    """Its order is not known here yet: come again."""


@dataclass(frozen=True, slots=True)
class OrderPaperRow:
    sha256: str
    kind: str
    media: str
    version: int
    item: str
    bytes: int
    by: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Opened:
    media: str
    body: bytes
    person: str


def add(
    work: Work, ring: Keyring, order: ClientOrderId, body: bytes, kind: PaperKind, *, store: StoreId, by: UserId,
    media: str, item: PieceId = NO_ITEM, version: int = 1, sha256: str,
) -> None:  # fmt: skip
    """A repeat changes nothing. `sha256`: of `body`, as the caller checked. Raises `PaperError`, `NotYetError`."""
    tx = work.tx
    row = tx.row(sa.select(client_order).where(client_order.c.order_id == order))
    if row is None:
        raise NotYetError(f"the office does not know order {order} yet")
    if row["store"] != store and not _named(bytes(row["body"]), sha256):
        raise PaperError("this order is another store's: that one keeps its papers")
    person = PersonId(row["client"])
    if tx.value(sa.select(client.c.erased_us).where(client.c.person == person)):
        raise PaperError(ERASED)
    thumb = checked(kind, media, body)
    if tx.value(sa.select(order_paper.c.kind).where(*_is(order, sha256))) is not None:
        return
    mine = sa.select(sa.func.count()).select_from(order_paper).where(order_paper.c.order_id == order)
    if tx.value(mine) >= PAPERS_MAX:
        raise PaperError(f"an order has at most {PAPERS_MAX} papers")
    key = ring.person(tx, person) or ring.new_person(tx, person, now_us=work.now_us)
    tx.add(
        order_paper,
        {
            "order_id": order, "sha256": sha256, "person": person, "kind": kind, "media": media, "version": version,
            "item": item, "bytes": len(body), "by": by, "at_us": work.now_us,
            "sealed": key.seal(_field(sha256), body),
            "thumb": key.seal(_field(sha256, "thumb"), thumb) if thumb else b"",
        },
    )  # fmt: skip


def _named(body: bytes, sha256: str) -> bool:
    """A store that kept the order before may still have papers of it to bring: those that it names."""
    return any(each.sha256 == sha256 for each in decode(body).papers)


def home(tx: Tx, order: ClientOrderId) -> StoreId | None:
    """The store whose order it is, as far as this office heard."""
    found = tx.value(sa.select(client_order.c.store).where(client_order.c.order_id == order))
    return None if found is None else StoreId(found)


def checked(kind: PaperKind, media: str, body: bytes) -> bytes:
    """Its thumb, of a picture. Raises `PaperError` for what cannot be decoded as what it says it is."""
    if media not in papers.MEDIA[kind]:
        raise PaperError(f"a {kind} is not kept as {media}")
    try:
        if media == papers.JSON:
            papers.read(body)
            return b""
        told = images.accept(body)
    except (BlobError, ValueError) as error:
        raise PaperError(str(error)) from error
    if told.media != media:
        raise PaperError(f"it is {told.media} and says it is {media}")
    return told.thumb


def listing(tx: Tx, order: ClientOrderId) -> list[OrderPaperRow]:
    """The oldest first; those of a client who was erased are gone."""
    query = sa.select(order_paper).where(order_paper.c.order_id == order, sa.func.length(order_paper.c.sealed) > 0)
    found = tx.rows(query.order_by(order_paper.c.at_us, order_paper.c.sha256))
    return [OrderPaperRow(**{name: row[name] for name in OrderPaperRow.__dataclass_fields__}) for row in found]


def open_(tx: Tx, ring: Keyring, order: ClientOrderId, sha256: str, *, thumb: bool = False) -> Opened | None:
    """None where there is none, or its client was erased. Raises `SealedError`."""
    row = tx.row(sa.select(order_paper).where(*_is(order, sha256)))
    key = None if row is None else ring.person(tx, PersonId(row["person"]))
    if row is None or key is None:
        return None
    return _opened(row, key, thumb=thumb)


def _opened(row: sa.RowMapping, key: PersonKey, *, thumb: bool) -> Opened | None:
    part = bytes(row["thumb" if thumb else "sealed"])
    if not part:
        return None
    return Opened(row["media"], key.open(_field(row["sha256"], "thumb" if thumb else ""), part), row["person"])


def _is(order: ClientOrderId, sha256: str) -> tuple[sa.ColumnElement[bool], ...]:
    return order_paper.c.order_id == order, order_paper.c.sha256 == sha256


def _field(sha256: str, part: str = "") -> str:
    return f"order paper {sha256} {part}".strip()
