-- name: upgrade_13
CREATE TABLE tree (
    epoch TEXT NOT NULL, stream TEXT NOT NULL, size INTEGER NOT NULL, peaks BLOB NOT NULL, PRIMARY KEY (epoch, stream)
) STRICT, WITHOUT ROWID;
CREATE TABLE tree_unbelieved (
    epoch TEXT NOT NULL, stream TEXT NOT NULL, upto INTEGER NOT NULL, head TEXT NOT NULL, since_us INTEGER NOT NULL,
    PRIMARY KEY (epoch, stream)
) STRICT, WITHOUT ROWID;

-- name: tree
SELECT epoch, stream, size, peaks FROM tree WHERE epoch = :epoch AND stream = :stream;

-- name: tree_set
INSERT INTO tree VALUES (:epoch, :stream, :size, :peaks)
ON CONFLICT (epoch, stream) DO UPDATE SET size = excluded.size, peaks = excluded.peaks;

-- name: trees_drop
DELETE FROM tree;

-- name: tree_leaves
SELECT seq, leaf FROM journal WHERE epoch = :epoch AND stream = :stream AND seq > :after AND seq <= :upto ORDER BY seq;

-- name: tree_doubt
INSERT INTO tree_unbelieved VALUES (:epoch, :stream, :upto, :head, :now_us)
ON CONFLICT (epoch, stream) DO NOTHING;

-- name: tree_believe
DELETE FROM tree_unbelieved WHERE epoch = :epoch AND stream = :stream;

-- name: trees_unbelieved
SELECT epoch, stream, upto, head, since_us FROM tree_unbelieved ORDER BY epoch, stream;

-- name: journal_with_head
SELECT epoch, stream, seq, at_us, "by", why, body, leaf, head FROM journal
WHERE substr(head, 1, :length) = :beginning ORDER BY epoch, stream, seq;
