"""Segments of clients, campaigns, and points: what is reckoned of clients, and what is done with it."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, real, text, whole

revision: Final = "0032"
down_revision: Final = "0031"


def upgrade() -> None:
    op.create_table(
        "house_setting",
        key("name"), text("body"), whole("changed_us"),
        sa.PrimaryKeyConstraint("name", name="pk_house_setting"),
    )  # fmt: skip
    op.create_table(
        "segment_run",
        key("run"), text("day"), text("by"), whole("at_us"), whole("took_ms"), text("currency"), whole("clients"),
        text("told"),
        sa.PrimaryKeyConstraint("run", name="pk_segment_run"),
    )  # fmt: skip
    op.create_table(
        "client_segment",
        key("person"), text("run"), whole("tier"), text("tier_since"), whole("spend_minor"), whole("visits"),
        whole("visits_ever"), text("first_day"), text("last_day"), whole("recency"), whole("frequency"), whole("money"),
        _maybe("value_minor"), _maybe("low_minor"), _maybe("high_minor"), real("alive"), real("rising"),
        whole("rises"), whole("lapses"), real("rhythm_days"), text("store"),
        sa.PrimaryKeyConstraint("person", name="pk_client_segment"),
    )  # fmt: skip
    op.create_table(
        "campaign",
        key("campaign"), text("name"), text("state"), text("channel"), text("template"), text("fields", "{}"),
        text("rules", "[]"), whole("holdout_bp"), whole("days"), text("event_day"), text("place"), text("currency"),
        whole("made_us"), text("made_by"), whole("started_us"), whole("ended_us"), whole("without_consent"),
        sa.PrimaryKeyConstraint("campaign", name="pk_campaign"),
    )  # fmt: skip
    op.create_table(
        "campaign_member",
        key("campaign"), key("person"), text("arm"), text("answer"), whole("answered_us"), text("answered_by"),
        sa.PrimaryKeyConstraint("campaign", "person", name="pk_campaign_member"),
    )  # fmt: skip
    op.create_table(
        "points_move",
        key("store"), key("ref"), text("account"), text("sale"), whole("basis_minor"), whole("rate_bp"),
        whole("amount_minor"), text("rule"), text("business_day"), whole("at_us"),
        sa.PrimaryKeyConstraint("store", "ref", name="pk_points_move"),
    )  # fmt: skip
    for table, columns in (
        ("client_segment", ["tier", "spend_minor"]), ("client_segment", ["value_minor"]),
        ("client_segment", ["rises", "rising"]), ("client_segment", ["lapses", "value_minor"]),
        ("client_segment", ["recency", "frequency"]), ("campaign", ["state", "made_us"]),
        ("campaign_member", ["person"]), ("points_move", ["account"]), ("points_move", ["sale"]),
    ):  # fmt: skip
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
    _never_altered("points_move")


def _never_altered(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION is_immutable()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION is_immutable()"
        )
        return
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
            f"BEGIN SELECT raise(ABORT, '{table} is immutable'); END"
        )


def _maybe(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=True)
