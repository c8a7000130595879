"""Segments of clients, campaigns, and points: what is reckoned of clients, and what is done with it."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0032"
down_revision: Final = "0031"


def upgrade() -> None:
    op.create_table(
        "house_setting",
        _key("name"), _text("body"), _int("changed_us"),
        sa.PrimaryKeyConstraint("name", name="pk_house_setting"),
    )  # fmt: skip
    op.create_table(
        "segment_run",
        _key("run"), _text("day"), _text("by"), _int("at_us"), _int("took_ms"), _text("currency"), _int("clients"),
        _text("told"),
        sa.PrimaryKeyConstraint("run", name="pk_segment_run"),
    )  # fmt: skip
    op.create_table(
        "client_segment",
        _key("person"), _text("run"), _int("tier"), _text("tier_since"), _int("spend_minor"), _int("visits"),
        _int("visits_ever"), _text("first_day"), _text("last_day"), _int("recency"), _int("frequency"), _int("money"),
        _maybe("value_minor"), _maybe("low_minor"), _maybe("high_minor"), _float("alive"), _float("rising"),
        _int("rises"), _int("lapses"), _float("rhythm_days"), _text("store"),
        sa.PrimaryKeyConstraint("person", name="pk_client_segment"),
    )  # fmt: skip
    op.create_table(
        "campaign",
        _key("campaign"), _text("name"), _text("state"), _text("channel"), _text("template"), _text("fields", "{}"),
        _text("rules", "[]"), _int("holdout_bp"), _int("days"), _text("event_day"), _text("place"), _text("currency"),
        _int("made_us"), _text("made_by"), _int("started_us"), _int("ended_us"), _int("without_consent"),
        sa.PrimaryKeyConstraint("campaign", name="pk_campaign"),
    )  # fmt: skip
    op.create_table(
        "campaign_member",
        _key("campaign"), _key("person"), _text("arm"), _text("answer"), _int("answered_us"), _text("answered_by"),
        sa.PrimaryKeyConstraint("campaign", "person", name="pk_campaign_member"),
    )  # fmt: skip
    op.create_table(
        "points_move",
        _key("store"), _key("ref"), _text("account"), _text("sale"), _int("basis_minor"), _int("rate_bp"),
        _int("amount_minor"), _text("rule"), _text("business_day"), _int("at_us"),
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


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text(f"'{default}'"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))


def _maybe(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=True)


def _float(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=False, server_default=sa.text("0"))
