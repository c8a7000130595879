"""People who work here, what the office sets, and who changed it."""

import sqlalchemy as sa

from cloud.columns import RUNNING, data, key, table, text, whole

staff = table(
    "staff", key("user"), text("name"), text("roles"), text("stores"), whole("active", 1), text("password"),
    whole("changed_us"), text("language"),
)  # fmt: skip

second_factor = table(
    "second_factor", key("user"), data("secret"), whole("step"), whole("since_us"), whole("confirmed_us"),
    text("key_id"),
)  # fmt: skip
"""`secret` is sealed under `key_id` (`cloud.sealing`); one without waits to be. `step`: of the last code taken; none at
or below it is good again. `confirmed_us` 0: shown, not proved yet."""

recovery_code = table("recovery_code", key("user"), key("sha256"), whole("used_us"))

office_change = table(
    "office_change", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), whole("at_us"), text("by"),
    text("what"), text("subject"), text("store"), text("why"), text("differences", "{}"), sa.Index(None, "store"),
)  # fmt: skip

login = table(
    "login", sa.Column("token_sha256", sa.LargeBinary, primary_key=True), text("user"), whole("began_us"),
    whole("used_us"), sa.Index(None, "user"),
)  # fmt: skip
