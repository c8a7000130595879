"""Appointments, the quarters of an hour they take, and the rooms and trays of stores."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0037"
down_revision: Final = "0036"


def upgrade() -> None:
    op.create_table(
        "appointment",
        _key("appointment"), _key("uid"), _key("store"), _key("person"), _text("staff"), _text("room"), _text("tray"),
        _int("starts_us"), _int("ends_us"), _key("state"), _int("sequence"), _text("pieces", "[]"),
        _text("tray_state"), _text("unread", "[]"), _text("why"), _text("answer"), _int("made_us"), _text("made_by"),
        _int("changed_us"), _int("told"),
        sa.Column("sealed", sa.LargeBinary, nullable=False, server_default=sa.text("''")),
        sa.PrimaryKeyConstraint("appointment", name="pk_appointment"),
        sa.UniqueConstraint("uid", name="uq_appointment_uid"),
        sa.CheckConstraint("starts_us < ends_us", name="ck_appointment_lasts"),
    )  # fmt: skip
    for columns in (["store", "starts_us"], ["person"], ["told", "ends_us"]):
        op.create_index(f"ix_appointment_{'_'.join(columns)}", "appointment", columns)
    op.create_table(
        "appointment_slot",
        _key("resource"), sa.Column("quarter", sa.BigInteger, autoincrement=False, nullable=False), _key("appointment"),
        sa.PrimaryKeyConstraint("resource", "quarter", name="pk_appointment_slot"),
    )  # fmt: skip
    op.create_index("ix_appointment_slot_appointment", "appointment_slot", ["appointment"])
    op.create_table(
        "store_place",
        _key("store"), _key("kind"), _key("name"), _int("made_us"), _text("by"),
        sa.PrimaryKeyConstraint("store", "kind", "name", name="pk_store_place"),
    )  # fmt: skip


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text(f"'{default}'"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
