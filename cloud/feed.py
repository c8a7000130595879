"""The feed: what every store should know (pieces, staff, stores), newest row per key, numbered in commit order."""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import feed_row, life, store
from contract.feed import (
    EVERY_STORE,
    FEED_ROWS_PER_PAGE_MAX,
    AnyFeedBody,
    FeedPage,
    FeedRow,
    decode_body,
    encode_body,
    readable,
)
from contract.ids import StoreId
from contract.messages import CONTRACT_VERSION

Card = TypeVar("Card", bound=AnyFeedBody)
EVERYONE: Final = StoreId(EVERY_STORE)
_NEWEST: Final = sa.select(life.c.feed_rev)


class News(NamedTuple):
    """A row to put: `body` None takes the key back."""

    key: str
    body: AnyFeedBody | None
    scope: str = EVERY_STORE


def put(tx: Tx, news: Sequence[News]) -> int:
    """Replace the newest row of each key; returns the newest revision. The counter's row lock orders the writers."""
    if not news:
        return newest(tx)
    bump = sa.update(life).values(feed_rev=life.c.feed_rev + len(news)).returning(life.c.feed_rev)
    last = int(tx.value(bump))
    first = last - len(news) + 1
    rows = [
        {
            "scope": each.scope,
            "key": each.key,
            "rev": rev,
            "body": None if each.body is None else encode_body(each.body),
        }
        for rev, each in enumerate(news, first)
    ]
    tx.put(feed_row, *rows)
    for scope in {each.scope for each in news}:
        tx.poke(StoreId(scope))
    return last


def newest(tx: Tx) -> int:
    return int(tx.value(_NEWEST) or 0)


def cards(tx: Tx, kind: type[Card]) -> dict[tuple[str, str], Card]:
    """The newest card of each key of this kind, by (scope, key): what the office says now is what the feed tells."""
    tag = kind.__struct_config__.tag
    here = feed_row.c.scope.in_(sa.union_all(sa.select(sa.literal(EVERY_STORE)), sa.select(store.c.store)))
    named = feed_row.c.key.startswith(f"{tag}:", autoescape=True)
    query = sa.select(feed_row).where(here, named, feed_row.c.body.is_not(None))
    found = {(row["scope"], row["key"]): decode_body(row["body"]) for row in tx.rows(query.order_by(feed_row.c.key))}
    return {name: body for name, body in found.items() if isinstance(body, kind)}


def card(tx: Tx, kind: type[Card], key: str, scope: str = EVERY_STORE) -> Card | None:
    """The newest card of this key at this scope, unless it was taken back."""
    query = sa.select(feed_row.c.body).where(feed_row.c.scope == scope, feed_row.c.key == key)
    body = tx.value(query)
    found = None if body is None else decode_body(body)
    return found if isinstance(found, kind) else None


def page(
    tx: Tx, asker: StoreId, since: int, most: int = FEED_ROWS_PER_PAGE_MAX, *, contract: int = CONTRACT_VERSION
) -> FeedPage:
    """Rows for this store above `since`, ascending. Without more, `upto` is the newest revision of all scopes.

    contract: the version its box reads; of what it could not read it gets nothing.
    """
    upto = newest(tx)
    query = (
        sa.select(feed_row)
        .where(feed_row.c.rev > since, feed_row.c.rev <= upto, feed_row.c.scope.in_([EVERY_STORE, asker]))
        .order_by(feed_row.c.rev)
        .limit(most + 1)
    )
    found = tx.rows(query)
    rows = tuple(
        FeedRow(
            rev=row["rev"],
            scope=row["scope"],
            key=row["key"],
            body=None if row["body"] is None else decode_body(row["body"]),
        )
        for row in found[:most]
    )
    more = len(found) > most
    told = tuple(row for each in rows if (row := readable(each, contract)) is not None)
    return FeedPage(rows=told, upto=rows[-1].rev if more else upto, more=more)
