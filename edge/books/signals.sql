-- name: upgrade_6
CREATE TABLE signal (
    reader TEXT NOT NULL, way TEXT NOT NULL, port INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    zone TEXT NOT NULL, is_on INTEGER NOT NULL, why TEXT NOT NULL, "by" TEXT NOT NULL, since_us INTEGER NOT NULL,
    PRIMARY KEY (reader, way, port)
) STRICT, WITHOUT ROWID;

-- name: signal_set
INSERT INTO signal VALUES (:reader, :way, :port, :name, :kind, :zone, :is_on, :why, :by, :since_us)
ON CONFLICT (reader, way, port) DO UPDATE SET name = excluded.name, kind = excluded.kind, zone = excluded.zone,
    is_on = excluded.is_on, why = excluded.why, "by" = excluded."by", since_us = excluded.since_us;

-- name: signals
SELECT reader, way, port, name, kind, zone, is_on, why, "by", since_us FROM signal ORDER BY reader, way, port;
