-- name: upgrade_18
CREATE TABLE seek (
    n INTEGER PRIMARY KEY, piece TEXT NOT NULL UNIQUE, home_zone TEXT NOT NULL, whole TEXT NOT NULL,
    price INTEGER NOT NULL, carat INTEGER NOT NULL, weight INTEGER NOT NULL, fineness INTEGER NOT NULL,
    category TEXT NOT NULL, metal TEXT NOT NULL, stone TEXT NOT NULL, collection TEXT NOT NULL, designer TEXT NOT NULL, condition TEXT NOT NULL, ownership TEXT NOT NULL, zone TEXT NOT NULL, tray TEXT NOT NULL,
    words TEXT NOT NULL
) STRICT;
CREATE INDEX seek_whole ON seek (whole);
CREATE TABLE seek_key (
    "key" TEXT NOT NULL, piece TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY ("key", piece)
) STRICT, WITHOUT ROWID;
CREATE INDEX seek_key_piece ON seek_key (piece);
CREATE TABLE seek_term (
    n INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, number INTEGER, PRIMARY KEY (n, name)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE seek_fts USING fts5(words, content='seek', content_rowid='n', tokenize='trigram');
CREATE TRIGGER seek_added AFTER INSERT ON seek
BEGIN INSERT INTO seek_fts(rowid, words) VALUES (NEW.n, NEW.words); END;
CREATE TRIGGER seek_changed AFTER UPDATE OF words ON seek WHEN OLD.words <> NEW.words
BEGIN
    INSERT INTO seek_fts(seek_fts, rowid, words) VALUES ('delete', OLD.n, OLD.words);
    INSERT INTO seek_fts(rowid, words) VALUES (NEW.n, NEW.words);
END;
CREATE TRIGGER seek_gone AFTER DELETE ON seek
BEGIN INSERT INTO seek_fts(seek_fts, rowid, words) VALUES ('delete', OLD.n, OLD.words); END;

-- name: upgrade_24
CREATE INDEX seek_term_name ON seek_term (name, number, n);

-- name: seek_set
INSERT INTO seek (piece, home_zone, whole, price, carat, weight, fineness, category, metal, stone, collection, designer, condition, ownership, zone, tray, words)
VALUES (:piece, :home_zone, :whole, :price, :carat, :weight, :fineness, :category, :metal, :stone, :collection, :designer, :condition, :ownership, :zone, :tray, :words)
ON CONFLICT (piece) DO UPDATE SET home_zone = excluded.home_zone, whole = excluded.whole, price = excluded.price, carat = excluded.carat, weight = excluded.weight, fineness = excluded.fineness, category = excluded.category, metal = excluded.metal, stone = excluded.stone, collection = excluded.collection, designer = excluded.designer, condition = excluded.condition, ownership = excluded.ownership, zone = excluded.zone, tray = excluded.tray, words = excluded.words
RETURNING n AS value;

-- name: seek_number
SELECT n AS value FROM seek WHERE piece = :piece;

-- name: seek_set_of
SELECT piece AS value FROM seek WHERE whole = (SELECT whole FROM seek WHERE piece = :piece) ORDER BY piece;

-- name: seek_drop
DELETE FROM seek WHERE piece = :piece;

-- name: seek_keys_drop
DELETE FROM seek_key WHERE piece = :piece;

-- name: seek_terms_drop
DELETE FROM seek_term WHERE n = :n;

-- name: seek_key_add
INSERT OR IGNORE INTO seek_key VALUES (:key, :piece, :kind);

-- name: seek_term_add
INSERT OR IGNORE INTO seek_term VALUES (:n, :name, :text, :number);

-- name: seek_unseeded
SELECT body FROM feed_row WHERE kind = 'piece' AND name NOT IN (SELECT piece FROM seek) ORDER BY name, rev;

-- name: seek_exact
SELECT piece AS value FROM seek_key WHERE "key" = :key ORDER BY piece LIMIT :limit;

-- name: seek_near
SELECT piece AS value FROM seek_key WHERE "key" BETWEEN :key AND :high ORDER BY "key", piece LIMIT :limit;

-- name: seek_filter
(:home = '' OR s.home_zone = :home) AND (:part = '' OR instr(s.words, :part) > 0)
    AND (:price_low IS NULL OR s.price >= :price_low) AND (:price_high IS NULL OR s.price <= :price_high)
    AND (:carat_low IS NULL OR s.carat >= :carat_low) AND (:carat_high IS NULL OR s.carat <= :carat_high)
    AND (:weight_low IS NULL OR s.weight >= :weight_low) AND (:weight_high IS NULL OR s.weight <= :weight_high)
    AND (:fineness_low IS NULL OR s.fineness >= :fineness_low) AND (:fineness_high IS NULL OR s.fineness <= :fineness_high)
    AND (:category = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(:category) a WHERE instr(s.category, a.value) = 0))
    AND (:metal = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(:metal) a WHERE instr(s.metal, a.value) = 0))
    AND (:stone = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(:stone) a WHERE instr(s.stone, a.value) = 0))
    AND (:collection = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(:collection) a WHERE instr(s.collection, a.value) = 0))
    AND (:designer = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(:designer) a WHERE instr(s.designer, a.value) = 0))
    AND (:condition = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(:condition) a WHERE instr(s.condition, a.value) = 0))
    AND (:ownership = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(:ownership) a WHERE instr(s.ownership, a.value) = 0))
    AND (:zone = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(:zone) a WHERE instr(s.zone, a.value) = 0))
    AND (:tray = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(:tray) a WHERE instr(s.tray, a.value) = 0))
    AND (:short = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(:short) a WHERE instr(s.words, a.value) = 0))
    AND (:keys = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(:keys) a WHERE NOT EXISTS (
        SELECT 1 FROM seek_key k WHERE k.piece = s.piece AND k.kind = a.value ->> 'kind'
            AND k."key" BETWEEN a.value ->> 'low' AND a.value ->> 'high')))
    AND (:terms = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(:terms) a WHERE NOT EXISTS (
        SELECT 1 FROM seek_term t WHERE t.n = s.n AND t.name = a.value ->> 'name'
            AND (a.value ->> 'low' IS NULL OR t.number >= a.value ->> 'low')
            AND (a.value ->> 'high' IS NULL OR t.number <= a.value ->> 'high')
            AND (a.value ->> 'text' IS NULL OR instr(t.text, a.value ->> 'text') > 0))))

