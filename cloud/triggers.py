"""What the database itself holds, whatever code runs above it: a ledger that balances, never changes, and takes nothing
into a closed month; and an index of trigrams.
"""

from typing import Final

_SEAL: Final = """
(SELECT count(*) FROM ledger_line l WHERE l.store = NEW.store AND l.posting = NEW.posting) < 2
OR EXISTS (SELECT 1 FROM ledger_line l WHERE l.store = NEW.store AND l.posting = NEW.posting
           GROUP BY l.currency HAVING sum(l.amount_minor) <> 0)
"""
_SEALED: Final = "EXISTS (SELECT 1 FROM posting p WHERE p.store = NEW.store AND p.posting = NEW.posting)"
_CLOSED: Final = "EXISTS (SELECT 1 FROM ledger_close c WHERE c.store = NEW.store AND c.period >= NEW.period)"
_KNOWN: Final = """EXISTS (SELECT 1 FROM posting p WHERE p.store = NEW.store
AND (p.posting = NEW.posting OR (p.kind = NEW.kind AND p.ref = NEW.ref)))"""
IMMUTABLE: Final = (
    "posting", "ledger_line", "ledger_close", "inbox", "office_change",
    "client_change", "client_look", "client_consent", "fiscal_closing", "fiscal_z", "cash_report", "appraisal_event",
    "points_move",
)  # fmt: skip

SEEK_SQLITE: Final = (
    """CREATE VIRTUAL TABLE piece_seek_fts
    USING fts5(words, content='piece_seek', content_rowid='n', tokenize='trigram')""",
    """CREATE TRIGGER piece_seek_added AFTER INSERT ON piece_seek
    BEGIN INSERT INTO piece_seek_fts(rowid, words) VALUES (NEW.n, NEW.words); END""",
    """CREATE TRIGGER piece_seek_changed AFTER UPDATE OF words ON piece_seek WHEN OLD.words <> NEW.words
    BEGIN INSERT INTO piece_seek_fts(piece_seek_fts, rowid, words) VALUES ('delete', OLD.n, OLD.words);
    INSERT INTO piece_seek_fts(rowid, words) VALUES (NEW.n, NEW.words); END""",
    """CREATE TRIGGER piece_seek_gone AFTER DELETE ON piece_seek
    BEGIN INSERT INTO piece_seek_fts(piece_seek_fts, rowid, words) VALUES ('delete', OLD.n, OLD.words); END""",
)
"""Search by any three letters of a word; PostgreSQL's index of the same is in `cloud.tables`."""

SQLITE: Final = (
    *SEEK_SQLITE,
    f"""CREATE TRIGGER posting_balances BEFORE INSERT ON posting WHEN {_SEAL}
    BEGIN SELECT raise(ABORT, 'posting does not balance'); END""",
    f"""CREATE TRIGGER posting_into_closed BEFORE INSERT ON posting WHEN {_CLOSED}
    BEGIN SELECT raise(ABORT, 'period is closed'); END""",
    # INSERT OR REPLACE deletes without asking the triggers for DELETE
    f"""CREATE TRIGGER posting_is_new BEFORE INSERT ON posting WHEN {_KNOWN}
    BEGIN SELECT raise(ABORT, 'posting is immutable'); END""",
    f"""CREATE TRIGGER ledger_line_sealed BEFORE INSERT ON ledger_line WHEN {_SEALED}
    BEGIN SELECT raise(ABORT, 'posting is sealed'); END""",
    f"""CREATE TRIGGER ledger_close_in_order BEFORE INSERT ON ledger_close WHEN {_CLOSED}
    BEGIN SELECT raise(ABORT, 'period is closed'); END""",
    *(
        f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
        f"BEGIN SELECT raise(ABORT, '{table} is immutable'); END"
        for table in IMMUTABLE
        for what in ("UPDATE", "DELETE")
    ),
)


def _refusing(name: str, when: str, words: str) -> str:
    return f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF {when} THEN RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation'; END IF;
    RETURN NEW; END $$"""


def _before_insert(name: str, table: str, function: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"


POSTGRESQL: Final = (
    _refusing("posting_balances", _SEAL, "posting does not balance"),
    _refusing("ledger_line_sealed", _SEALED, "posting is sealed"),
    _refusing("period_is_open", _CLOSED, "period is closed"),
    """CREATE OR REPLACE FUNCTION is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is immutable', TG_TABLE_NAME USING ERRCODE = 'check_violation'; END $$""",
    _before_insert("posting_balances", "posting", "posting_balances"),
    _before_insert("posting_into_closed", "posting", "period_is_open"),
    _before_insert("ledger_line_sealed", "ledger_line", "ledger_line_sealed"),
    _before_insert("ledger_close_in_order", "ledger_close", "period_is_open"),
    *(
        f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION is_immutable()"
        for table in IMMUTABLE
    ),
    *(
        f"CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION is_immutable()"
        for table in IMMUTABLE
    ),
)

BY_DIALECT: Final = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
