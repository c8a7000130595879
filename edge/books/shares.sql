-- name: upgrade_15
CREATE TABLE sale_share (
    sale TEXT NOT NULL, position INTEGER NOT NULL, associate TEXT NOT NULL, share_bp INTEGER NOT NULL,
    rate_bp INTEGER NOT NULL, base_minor INTEGER NOT NULL, commission_minor INTEGER NOT NULL,
    PRIMARY KEY (sale, position)
) STRICT, WITHOUT ROWID;

-- name: shares
SELECT associate, share_bp, rate_bp, base_minor, commission_minor FROM sale_share WHERE sale = :sale ORDER BY position;

-- name: shares_drop
DELETE FROM sale_share WHERE sale = :sale;

-- name: share_add
INSERT INTO sale_share VALUES (:sale, :position, :associate, :share_bp, :rate_bp, :base_minor, :commission_minor);
