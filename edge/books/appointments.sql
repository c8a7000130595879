-- Appointments: the whole of each as one body, and beside it whether it is over.

-- name: upgrade_26
CREATE TABLE appointment (
    appointment TEXT PRIMARY KEY, state TEXT NOT NULL, ended INTEGER NOT NULL, changed_us INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX appointment_open ON appointment (changed_us) WHERE NOT ended;

-- name: appointment
SELECT body FROM appointment WHERE appointment = :appointment;

-- name: appointments_open
SELECT body FROM appointment WHERE NOT ended ORDER BY changed_us;

-- name: appointment_set
INSERT OR REPLACE INTO appointment VALUES (:appointment, :state, :ended, :changed_us, :body);
