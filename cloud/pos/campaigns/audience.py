"""Whom the rules of a campaign choose: clients as facts, by id alone. Consent has the last word."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import aliases
from cloud.clienteling.campaigns import Audience, Consent, Facts, Rule, audience
from cloud.clienteling.identity.merging import Aliases, Merge
from cloud.db import Tx
from cloud.tables import client, client_alias, client_consent, client_segment, piece, sale, sale_line
from trade.consent import Channel, Proof, Said, standing

SEGMENTS: Final = {
    "rising": "come more often", "lapsing": "stay away", "bought": "have bought", "prospect": "have bought nothing",
}  # fmt: skip
INTERESTS: Final = ("category", "metal", "designer", "collection")
"""Of a piece they bought: `category:ring`."""
EPOCH: Final = 719_163


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign asks of clients; what is left as it is asks nothing. Amounts in the currency of the segments."""

    tier_min: int = 0
    spend_minor_min: int = 0
    spend_minor_max: int = 0
    visits_min: int = 0
    quiet_days_min: int = 0
    segment: str = ""
    store: str = ""
    interest: str = ""

    def rules(self) -> tuple[Rule, ...]:
        told = [
            Rule(
                tier_min=self.tier_min or None, spend_minor_min=self.spend_minor_min or None,
                spend_minor_max=self.spend_minor_max or None, visits_min=self.visits_min or None,
                quiet_days_min=self.quiet_days_min or None,
            )
        ]  # fmt: skip
        told += [
            Rule(segment=each) for each in (self.segment, self.store and f"store:{self.store}", self.interest) if each
        ]
        return tuple(told)


def choose(tx: Tx, wanted: Wanted, channel: Channel, *, key: bytes, holdout_bp: int, today: int) -> Audience:
    """`today`: days since 1970, by the clock of the house."""
    facts = _facts(tx, wanted, channel, today)
    return audience(facts, wanted.rules(), key=key, holdout_bp=holdout_bp)


def interests(tx: Tx) -> list[str]:
    """What sold pieces have, to choose from: `category:ring`, by kind and name."""
    found = []
    for name in INTERESTS:
        column = piece.c[name]
        had = sa.exists().where(sale_line.c.piece == piece.c.piece)
        rows = tx.rows(sa.select(column.label("value")).where(column != "", had).distinct().order_by(column).limit(100))
        found += [f"{name}:{row['value']}" for row in rows]
    return found


def _facts(tx: Tx, wanted: Wanted, channel: Channel, today: int) -> Iterator[Facts]:
    """Of clients who may meet the rules: what an index can tell is asked of the database, the rules decide."""
    query = sa.select(client_segment, client.c.person.label("who"), client.c.store.label("home"))
    query = query.join_from(client, client_segment, client_segment.c.person == client.c.person, isouter=True)
    query = query.where(client.c.erased_us == 0, ~aliases.ABSORBED)
    if wanted.tier_min:
        query = query.where(client_segment.c.tier >= wanted.tier_min)
    if wanted.spend_minor_min:
        query = query.where(client_segment.c.spend_minor >= wanted.spend_minor_min)
    if wanted.store:
        query = query.where(client.c.store == wanted.store)
    if wanted.segment in {"rising", "lapsing"}:
        query = query.where(client_segment.c[{"rising": "rises", "lapsing": "lapses"}[wanted.segment]] == 1)
    rows = tx.rows(query.order_by(client.c.person))
    whole = _joined(tx).whole
    consents = _consents(tx, channel, whole)
    liking = _interested(tx, wanted.interest, whole) if wanted.interest else frozenset[str]()
    for row in rows:
        yield _fact(row, consents.get(row["who"], Consent.NEVER_ASKED), liking, wanted.interest, today)


def _fact(row: sa.RowMapping, consent: Consent, liking: frozenset[str], interest: str, today: int) -> Facts:
    bought = row["person"] is not None
    segments = {f"store:{row['home']}", "bought" if bought else "prospect"}
    if row["who"] in liking:
        segments.add(interest)
    if not bought:
        return Facts(row["who"], segments=frozenset(segments), consent=consent)
    segments |= {name for name, column in (("rising", "rises"), ("lapsing", "lapses")) if row[column]}
    return Facts(
        row["who"], tier=row["tier"], spend_minor=row["spend_minor"], visits=row["visits"],
        days_since=float(today - _number(row["last_day"])), segments=frozenset(segments), consent=consent,
    )  # fmt: skip


def _consents(tx: Tx, channel: Channel, whole: Callable[[str], str]) -> dict[str, Consent]:
    """Of who ever said a word about this channel, under any of their ids."""
    said: dict[str, list[Said]] = defaultdict(list)
    for row in tx.rows(sa.select(client_consent).where(client_consent.c.channel == channel)):
        word = Said(channel, bool(row["given"]), row["said_us"], row["by"], Proof(row["proof"]), row["text_version"])
        said[whole(row["person"])].append(word)
    return {
        person: Consent.GIVEN if standing(words)[channel].given else Consent.WITHDRAWN for person, words in said.items()
    }


def _interested(tx: Tx, interest: str, whole: Callable[[str], str]) -> frozenset[str]:
    name, _, value = interest.partition(":")
    if name not in INTERESTS:
        return frozenset()
    mine = sa.and_(sale_line.c.store == sale.c.store, sale_line.c.sale == sale.c.sale)
    query = sa.select(sale.c.client).distinct().join_from(sale, sale_line, mine)
    query = query.join(piece, piece.c.piece == sale_line.c.piece)
    return frozenset(whole(row["client"]) for row in tx.rows(query.where(sale.c.client != "", piece.c[name] == value)))


def _joined(tx: Tx) -> Aliases:
    rows = tx.rows(sa.select(client_alias).where(aliases.HOLDS))
    return Aliases(Merge(row["merge"], row["survivor"], row["absorbed"]) for row in rows)


def purchasers(tx: Tx, since_us: int, until_us: int) -> set[str]:
    """Who bought something in that time, under the id they are known by now."""
    whole = _joined(tx).whole
    when = (sale.c.recorded_us >= since_us, sale.c.recorded_us < until_us, sale.c.client != "", sale.c.total_minor > 0)
    return {whole(row["client"]) for row in tx.rows(sa.select(sale.c.client).where(*when).distinct())}


def _number(day: str) -> int:
    return dt.date.fromisoformat(day).toordinal() - EPOCH
