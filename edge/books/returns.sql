-- name: upgrade_14
CREATE TABLE return_part (
    receipt TEXT NOT NULL, line TEXT NOT NULL, sale TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (receipt, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX return_part_sale ON return_part (sale);
CREATE TABLE return_made (
    returns TEXT PRIMARY KEY, sale TEXT NOT NULL, till TEXT NOT NULL, state TEXT NOT NULL, at_us INTEGER NOT NULL,
    receipt_number INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX return_made_sale ON return_made (sale);
CREATE TABLE card_refund (
    refund TEXT PRIMARY KEY, "returns" TEXT NOT NULL, payment TEXT NOT NULL, sale TEXT NOT NULL, till TEXT NOT NULL,
    terminal TEXT NOT NULL, state TEXT NOT NULL, amount_minor INTEGER NOT NULL, refunded_minor INTEGER NOT NULL,
    currency TEXT NOT NULL, reference TEXT NOT NULL, refund_reference TEXT NOT NULL, why TEXT NOT NULL,
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX card_refund_returns ON card_refund (returns);
CREATE INDEX card_refund_waiting ON card_refund (terminal) WHERE state IN ('requested', 'in_doubt');
CREATE TABLE piece_disposed (
    piece TEXT PRIMARY KEY, n INTEGER NOT NULL, disposition TEXT NOT NULL, "condition" TEXT NOT NULL,
    reason TEXT NOT NULL, sale TEXT NOT NULL, at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- name: return_part_set
INSERT OR REPLACE INTO return_part VALUES (:receipt, :line, :sale, :body);

-- name: return_parts
SELECT body FROM return_part WHERE sale = :sale ORDER BY receipt, line;

-- name: return_parts_begun
SELECT body FROM return_made WHERE sale = :sale AND state = 'begun' AND returns <> :returns ORDER BY returns;

-- name: return_begun
SELECT body FROM return_made WHERE returns = :returns AND state = 'begun';

-- name: returns_begun
SELECT body FROM return_made WHERE till = :till AND state = 'begun' ORDER BY at_us;

-- name: returns_begun_count
SELECT COUNT(*) AS value FROM return_made WHERE till = :till AND state = 'begun';

-- name: return_recorded
SELECT COUNT(*) AS value FROM return_made WHERE returns = :returns AND state = 'recorded';

-- name: return_body
SELECT body FROM return_made WHERE returns = :returns AND state = 'recorded';

-- name: returns_of
SELECT body FROM return_made WHERE sale = :sale AND state = 'recorded' ORDER BY at_us;

-- name: return_set
INSERT OR REPLACE INTO return_made VALUES (:returns, :sale, :till, :state, :at_us, :receipt_number, :body);

-- name: return_end
UPDATE return_made SET state = :state WHERE returns = :returns;

-- name: card_refund
SELECT * FROM card_refund WHERE refund = :refund;

-- name: card_refunds_of
SELECT * FROM card_refund WHERE returns = :returns ORDER BY refund;

-- name: card_refunds_at
SELECT * FROM card_refund WHERE terminal = :terminal AND state IN ('requested', 'in_doubt') ORDER BY refund;

-- name: card_refund_set
INSERT OR REPLACE INTO card_refund VALUES (:refund, :returns, :payment, :sale, :till, :terminal, :state, :amount_minor,
    :refunded_minor, :currency, :reference, :refund_reference, :why, :at_us);

-- name: paid_for
SELECT kind, amount_minor, payment, account, reference AS label FROM tender WHERE receipt = 'sale ' || :sale
    ORDER BY position;

-- name: went_back
SELECT kind, amount_minor, payment, account, reference AS label FROM tender
    WHERE sale = :sale AND receipt LIKE 'return %' ORDER BY receipt, position;

-- name: sales_by_receipt
SELECT sale AS value FROM sale WHERE receipt_number = :number AND state = 'recorded' ORDER BY recorded_us DESC LIMIT 20;

-- name: piece_disposed
SELECT * FROM piece_disposed WHERE piece = :piece;

-- name: piece_disposed_set
INSERT OR REPLACE INTO piece_disposed VALUES (:piece, :n, :disposition, :condition, :reason, :sale, :at_us);
