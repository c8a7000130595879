-- name: upgrade_2
CREATE TABLE till_row (
    epoch TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, leaf BLOB NOT NULL, before BLOB NOT NULL,
    body BLOB NOT NULL, till TEXT NOT NULL, handed INTEGER NOT NULL, PRIMARY KEY (epoch, stream, seq, leaf)
) STRICT;
CREATE TABLE till_claim (
    till TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL, term INTEGER NOT NULL, seq INTEGER NOT NULL,
    head BLOB NOT NULL, settled INTEGER NOT NULL, PRIMARY KEY (till, epoch, stream)
) STRICT, WITHOUT ROWID;

-- name: upgrade_3
CREATE TABLE seal (one INTEGER PRIMARY KEY CHECK (one = 1), witness_key TEXT NOT NULL, told TEXT NOT NULL) STRICT;

-- name: upgrade_23
ALTER TABLE node ADD COLUMN later_term INTEGER NOT NULL DEFAULT 0;

-- name: later_term
SELECT later_term AS value FROM node;

-- name: later_term_heard
UPDATE node SET later_term = max(later_term, :term);

-- name: seal_set
INSERT OR REPLACE INTO seal VALUES (1, :witness_key, :told);

-- name: seal_told
UPDATE seal SET told = :told;

-- name: seal
SELECT witness_key, told FROM seal;

-- name: till_row_add
INSERT OR IGNORE INTO till_row VALUES (:epoch, :stream, :seq, :leaf, :before, :body, :till, 0);

-- name: till_rows
SELECT epoch, stream, seq, leaf, before, body, till, handed FROM till_row
WHERE epoch = :epoch AND stream = :stream AND handed = 0 ORDER BY seq, leaf;

-- name: till_logs
SELECT epoch, stream FROM till_row WHERE handed = 0 GROUP BY epoch, stream ORDER BY MIN(rowid);

-- name: till_rows_kept
SELECT COUNT(*) AS value FROM till_row;

-- name: till_row_handed
UPDATE till_row SET handed = 1 WHERE epoch = :epoch AND stream = :stream AND seq = :seq AND leaf = :leaf;

-- name: till_row_parting
SELECT COALESCE(MIN(j.seq), 0) AS value FROM journal j JOIN till_row t
    ON t.epoch = j.epoch AND t.stream = j.stream AND t.seq = j.seq AND t.leaf <> j.leaf
WHERE j.epoch = :epoch AND j.stream = :stream;

-- name: till_row_known
SELECT (SELECT COUNT(*) FROM journal WHERE epoch = :epoch AND stream = :stream AND seq = :seq AND leaf = :leaf)
     + (SELECT COUNT(*) FROM orphan WHERE epoch = :epoch AND stream = :stream AND seq = :seq AND leaf = :leaf)
     + (SELECT COUNT(*) FROM till_row WHERE epoch = :epoch AND stream = :stream AND seq = :seq AND leaf = :leaf) AS value;

-- name: till_row_away
SELECT (SELECT COUNT(*) FROM journal j JOIN counter c ON c.epoch = j.epoch AND c.stream = j.stream
        WHERE j.epoch = :epoch AND j.stream = :stream AND j.seq = :seq AND j.leaf = :leaf
          AND j.seq <= CASE WHEN c.safe > 0 THEN c.safe ELSE c.upto END)
     + (SELECT COUNT(*) FROM orphan WHERE epoch = :epoch AND stream = :stream AND seq = :seq AND leaf = :leaf)
     + (SELECT COUNT(*) FROM till_row WHERE epoch = :epoch AND stream = :stream AND seq = :seq AND leaf = :leaf
          AND handed = 1) AS value;

-- name: till_rows_settle
DELETE FROM till_row WHERE EXISTS (SELECT 1 FROM journal j WHERE j.epoch = till_row.epoch
    AND j.stream = till_row.stream AND j.seq = till_row.seq AND j.leaf = till_row.leaf);

-- name: till_claims_settle
UPDATE till_claim SET settled = 1;

-- name: till_claim_set
INSERT INTO till_claim VALUES (:till, :epoch, :stream, :term, :seq, :head, 0)
ON CONFLICT (till, epoch, stream) DO UPDATE SET term = excluded.term, seq = excluded.seq, head = excluded.head,
    settled = 0;

-- name: till_claim_settled
SELECT COUNT(*) AS value FROM till_claim
WHERE till = :till AND epoch = :epoch AND stream = :stream AND seq >= :seq AND settled = 1;

-- name: till_claims_known
SELECT DISTINCT till AS value FROM till_claim ORDER BY till;

-- name: sales_unsent
SELECT COUNT(*) AS value FROM sale s JOIN counter c ON c.epoch = s.epoch AND c.stream = 'trade'
WHERE s.state = 'recorded' AND s.trade_seq > c.upto;
