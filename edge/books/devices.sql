-- Tills, phones and walls that have a key of their own, and the one-time tokens by which one is enrolled. The tokens stay on this box, as
-- PINs do; each device is also in the journal (`device.noted`), by which the next box of the store knows it.

-- name: upgrade_27
CREATE TABLE device (
    device TEXT PRIMARY KEY, name TEXT NOT NULL, till TEXT NOT NULL, public_key BLOB NOT NULL, "by" TEXT NOT NULL,
    since_us INTEGER NOT NULL, key_us INTEGER NOT NULL, ended_us INTEGER NOT NULL, ended_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE device_token (
    token BLOB PRIMARY KEY, name TEXT NOT NULL, till TEXT NOT NULL, "by" TEXT NOT NULL, until_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE login ADD COLUMN device TEXT NOT NULL DEFAULT '';

-- name: upgrade_28
ALTER TABLE device ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;

-- name: device_noted
-- Of a device that is here already, what came later stands: its end, and the key it has had since last.
INSERT INTO device VALUES (:device, :name, :till, :public_key, :by, :since_us, :key_us, :ended_us, :ended_by, 1)
ON CONFLICT (device) DO UPDATE SET
    public_key = iif(excluded.key_us > key_us, excluded.public_key, public_key),
    key_us = max(key_us, excluded.key_us),
    ended_us = iif(ended_us > 0, ended_us, excluded.ended_us),
    ended_by = iif(ended_us > 0, ended_by, excluded.ended_by),
    noted = excluded.key_us >= key_us AND (ended_us = 0 OR excluded.ended_us > 0);

-- name: devices_unsaid
SELECT device, name, till, public_key, "by", since_us, key_us, ended_us, ended_by FROM device
WHERE noted = 0 ORDER BY since_us, device;

-- name: device
SELECT device, name, till, public_key, "by", since_us, key_us, ended_us, ended_by FROM device WHERE device = :device;

-- name: devices
SELECT device, name, till, public_key, "by", since_us, key_us, ended_us, ended_by FROM device
ORDER BY ended_us, till = '', till, name;

-- name: devices_live
SELECT COUNT(*) AS value FROM device WHERE ended_us = 0;

-- name: device_add
INSERT INTO device VALUES (:device, :name, :till, :public_key, :by, :since_us, :since_us, 0, '', 0);

-- name: device_key
UPDATE device SET public_key = :public_key, key_us = max(key_us + 1, :key_us), noted = 0
WHERE device = :device AND public_key = :before AND ended_us = 0;

-- name: device_end
UPDATE device SET ended_us = :ended_us, ended_by = :by, noted = 0 WHERE device = :device AND ended_us = 0;

-- name: device_forget
DELETE FROM device WHERE ended_us > 0 AND ended_us < :before_us;

-- name: device_token_add
INSERT INTO device_token VALUES (:token, :name, :till, :by, :until_us);

-- name: device_token
SELECT name, till, "by", until_us FROM device_token WHERE token = :token AND until_us > :now_us;

-- name: device_token_drop
DELETE FROM device_token WHERE token = :token OR until_us <= :now_us;
