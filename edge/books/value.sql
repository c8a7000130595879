-- name: upgrade_17
CREATE TABLE value_slice (
    account TEXT PRIMARY KEY, kind TEXT NOT NULL, currency TEXT NOT NULL, client TEXT NOT NULL, label TEXT NOT NULL,
    held_minor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE value_ask (
    ask TEXT PRIMARY KEY, sale TEXT NOT NULL, till TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL,
    currency TEXT NOT NULL, client TEXT NOT NULL, label TEXT NOT NULL, state TEXT NOT NULL,
    kept_minor INTEGER NOT NULL, wanted_minor INTEGER NOT NULL, granted_minor INTEGER NOT NULL,
    left_minor INTEGER NOT NULL, why TEXT NOT NULL, at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX value_ask_sale ON value_ask (sale);
CREATE INDEX value_ask_live ON value_ask (account) WHERE state IN ('asking', 'ready');
CREATE TABLE trade_in (account TEXT PRIMARY KEY, sale TEXT NOT NULL, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX trade_in_sale ON trade_in (sale);
ALTER TABLE tender ADD COLUMN rounding_minor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tender ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE tender ADD COLUMN conversion TEXT NOT NULL DEFAULT 'null';

-- name: upgrade_20
ALTER TABLE value_slice ADD COLUMN expires TEXT NOT NULL DEFAULT '';
CREATE TABLE value_inquiry (
    inquiry TEXT PRIMARY KEY, till TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, client TEXT NOT NULL,
    label TEXT NOT NULL, asked_us INTEGER NOT NULL, answered_us INTEGER NOT NULL, balance_minor INTEGER NOT NULL,
    elsewhere_minor INTEGER NOT NULL, currency TEXT NOT NULL, expires TEXT NOT NULL, why TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- name: value_inquiry
SELECT * FROM value_inquiry WHERE inquiry = :inquiry;

-- name: value_inquiry_set
INSERT OR REPLACE INTO value_inquiry VALUES (:inquiry, :till, :account, :kind, :client, :label, :asked_us, :answered_us,
    :balance_minor, :elsewhere_minor, :currency, :expires, :why);

-- name: value_slice
SELECT * FROM value_slice WHERE account = :account;

-- name: value_slices
SELECT * FROM value_slice WHERE kind = :kind AND held_minor > 0 ORDER BY account LIMIT :limit;

-- name: value_slice_set
INSERT OR REPLACE INTO value_slice VALUES (:account, :kind, :currency, :client, :label, :held_minor, :expires);

-- name: value_slice_take
UPDATE value_slice SET held_minor = held_minor - :amount_minor WHERE account = :account;

-- name: value_ask
SELECT * FROM value_ask WHERE ask = :ask;

-- name: value_asks_of
SELECT * FROM value_ask WHERE sale = :sale ORDER BY ask;

-- name: value_asks_live
SELECT * FROM value_ask WHERE account = :account AND state IN ('asking', 'ready') ORDER BY ask;

-- name: value_asks_of_voided_end
UPDATE value_ask SET state = 'given_up'
WHERE state IN ('asking', 'ready') AND sale IN (SELECT sale FROM sale WHERE state = 'voided');

-- name: value_ask_set
INSERT OR REPLACE INTO value_ask VALUES (:ask, :sale, :till, :account, :kind, :currency, :client, :label, :state,
    :kept_minor, :wanted_minor, :granted_minor, :left_minor, :why, :at_us);

-- name: trade_ins_of
SELECT body FROM trade_in WHERE sale = :sale ORDER BY account;

-- name: trade_in_set
INSERT OR REPLACE INTO trade_in VALUES (:account, :sale, :body);
