-- name: upgrade_4
CREATE TABLE tag_binding (
    piece TEXT NOT NULL, n INTEGER NOT NULL, epc TEXT NOT NULL, tid TEXT NOT NULL, from_us INTEGER NOT NULL,
    to_us INTEGER NOT NULL, PRIMARY KEY (piece, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_binding_tid ON tag_binding (tid) WHERE to_us = 0;
CREATE TABLE tag_work (
    tid TEXT PRIMARY KEY, piece TEXT NOT NULL, epc TEXT NOT NULL UNIQUE, was TEXT NOT NULL, at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE tag_serial (term INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;

-- name: tag_bind
INSERT INTO tag_binding VALUES (:piece, :n, :epc, :tid, :from_us, 0)
ON CONFLICT (piece, n) DO UPDATE SET epc = excluded.epc, tid = excluded.tid, from_us = excluded.from_us, to_us = 0;

-- name: tag_binding_bound
DELETE FROM tag_binding WHERE piece = :piece AND to_us <> 0 AND n < (
    SELECT n FROM tag_binding WHERE piece = :piece ORDER BY n DESC LIMIT 1 OFFSET :keep - 1
);

-- name: tag_unbind
UPDATE tag_binding SET to_us = :to_us
WHERE to_us = 0 AND (piece = :piece OR epc = :epc OR (tid = :tid AND tid <> ''));

-- name: tag_of
SELECT piece, n, epc, tid, from_us, to_us FROM tag_binding WHERE piece = :piece AND to_us = 0 ORDER BY n DESC LIMIT 1;

-- name: tag_bindings
SELECT piece, n, epc, tid, from_us, to_us FROM tag_binding WHERE piece = :piece ORDER BY n;

-- name: tag_by_tid
SELECT piece AS value FROM tag_binding WHERE tid = :tid AND tid <> '' AND to_us = 0;

-- name: feed_retag
UPDATE feed_row SET epc = :epc, body = :body WHERE kind = 'piece' AND name = :name;

-- name: tag_work
SELECT tid, piece, epc, was, at_us FROM tag_work WHERE tid = :tid;

-- name: tag_work_all
SELECT tid, piece, epc, was, at_us FROM tag_work ORDER BY at_us, tid;

-- name: tag_work_set
INSERT INTO tag_work VALUES (:tid, :piece, :epc, :was, :at_us)
ON CONFLICT (tid) DO UPDATE SET piece = excluded.piece, epc = excluded.epc, was = excluded.was, at_us = excluded.at_us;

-- name: tag_work_drop
DELETE FROM tag_work WHERE tid = :tid;

-- name: tag_serial
SELECT last AS value FROM tag_serial WHERE term = :term;

-- name: tag_serial_set
INSERT INTO tag_serial VALUES (:term, :last) ON CONFLICT (term) DO UPDATE SET last = excluded.last;

-- name: pieces_untagged
SELECT f.body AS body FROM feed_row f JOIN custody c ON c.piece = f.name
WHERE f.kind = 'piece' AND f.epc = '' AND c.state IN ('here', 'incoming') ORDER BY f.name LIMIT :limit;