-- name: seek_words
SELECT s.piece AS value FROM seek_fts f JOIN seek s ON s.n = f.rowid
WHERE f.seek_fts MATCH :match AND /* part: seek_filter */
ORDER BY f.rowid LIMIT :limit;

-- name: seek_numbered
SELECT s.piece AS value FROM seek s
WHERE s.n IN (SELECT l.n FROM seek_term l WHERE l.name = :lead AND l.number BETWEEN :lead_low AND :lead_high)
    AND /* part: seek_filter */
ORDER BY s.n LIMIT :limit;

-- name: seek_told
SELECT s.piece AS value FROM seek s
WHERE s.n IN (SELECT l.n FROM seek_term l WHERE l.name = :lead AND instr(l.text, :lead_text) > 0)
    AND /* part: seek_filter */
ORDER BY s.n LIMIT :limit;

-- name: seek_all
SELECT s.piece AS value FROM seek s
WHERE /* part: seek_filter */
ORDER BY s.n LIMIT :limit;

-- name: seek_grams_open
CREATE VIRTUAL TABLE IF NOT EXISTS temp.seek_gram USING fts5vocab(main, seek_fts, instance);

-- name: seek_grams
WITH RECURSIVE found (gram) AS (
    SELECT (SELECT term FROM seek_gram WHERE term >= :begins AND term < :begins || char(1114111) LIMIT 1)
    UNION ALL
    SELECT (SELECT term FROM seek_gram
        WHERE term > substr(gram, 1, :length) || char(1114111) AND term < :begins || char(1114111) LIMIT 1)
    FROM found WHERE gram IS NOT NULL)
SELECT substr(gram, 1, :length) AS value FROM found WHERE gram IS NOT NULL;

-- name: seek_early
SELECT count(*) AS value FROM (SELECT words FROM seek ORDER BY n LIMIT :early) WHERE instr(words, :part) > 0;
