-- Readers: how they stand, which devices they are, and when they did not read.

-- name: upgrade_5
ALTER TABLE reader_health ADD COLUMN serial TEXT NOT NULL DEFAULT '';
ALTER TABLE reader_health ADD COLUMN dark_since_us INTEGER NOT NULL DEFAULT 0;
CREATE TABLE reader_change (
    reader TEXT NOT NULL, at_us INTEGER NOT NULL, was_model TEXT NOT NULL, was_firmware TEXT NOT NULL,
    was_serial TEXT NOT NULL, model TEXT NOT NULL, firmware TEXT NOT NULL, serial TEXT NOT NULL,
    PRIMARY KEY (reader, at_us)
) STRICT, WITHOUT ROWID;
CREATE TABLE coverage_gap (
    reader TEXT NOT NULL, from_us INTEGER NOT NULL, until_us INTEGER NOT NULL, why TEXT NOT NULL,
    PRIMARY KEY (reader, from_us)
) STRICT, WITHOUT ROWID;
CREATE INDEX coverage_gap_until ON coverage_gap (until_us);

-- name: reader_set
INSERT INTO reader_health (reader, link, why, model, firmware, serial, since_us, dark_since_us)
VALUES (:reader, :link, :why, :model, :firmware, :serial, :since_us, :dark_since_us)
ON CONFLICT (reader) DO UPDATE SET link = excluded.link, why = excluded.why, model = excluded.model,
    firmware = excluded.firmware, serial = excluded.serial, since_us = excluded.since_us,
    dark_since_us = excluded.dark_since_us;

-- name: readers
SELECT reader, link, why, model, firmware, serial, since_us, dark_since_us FROM reader_health ORDER BY reader;

-- name: reader_change_add
INSERT OR REPLACE INTO reader_change
VALUES (:reader, :at_us, :was_model, :was_firmware, :was_serial, :model, :firmware, :serial);

-- name: reader_change_bound
DELETE FROM reader_change WHERE reader = :reader AND at_us < (
    SELECT at_us FROM reader_change WHERE reader = :reader ORDER BY at_us DESC LIMIT 1 OFFSET :keep - 1
);

-- name: reader_changes_last
SELECT reader, max(at_us) AS at_us, was_model, was_firmware, was_serial, model, firmware, serial
FROM reader_change GROUP BY reader ORDER BY reader;

-- name: gap_add
INSERT OR REPLACE INTO coverage_gap VALUES (:reader, :from_us, :until_us, :why);

-- name: gap_bound
DELETE FROM coverage_gap WHERE until_us < (
    SELECT until_us FROM coverage_gap ORDER BY until_us DESC LIMIT 1 OFFSET :keep - 1
);

-- name: gaps_newest
SELECT reader, from_us, until_us, why FROM coverage_gap ORDER BY until_us DESC, reader LIMIT :limit;

-- name: gaps_at
SELECT reader, from_us, until_us, why FROM coverage_gap WHERE from_us <= :at_us AND until_us >= :at_us ORDER BY reader;
