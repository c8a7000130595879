-- name: upgrade_7
ALTER TABLE alarm ADD COLUMN severity TEXT NOT NULL DEFAULT 'alarm';
CREATE TABLE restock (
    restock TEXT PRIMARY KEY, zones TEXT NOT NULL, "by" TEXT NOT NULL, began_us INTEGER NOT NULL,
    until_us INTEGER NOT NULL, ended_us INTEGER NOT NULL, muted INTEGER NOT NULL, why TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE alarm_budget (
    one INTEGER PRIMARY KEY CHECK (one = 1), alarms_per_month_max REAL NOT NULL, weights TEXT NOT NULL,
    "by" TEXT NOT NULL, at_us INTEGER NOT NULL
) STRICT;

-- name: restock_begin
INSERT OR IGNORE INTO restock VALUES (:restock, :zones, :by, :began_us, :until_us, 0, 0, '');

-- name: restock_end
UPDATE restock SET ended_us = :ended_us, muted = :muted, why = :why WHERE restock = :restock;

-- name: restocks_open
SELECT * FROM restock WHERE ended_us = 0 ORDER BY began_us, restock;

-- name: budget_set
INSERT INTO alarm_budget VALUES (1, :alarms_per_month_max, :weights, :by, :at_us)
ON CONFLICT (one) DO UPDATE SET alarms_per_month_max = excluded.alarms_per_month_max, weights = excluded.weights,
    "by" = excluded."by", at_us = excluded.at_us;

-- name: budget
SELECT alarms_per_month_max, weights, "by", at_us FROM alarm_budget;
