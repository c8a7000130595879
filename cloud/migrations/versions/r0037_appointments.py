"""Appointments, the quarters of an hour they take, and the rooms and trays of stores."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, text, whole

revision: Final = "0037"
down_revision: Final = "0036"


def upgrade() -> None:
    op.create_table(
        "appointment",
        key("appointment"), key("uid"), key("store"), key("person"), text("staff"), text("room"), text("tray"),
        whole("starts_us"), whole("ends_us"), key("state"), whole("sequence"), text("pieces", "[]"),
        text("tray_state"), text("unread", "[]"), text("why"), text("answer"), whole("made_us"), text("made_by"),
        whole("changed_us"), whole("told"),
        sa.Column("sealed", sa.LargeBinary, nullable=False, server_default=sa.text("''")),
        sa.PrimaryKeyConstraint("appointment", name="pk_appointment"),
        sa.UniqueConstraint("uid", name="uq_appointment_uid"),
        sa.CheckConstraint("starts_us < ends_us", name="ck_appointment_lasts"),
    )  # fmt: skip
    for columns in (["store", "starts_us"], ["person"], ["told", "ends_us"]):
        op.create_index(f"ix_appointment_{'_'.join(columns)}", "appointment", columns)
    op.create_table(
        "appointment_slot",
        key("resource"), sa.Column("quarter", sa.BigInteger, autoincrement=False, nullable=False), key("appointment"),
        sa.PrimaryKeyConstraint("resource", "quarter", name="pk_appointment_slot"),
    )  # fmt: skip
    op.create_index("ix_appointment_slot_appointment", "appointment_slot", ["appointment"])
    op.create_table(
        "store_place",
        key("store"), key("kind"), key("name"), whole("made_us"), text("by"),
        sa.PrimaryKeyConstraint("store", "kind", "name", name="pk_store_place"),
    )  # fmt: skip
