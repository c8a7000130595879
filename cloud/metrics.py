"""What the office tells at `/metrics`."""

from dataclasses import fields

import sqlalchemy as sa

from cloud.db import Tx
from cloud.ingest import IngestCounts
from cloud.messages.post import Counts as PostCounts
from cloud.mqtt import ConsumerCounts
from cloud.tables import case_file, down_counter, life, message, node, parked, pending_move, sale, web_order
from trade.lease import ORDER
from web.metrics import Sample


def office_samples(
    tx: Tx, ingest: IngestCounts, consumer: ConsumerCounts | None, post: PostCounts | None = None
) -> list[Sample]:
    """Everything a watcher of the office needs to see."""

    def count(of: sa.Table, *where: sa.ColumnElement[bool]) -> float:
        return float(tx.value(sa.select(sa.func.count()).select_from(of).where(*where)))

    grown = [*_grown("vitrine_ingest", ingest), *(_grown("vitrine_broker", consumer) if consumer is not None else ())]
    grown += _grown("vitrine_messages", post) if post is not None else []
    waiting = sa.func.coalesce(sa.func.sum(down_counter.c.seq - node.c.down_upto), 0)
    backlog = sa.select(waiting).select_from(node).join(down_counter, down_counter.c.store == node.c.store)
    return [
        *grown,
        Sample("vitrine_rows_parked", "Rows that wait to be understood", count(parked, parked.c.applied_us.is_(None))),
        Sample("vitrine_cases_open", "Cases for a person", count(case_file, case_file.c.closed_us.is_(None))),
        Sample("vitrine_moves_waiting", "Tokens that wait to be given", count(pending_move)),
        Sample("vitrine_orders_open", "Web orders under way", count(web_order, web_order.c.state.not_in(ORDER.ends))),
        Sample("vitrine_sales_quarantined", "Sales in doubt", count(sale, sale.c.state == "quarantined")),
        Sample("vitrine_decisions_waiting", "Decisions no store has applied yet", float(tx.value(backlog))),
        Sample("vitrine_messages_waiting", "Messages to clients", count(message, message.c.state == "queued")),
        Sample("vitrine_recovering", "1 while a restored office waits", float(tx.value(sa.select(life.c.recovering)))),
        Sample("vitrine_cloud_epoch", "Which life of the office", float(tx.value(sa.select(life.c.cloud_epoch)))),
    ]


def _grown(prefix: str, counts: IngestCounts | ConsumerCounts | PostCounts) -> list[Sample]:
    since = "Since this process began"
    return [Sample(f"{prefix}_{each.name}", since, float(getattr(counts, each.name))) for each in fields(counts)]
