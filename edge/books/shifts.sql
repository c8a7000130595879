-- name: upgrade_12
CREATE TABLE shift_receipt (
    epoch TEXT NOT NULL, till TEXT NOT NULL, number INTEGER NOT NULL, recorded TEXT NOT NULL, counted TEXT NOT NULL,
    sale TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (epoch, till, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX shift_receipt_counted ON shift_receipt (counted);
CREATE INDEX shift_receipt_recorded ON shift_receipt (recorded);
INSERT INTO shift_receipt SELECT s.epoch, s.till, s.receipt_number, s.shift, s.shift, s.sale, CAST(json_object(
    'number', s.receipt_number, 'sale', s.sale, 'gross_minor', s.total_minor, 'tax_minor', s.tax_minor,
    'taxes', (SELECT json_group_array(json_object('code', CAST(body ->> 'tax_bp' AS TEXT), 'rate_bp', body ->> 'tax_bp',
        'base_minor', (body ->> 'gross_minor') - (body ->> 'tax_minor'), 'tax_minor', body ->> 'tax_minor'))
        FROM sale_line l WHERE l.sale = s.sale AND body ->> 'tax_minor' <> 0),
    'tenders', (SELECT json_group_array(json_object('kind', kind, 'amount_minor', amount_minor,
        'change_minor', change_minor, 'reference', reference)) FROM tender WHERE receipt = 'sale ' || s.sale)) AS BLOB)
FROM sale s WHERE s.state = 'recorded';
CREATE TABLE cash_move (
    move TEXT PRIMARY KEY, shift TEXT NOT NULL, kind TEXT NOT NULL, amount_minor INTEGER NOT NULL, reason TEXT NOT NULL,
    "by" TEXT NOT NULL, at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX cash_move_shift ON cash_move (shift, at_us);
CREATE TABLE z (
    shift TEXT PRIMARY KEY, till TEXT NOT NULL, z_number INTEGER NOT NULL, digest TEXT NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX z_of_till ON z (till, z_number);
INSERT INTO z SELECT shift, till, z_number, '', CAST(json_object('fact', 'shift.closed', 'shift', shift, 'till', till,
    'z_number', z_number, 'business_day', business_day, 'currency', currency, 'sales', sales, 'returns', returns,
    'gross_minor', gross_minor, 'tax_minor', tax_minor, 'cash_expected_minor', float_minor + cash_minor,
    'cash_counted_minor', cash_counted_minor) AS BLOB) FROM shift WHERE z_number > 0;
CREATE TABLE shift_now (
    shift TEXT PRIMARY KEY, till TEXT NOT NULL, business_day TEXT NOT NULL, currency TEXT NOT NULL,
    float_minor INTEGER NOT NULL, state TEXT NOT NULL, z_number INTEGER NOT NULL, opened_us INTEGER NOT NULL,
    closed_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO shift_now SELECT shift, till, business_day, currency, float_minor, state, z_number, opened_us, closed_us
FROM shift;
DROP TABLE shift;
ALTER TABLE shift_now RENAME TO shift;
CREATE UNIQUE INDEX shift_open_once ON shift (till) WHERE state = 'open';

-- name: upgrade_21
ALTER TABLE cash_move ADD COLUMN currency TEXT NOT NULL DEFAULT '';

-- name: shift_open
SELECT * FROM shift WHERE till = :till AND state = 'open';

-- name: shift
SELECT * FROM shift WHERE shift = :shift;

-- name: shifts_newest
SELECT * FROM shift ORDER BY opened_us DESC, shift LIMIT :limit;

-- name: shift_set
INSERT INTO shift VALUES (:shift, :till, :business_day, :currency, :float_minor, :state, :z_number, :opened_us, :closed_us)
ON CONFLICT (shift) DO UPDATE SET state = excluded.state, z_number = excluded.z_number, closed_us = excluded.closed_us;

-- name: receipt_add
INSERT OR IGNORE INTO shift_receipt VALUES (:epoch, :till, :number, :recorded, :counted, :sale, :body);

-- name: receipts_counted
SELECT recorded, body FROM shift_receipt WHERE counted = :shift ORDER BY number, epoch;

-- name: receipts_moved
UPDATE shift_receipt SET counted = :to WHERE counted = :shift;

-- name: receipts_waiting
UPDATE shift_receipt SET counted = :shift WHERE till = :till AND counted = '';

-- name: receipts_not_in_z
UPDATE shift_receipt SET counted = '' WHERE counted = :shift
    AND NOT (recorded <> :shift AND sale IN (SELECT value FROM json_each(:late)))
    AND NOT (recorded = :shift AND number BETWEEN :first AND :last AND (epoch = :epoch OR NOT EXISTS (
        SELECT 1 FROM shift_receipt o WHERE o.epoch = :epoch AND o.till = shift_receipt.till
        AND o.number = shift_receipt.number)));

-- name: receipts_in_z
UPDATE shift_receipt SET counted = :shift WHERE recorded = :shift AND number BETWEEN :first AND :last
    AND (epoch = :epoch OR NOT EXISTS (SELECT 1 FROM shift_receipt o WHERE o.epoch = :epoch
    AND o.till = shift_receipt.till AND o.number = shift_receipt.number)) AND counted NOT IN (SELECT shift FROM z);

-- name: move_add
INSERT OR IGNORE INTO cash_move VALUES (:move, :shift, :kind, :amount_minor, :reason, :by, :at_us, :currency);

-- name: moves
SELECT move, kind, amount_minor, reason, "by", at_us, currency FROM cash_move WHERE shift = :shift ORDER BY at_us, move;

-- name: bankings_newest
SELECT move, amount_minor, reason AS reference, "by", at_us, currency FROM cash_move WHERE kind = 'bank'
ORDER BY at_us DESC, move LIMIT :limit;

-- name: move_known
SELECT COUNT(*) AS value FROM cash_move WHERE move = :move;

-- name: z_add
INSERT OR IGNORE INTO z VALUES (:shift, :till, :z_number, :digest, :body);

-- name: z
SELECT body FROM z WHERE shift = :shift;

-- name: z_last_digest
SELECT digest AS value FROM z WHERE till = :till ORDER BY z_number DESC, digest LIMIT 1;
