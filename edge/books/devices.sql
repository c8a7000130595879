-- Tills, phones and walls that have a key of their own, and the one-time tokens by which one is enrolled. Like PINs they stay on this box.

-- name: upgrade_27
CREATE TABLE device (
    device TEXT PRIMARY KEY, name TEXT NOT NULL, till TEXT NOT NULL, public_key BLOB NOT NULL, "by" TEXT NOT NULL,
    since_us INTEGER NOT NULL, key_us INTEGER NOT NULL, ended_us INTEGER NOT NULL, ended_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE device_token (
    token BLOB PRIMARY KEY, name TEXT NOT NULL, till TEXT NOT NULL, "by" TEXT NOT NULL, until_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE login ADD COLUMN device TEXT NOT NULL DEFAULT '';

-- name: device
SELECT device, name, till, public_key, "by", since_us, key_us, ended_us, ended_by FROM device WHERE device = :device;

-- name: devices
SELECT device, name, till, public_key, "by", since_us, key_us, ended_us, ended_by FROM device
ORDER BY ended_us, till = '', till, name;

-- name: devices_live
SELECT COUNT(*) AS value FROM device WHERE ended_us = 0;

-- name: device_add
INSERT INTO device VALUES (:device, :name, :till, :public_key, :by, :since_us, :since_us, 0, '');

-- name: device_key
UPDATE device SET public_key = :public_key, key_us = :key_us
WHERE device = :device AND public_key = :before AND ended_us = 0;

-- name: device_end
UPDATE device SET ended_us = :ended_us, ended_by = :by WHERE device = :device AND ended_us = 0;

-- name: device_forget
DELETE FROM device WHERE ended_us > 0 AND ended_us < :before_us;

-- name: device_token_add
INSERT INTO device_token VALUES (:token, :name, :till, :by, :until_us);

-- name: device_token
SELECT name, till, "by", until_us FROM device_token WHERE token = :token AND until_us > :now_us;

-- name: device_token_drop
DELETE FROM device_token WHERE token = :token OR until_us <= :now_us;
