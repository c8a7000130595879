"""A label can be bought twice: what was bought is a thing of its purchase."""

from typing import Final

from alembic import op

revision: Final = "0051"
down_revision: Final = "0046"


def upgrade() -> None:
    with op.batch_alter_table("purchase_item") as table:
        table.drop_constraint("pk_purchase_item", type_="primary")
        table.create_primary_key("pk_purchase_item", ["piece", "store", "purchase"])
