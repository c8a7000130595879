-- name: schema
CREATE TABLE IF NOT EXISTS remark_key (key_id TEXT PRIMARY KEY, person TEXT NOT NULL, key BLOB NOT NULL,
  ours INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS remark_key_person ON remark_key (person);
CREATE TABLE IF NOT EXISTS forgotten (person TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY, upto_us INTEGER NOT NULL, upto TEXT NOT NULL);
INSERT OR IGNORE INTO state VALUES (1, 0, '');

-- name: state
SELECT upto_us, upto FROM state;

-- name: set_upto
UPDATE state SET upto_us = :upto_us, upto = :upto;

-- name: of_person
SELECT key_id, key FROM remark_key WHERE person = :person AND length(key) > 0 ORDER BY key_id LIMIT 1;

-- name: one
SELECT person, key FROM remark_key WHERE key_id = :key_id;

-- name: any
SELECT person, key FROM remark_key WHERE length(key) > 0 LIMIT 1;

-- name: drop_readable
DELETE FROM remark_key WHERE length(key) > 0;

-- name: put
INSERT INTO remark_key (key_id, person, key, ours) VALUES (:key_id, :person, :key, :ours)
ON CONFLICT (key_id) DO UPDATE SET key = excluded.key WHERE length(excluded.key) = 0;

-- name: ours
SELECT key_id, person, key FROM remark_key WHERE ours = 1 AND length(key) > 0 AND key_id > :after
ORDER BY key_id LIMIT :most;

-- name: brought
UPDATE remark_key SET ours = 2 WHERE key_id = :key_id AND ours = 1;

-- name: bring_again
UPDATE remark_key SET ours = 1 WHERE ours = 2;

-- name: is_forgotten
SELECT 1 AS value FROM forgotten WHERE person = :person;

-- name: forget
INSERT OR IGNORE INTO forgotten (person) VALUES (:person);

-- name: drop
UPDATE remark_key SET key = x'', ours = 0 WHERE person = :person;
