-- name: upgrade_8
ALTER TABLE count ADD COLUMN counted_by TEXT NOT NULL DEFAULT '[]';
ALTER TABLE count ADD COLUMN why TEXT NOT NULL DEFAULT '';
ALTER TABLE count ADD COLUMN due_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE count ADD COLUMN blind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE count ADD COLUMN submitted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE count ADD COLUMN quantities TEXT NOT NULL DEFAULT '[]';
ALTER TABLE count ADD COLUMN number INTEGER NOT NULL DEFAULT 1;
ALTER TABLE count ADD COLUMN recounting TEXT NOT NULL DEFAULT '[]';
ALTER TABLE count ADD COLUMN took_s REAL NOT NULL DEFAULT 0.0;
ALTER TABLE count ADD COLUMN unknown_more REAL NOT NULL DEFAULT 0.0;
ALTER TABLE count ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE count ADD COLUMN totals TEXT NOT NULL DEFAULT '[]';
ALTER TABLE count_verdict ADD COLUMN at_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE count_verdict ADD COLUMN rounds INTEGER NOT NULL DEFAULT 0;
CREATE TABLE count_look (
    count TEXT NOT NULL, number INTEGER NOT NULL, zones TEXT NOT NULL, rounds INTEGER NOT NULL,
    expected INTEGER NOT NULL, found INTEGER NOT NULL, p_complete REAL NOT NULL, why_stopped TEXT NOT NULL,
    verdicts TEXT NOT NULL, ended_us INTEGER NOT NULL, PRIMARY KEY (count, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE count_missed (
    schedule TEXT NOT NULL, place TEXT NOT NULL, due_us INTEGER NOT NULL, why TEXT NOT NULL, more INTEGER NOT NULL,
    at_us INTEGER NOT NULL, PRIMARY KEY (schedule, due_us)
) STRICT, WITHOUT ROWID;

-- name: upgrade_29
ALTER TABLE count_verdict ADD COLUMN by TEXT NOT NULL DEFAULT '';

-- name: count
SELECT * FROM count WHERE count = :count;

-- name: counts_newest
SELECT * FROM count ORDER BY started_us DESC, count LIMIT :limit;

-- name: counts_in
SELECT * FROM count WHERE state = :state ORDER BY started_us, count;

-- name: counts_blind
SELECT * FROM count WHERE blind = 1 AND submitted = 0 AND state IN ('counting', 'finished', 'recounting')
ORDER BY started_us, count;

-- name: count_start
INSERT OR IGNORE INTO count (count, place, zones, state, expected, round, found, p_complete, unread_expected,
    why_stopped, value_minor, weight_mg, currency, unknown_tags, started_us, ended_us, business_day, approved_by,
    counted_by, why, due_us, blind)
VALUES (:count, :place, :zones, 'counting', :expected, 0, 0, 0.0, 0.0, '', 0, 0, '', 0, :started_us, 0, '', '',
    :counted_by, :why, :due_us, :blind);

-- name: count_progress
UPDATE count SET round = :round, found = :found, expected = :expected, p_complete = :p_complete,
    unread_expected = :unread_expected WHERE count = :count AND state = 'counting';

-- name: count_finish
UPDATE count SET state = 'finished', round = :round, found = :found, expected = :expected, p_complete = :p_complete,
    why_stopped = :why_stopped, value_minor = :value_minor, weight_mg = :weight_mg, currency = :currency,
    unknown_tags = :unknown_tags, ended_us = :ended_us, number = :number, recounting = '[]', took_s = :took_s,
    unknown_more = :unknown_more, tags = :tags, totals = :totals
WHERE count = :count;

-- name: count_submit
UPDATE count SET submitted = 1, quantities = :quantities, counted_by = :counted_by WHERE count = :count;

-- name: count_recount
UPDATE count SET state = 'recounting', recounting = :zones, counted_by = :counted_by WHERE count = :count;

-- name: count_explain
UPDATE count SET found = :found, p_complete = :p_complete, value_minor = :value_minor, weight_mg = :weight_mg,
    totals = :totals, counted_by = :counted_by WHERE count = :count;

-- name: count_approve
INSERT INTO count (count, place, zones, state, expected, round, found, p_complete, unread_expected, why_stopped,
    value_minor, weight_mg, currency, unknown_tags, started_us, ended_us, business_day, approved_by)
VALUES (:count, :place, '[]', 'approved', :expected, 0, :found, :p_complete, 0.0, '', 0, 0, '', 0, :at_us, :at_us,
    :business_day, :approved_by)
ON CONFLICT (count) DO UPDATE SET state = 'approved', business_day = excluded.business_day,
    approved_by = excluded.approved_by;

-- name: count_abandon
UPDATE count SET state = 'abandoned', why_stopped = :why, ended_us = :ended_us WHERE count = :count;

-- name: count_look_add
INSERT OR REPLACE INTO count_look VALUES (:count, :number, :zones, :rounds, :expected, :found, :p_complete,
    :why_stopped, :verdicts, :ended_us);

-- name: count_looks
SELECT * FROM count_look WHERE count = :count ORDER BY number;

-- name: verdicts_clear
DELETE FROM count_verdict WHERE count = :count;

-- name: verdict_set
INSERT OR REPLACE INTO count_verdict VALUES (:count, :piece, :verdict, :zone, :p_present, :note, :at_us, :rounds, :by);

-- name: verdict_tally
SELECT verdict, count(*) AS pieces, sum(p_present) AS hoped, max(CASE by WHEN '' THEN 0 ELSE at_us END) AS answered_us
FROM count_verdict WHERE count = :count GROUP BY verdict ORDER BY verdict;

-- name: verdicts_missing
SELECT piece, verdict, zone, p_present, note, at_us, rounds, by FROM count_verdict
WHERE count = :count AND verdict = 'missing';

-- name: verdicts_first
SELECT v.piece, v.verdict, v.zone, v.p_present, v.note, v.at_us, v.rounds, v.by
FROM count_verdict v LEFT JOIN seek s ON s.piece = v.piece
WHERE v.count = :count AND (:only = '' OR v.verdict = :only)
ORDER BY v.verdict NOT IN ('missing', 'check_by_hand', 'duplicate'), coalesce(s.price, 0) DESC, v.piece LIMIT :most;

-- name: verdicts
SELECT piece, verdict, zone, p_present, note, at_us, rounds, by FROM count_verdict WHERE count = :count ORDER BY piece;

-- name: count_missed_add
INSERT OR REPLACE INTO count_missed VALUES (:schedule, :place, :due_us, :why, :more, :at_us);

-- name: counts_missed_newest
SELECT schedule, place, due_us, why, more, at_us FROM count_missed ORDER BY due_us DESC, schedule LIMIT :limit;

-- name: counts_due_last
SELECT schedule, MAX(due_us) AS due_us FROM (
    SELECT why AS schedule, due_us FROM count WHERE due_us > 0 UNION ALL SELECT schedule, due_us FROM count_missed
) GROUP BY schedule;

-- name: count_request_add
INSERT OR IGNORE INTO count_request VALUES (:count, :place, :zones, :at_us, 0);

-- name: count_request_take
UPDATE count_request SET taken = 1 WHERE count = :count;

-- name: count_requests
SELECT count, place, zones, at_us, taken FROM count_request WHERE taken = 0 ORDER BY at_us, count;
