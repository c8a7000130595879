-- name: schema
CREATE TABLE IF NOT EXISTS person (person TEXT PRIMARY KEY, key BLOB NOT NULL, card BLOB NOT NULL,
  changed_us INTEGER NOT NULL, pass INTEGER NOT NULL DEFAULT 0, ours INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS word (word TEXT, person TEXT, PRIMARY KEY (word, person)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS word_person ON word (person);
CREATE TABLE IF NOT EXISTS also (other TEXT PRIMARY KEY, person TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS joined (person TEXT PRIMARY KEY, key BLOB NOT NULL, changed_us INTEGER NOT NULL,
  ours INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS edit (person TEXT, at_us INTEGER, n INTEGER, sealed BLOB NOT NULL, consent INTEGER NOT NULL,
  PRIMARY KEY (person, at_us, n)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS forgotten (person TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY, epoch TEXT NOT NULL, upto_us INTEGER NOT NULL,
  heard_us INTEGER NOT NULL, whole_us INTEGER NOT NULL, pass INTEGER NOT NULL);
INSERT OR IGNORE INTO state VALUES (1, '', 0, 0, 0, 0);

-- name: has_source
SELECT count(*) AS value FROM pragma_table_info('edit') WHERE name = 'source';

-- name: add_source
ALTER TABLE edit ADD COLUMN source TEXT NOT NULL DEFAULT '';

-- name: index_source
CREATE INDEX IF NOT EXISTS edit_source ON edit (source) WHERE source <> '';

-- name: state
SELECT epoch, upto_us, heard_us, whole_us, pass FROM state;

-- name: set_epoch
UPDATE state SET epoch = :epoch;

-- name: set_upto
UPDATE state SET upto_us = :upto_us, heard_us = :heard_us;

-- name: begin_pass
UPDATE state SET pass = pass + 1;

-- name: end_pass
UPDATE state SET whole_us = :whole_us;

-- name: is_forgotten
SELECT 1 AS value FROM forgotten WHERE person = :person;

-- name: put
INSERT INTO person (person, key, card, changed_us, pass, ours) VALUES (:person, :key, :card, :changed_us, :pass, :ours)
ON CONFLICT (person) DO UPDATE SET key = excluded.key, card = excluded.card, changed_us = excluded.changed_us,
  pass = excluded.pass, ours = excluded.ours;

-- name: still
UPDATE person SET pass = :pass WHERE person = :person AND changed_us >= :changed_us;

-- name: put_word
INSERT OR IGNORE INTO word (word, person) VALUES (:word, :person);

-- name: put_also
INSERT OR REPLACE INTO also (other, person) VALUES (:other, :person);

-- name: put_edit
INSERT INTO edit (person, at_us, n, sealed, consent, source)
VALUES (:person, :at_us, (SELECT coalesce(max(n), -1) + 1 FROM edit WHERE person = :person AND at_us = :at_us), :sealed,
  :consent, :source);

-- name: settle_edits
DELETE FROM edit WHERE person = :person AND at_us <= :heard_us AND consent = 0
AND (source = '' OR source IN (SELECT value FROM json_each(:others)));

-- name: edits
SELECT sealed FROM edit WHERE person = :person
AND (source = '' OR source IN (SELECT value FROM json_each(:others))) ORDER BY at_us, n;

-- name: edits_to_hand
SELECT e.person, e.at_us, e.n, e.sealed, e.consent, e.source, p.key FROM edit e JOIN person p ON p.person = e.person
WHERE e.person IN (SELECT value FROM json_each(:ids))
OR (e.source <> '' AND e.source IN (SELECT value FROM json_each(:ids)))
ORDER BY e.at_us, e.n;

-- name: drop_edit
DELETE FROM edit WHERE person = :person AND at_us = :at_us AND n = :n;

-- name: drop_words
DELETE FROM word WHERE person = :person;

-- name: drop_also
DELETE FROM also WHERE person = :person;

-- name: drop_other
DELETE FROM also WHERE other = :person;

-- name: drop_edits
DELETE FROM edit WHERE person = :person;

-- name: drop
DELETE FROM person WHERE person = :person;

-- name: keep_key
INSERT OR REPLACE INTO joined (person, key, changed_us, ours)
SELECT person, key, changed_us, ours FROM person WHERE person = :person AND ours <> 0;

-- name: drop_key
DELETE FROM joined WHERE person = :person;

-- name: drop_keys_of_forgotten
DELETE FROM joined WHERE person IN (SELECT person FROM forgotten);

-- name: forget
INSERT OR IGNORE INTO forgotten (person) VALUES (:person);

-- name: of_other_passes
SELECT person FROM person WHERE pass <> :pass AND ours = 0 LIMIT :most;

-- name: one
SELECT person, key, card, changed_us FROM person
WHERE person = coalesce((SELECT person FROM also WHERE other = :person), :person);

-- name: ours
SELECT person, key FROM (
  SELECT person, key, changed_us FROM person WHERE ours = 1
  UNION ALL SELECT person, key, changed_us FROM joined WHERE ours = 1)
ORDER BY changed_us LIMIT :most;

-- name: any_ours
SELECT EXISTS (SELECT 1 FROM person WHERE ours = 1) AS value;

-- name: is_ours
SELECT 1 AS value FROM person WHERE person = :person AND ours = 1;

-- name: brought
UPDATE person SET ours = 2 WHERE person = :person AND ours = 1;

-- name: brought_joined
UPDATE joined SET ours = 2 WHERE person = :person AND ours = 1;

-- name: bring_again
UPDATE person SET ours = 1 WHERE ours = 2;

-- name: bring_again_joined
UPDATE joined SET ours = 1 WHERE ours = 2;

-- name: settled
UPDATE person SET ours = 0 WHERE ours = 2 AND changed_us < :before_us;

-- name: settled_joined
DELETE FROM joined WHERE ours = 2 AND changed_us < :before_us;

-- name: made_here
SELECT key FROM person WHERE person = :person AND ours <> 0
UNION ALL SELECT key FROM joined WHERE person = :person;

-- name: count
SELECT count(*) AS value FROM person;

-- name: matching
SELECT w.person AS value FROM word w WHERE w.word IN (SELECT value FROM json_each(:first))
AND NOT EXISTS (
  SELECT 1 FROM json_each(:others) AS part
  WHERE NOT EXISTS (
    SELECT 1 FROM json_each(part.value) AS one JOIN word o ON o.word = one.value AND o.person = w.person))
GROUP BY w.person LIMIT :most;

-- name: rarity
SELECT count(*) AS value FROM (SELECT 1 FROM word WHERE word IN (SELECT value FROM json_each(:words)) LIMIT :most);
