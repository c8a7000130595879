-- What was bought from the public.

-- name: upgrade_25
CREATE TABLE purchase (
    purchase TEXT PRIMARY KEY, till TEXT NOT NULL, number INTEGER NOT NULL, shift TEXT NOT NULL,
    business_day TEXT NOT NULL, at_us INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX purchase_at ON purchase (at_us);

-- name: purchase
SELECT body FROM purchase WHERE purchase = :purchase;

-- name: purchases
SELECT body FROM purchase ORDER BY at_us DESC, purchase LIMIT :limit;

-- name: label_taken
SELECT EXISTS (
    SELECT 1 FROM purchase p, json_each(CAST(p.body AS TEXT), '$.items') i WHERE json_extract(i.value, '$.piece') = :piece
) OR EXISTS (
    SELECT 1 FROM trade_in t JOIN sale s ON s.sale = t.sale
    WHERE s.state = 'recorded' AND json_extract(CAST(t.body AS TEXT), '$.trade_in.piece') = :piece
) AS value;

-- name: purchase_set
INSERT OR REPLACE INTO purchase VALUES (:purchase, :till, :number, :shift, :business_day, :at_us, :body);
