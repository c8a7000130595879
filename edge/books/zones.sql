-- name: upgrade_9
CREATE TABLE zone_calibration (
    version INTEGER PRIMARY KEY, points TEXT NOT NULL, model TEXT NOT NULL, temperature REAL NOT NULL,
    accuracy REAL NOT NULL, tray_accuracy REAL NOT NULL, tray_temperature REAL NOT NULL, zones TEXT NOT NULL, antennas TEXT NOT NULL,
    confusion TEXT NOT NULL, put_back INTEGER NOT NULL, "by" TEXT NOT NULL, at_us INTEGER NOT NULL
) STRICT;

-- name: zones_calibrated
INSERT OR IGNORE INTO zone_calibration VALUES (:version, :points, :model, :temperature, :accuracy, :tray_accuracy,
    :tray_temperature, :zones, :antennas, :confusion, :put_back, :by, :at_us);

-- name: zone_calibrations
SELECT * FROM zone_calibration ORDER BY version DESC LIMIT :limit;

-- name: evidence_drop
DELETE FROM evidence WHERE name = :name;
