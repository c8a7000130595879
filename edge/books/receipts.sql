-- name: upgrade_16
CREATE TABLE receipt (
    receipt TEXT PRIMARY KEY, sale TEXT NOT NULL, till TEXT NOT NULL, number INTEGER NOT NULL, is_return INTEGER NOT NULL,
    epoch TEXT NOT NULL, seq INTEGER NOT NULL, business_day TEXT NOT NULL, currency TEXT NOT NULL,
    total_minor INTEGER NOT NULL, at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX receipt_when ON receipt (at_us);
CREATE INDEX receipt_number ON receipt (till, number);
CREATE INDEX receipt_place ON receipt (epoch, seq);
CREATE INDEX journal_trade_head ON journal (head) WHERE stream = 'trade';
CREATE TABLE receipt_given (
    give TEXT PRIMARY KEY, receipt TEXT NOT NULL, form TEXT NOT NULL, gift INTEGER NOT NULL, copy INTEGER NOT NULL,
    "by" TEXT NOT NULL, at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX receipt_given_of ON receipt_given (receipt);
INSERT INTO receipt SELECT sale, sale, till, receipt_number, 0, epoch, trade_seq, business_day, currency, total_minor,
    recorded_us FROM sale WHERE receipt_number > 0;
INSERT OR IGNORE INTO receipt SELECT f.value ->> 'sale' || ':' || (f.value ->> 'till') || ':' || (f.value ->> 'receipt_number'),
    f.value ->> 'sale', f.value ->> 'till', f.value ->> 'receipt_number', 1, j.epoch, j.seq, f.value ->> 'business_day',
    f.value ->> 'currency', f.value ->> 'total_minor', j.at_us
FROM journal j, json_each(CAST(j.body AS TEXT), '$.facts') f
WHERE j.stream = 'trade' AND j.why <> 'piece.sight' AND f.value ->> 'fact' = 'return.recorded';

-- name: receipt_made
INSERT INTO receipt VALUES (:receipt, :sale, :till, :number, :is_return, :epoch, :seq, :business_day, :currency,
    :total_minor, :at_us)
ON CONFLICT (receipt) DO NOTHING;

-- name: receipt
SELECT * FROM receipt WHERE receipt = :receipt;

-- name: receipts_newest
SELECT * FROM receipt ORDER BY at_us DESC, receipt DESC LIMIT :limit;

-- name: receipts_numbered
SELECT * FROM receipt WHERE number = :number AND (:till = '' OR till = :till) ORDER BY at_us DESC LIMIT :limit;

-- name: receipts_coded
SELECT r.* FROM journal j JOIN receipt r ON r.epoch = j.epoch AND r.seq = j.seq
WHERE j.stream = 'trade' AND j.head >= :beginning AND j.head < :end;

-- name: receipt_given_add
INSERT INTO receipt_given VALUES (:give, :receipt, :form, :gift, :copy, :by, :at_us)
ON CONFLICT (give) DO NOTHING;

-- name: receipt_givens
SELECT * FROM receipt_given WHERE receipt = :receipt ORDER BY at_us, give;
