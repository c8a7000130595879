-- Books of an older program: what it could not read of the feed is read once it is updated, and what it folded
-- otherwise is caught up with.

-- name: upgrade_19
ALTER TABLE node ADD COLUMN feed_contract INTEGER NOT NULL DEFAULT 1;

-- name: journal_telling
SELECT epoch, stream, seq, at_us, "by", why, body, leaf, head FROM journal
WHERE stream = 'trade' AND instr(body, CAST(:tag AS BLOB)) ORDER BY epoch, seq LIMIT :limit OFFSET :offset;

-- name: feed_contract
SELECT feed_contract AS value FROM node;

-- name: feed_anew
UPDATE node SET feed_rev = 0, feed_contract = :contract;
