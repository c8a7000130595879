"""Rules that the database itself holds, whatever code runs above it: the ledger balances and never changes."""

from typing import Final

_SEAL: Final = """
(SELECT count(*) FROM ledger_line l WHERE l.store = NEW.store AND l.posting = NEW.posting) < 2
OR EXISTS (SELECT 1 FROM ledger_line l WHERE l.store = NEW.store AND l.posting = NEW.posting
           GROUP BY l.currency HAVING sum(l.amount_minor) <> 0)
"""
_SEALED: Final = "EXISTS (SELECT 1 FROM posting p WHERE p.store = NEW.store AND p.posting = NEW.posting)"

IMMUTABLE: Final = ("posting", "ledger_line", "inbox", "office_change")

SQLITE: Final = (
    f"""CREATE TRIGGER posting_balances BEFORE INSERT ON posting WHEN {_SEAL}
    BEGIN SELECT raise(ABORT, 'posting does not balance'); END""",
    f"""CREATE TRIGGER ledger_line_sealed BEFORE INSERT ON ledger_line WHEN {_SEALED}
    BEGIN SELECT raise(ABORT, 'posting is sealed'); END""",
    *(
        f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
        f"BEGIN SELECT raise(ABORT, '{table} is immutable'); END"
        for table in IMMUTABLE
        for what in ("UPDATE", "DELETE")
    ),
)

POSTGRESQL: Final = (
    f"""CREATE FUNCTION posting_balances() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF {_SEAL} THEN RAISE EXCEPTION 'posting does not balance' USING ERRCODE = 'check_violation'; END IF;
    RETURN NEW; END $$""",
    f"""CREATE FUNCTION ledger_line_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF {_SEALED} THEN RAISE EXCEPTION 'posting is sealed' USING ERRCODE = 'check_violation'; END IF;
    RETURN NEW; END $$""",
    """CREATE FUNCTION is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is immutable', TG_TABLE_NAME USING ERRCODE = 'check_violation'; END $$""",
    "CREATE TRIGGER posting_balances BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION posting_balances()",
    "CREATE TRIGGER ledger_line_sealed BEFORE INSERT ON ledger_line FOR EACH ROW EXECUTE FUNCTION ledger_line_sealed()",
    *(
        f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION is_immutable()"
        for table in IMMUTABLE
    ),
)

BY_DIALECT: Final = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
