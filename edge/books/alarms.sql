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

-- name: exceptions_of_people
SELECT associate AS user,
    count(*) FILTER (WHERE state NOT IN ('open', 'parked', 'tendering', 'voided')) AS sales,
    count(*) FILTER (WHERE state = 'voided') AS voided,
    count(*) FILTER (WHERE pad_verdict LIKE 'override:%') AS overridden
FROM sale WHERE max(opened_us, recorded_us) >= :since_us GROUP BY associate ORDER BY associate LIMIT :limit;

-- name: discounts_of_people
SELECT s.associate AS user, count(*) AS number, sum(CAST(l.body AS TEXT) ->> '$.discount_minor') AS minor
FROM sale s JOIN sale_line l USING (sale)
WHERE s.recorded_us >= :since_us AND CAST(l.body AS TEXT) ->> '$.discount_minor' > 0 GROUP BY s.associate ORDER BY s.associate LIMIT :limit;

-- name: returns_of_people
SELECT s.associate AS user, count(*) AS number, sum(CAST(l.body AS TEXT) ->> '$.gross_minor') AS minor
FROM returned_line r JOIN sale s USING (sale) JOIN sale_line l USING (sale, line)
WHERE r.at_us >= :since_us GROUP BY s.associate ORDER BY s.associate LIMIT :limit;

-- name: thefts_since
SELECT count(*) AS number, coalesce(sum(value_minor), 0) AS minor FROM alarm
WHERE raised_us >= :since_us AND outcome = 'theft';

-- name: missing_in_counts
SELECT v.piece AS piece FROM count_verdict v JOIN count c USING (count)
WHERE c.state = 'approved' AND v.verdict = 'missing' AND c.ended_us >= :since_us
GROUP BY v.piece ORDER BY max(c.ended_us) DESC LIMIT :limit;

-- name: missing_number
SELECT count(DISTINCT v.piece) AS number FROM count_verdict v JOIN count c USING (count)
WHERE c.state = 'approved' AND v.verdict = 'missing' AND c.ended_us >= :since_us;

-- name: counted_since
SELECT count(*) AS counts, coalesce(sum(found), 0) AS found, coalesce(sum(expected), 0) AS expected FROM count
WHERE state = 'approved' AND ended_us >= :since_us;
