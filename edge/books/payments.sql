-- name: upgrade_11
CREATE TABLE payment (
    payment TEXT PRIMARY KEY, sale TEXT NOT NULL, till TEXT NOT NULL, terminal TEXT NOT NULL, state TEXT NOT NULL,
    amount_minor INTEGER NOT NULL, captured_minor INTEGER NOT NULL, currency TEXT NOT NULL,
    offline_minor_max INTEGER NOT NULL, given_up TEXT NOT NULL, brand TEXT NOT NULL, last4 TEXT NOT NULL,
    auth_code TEXT NOT NULL, reference TEXT NOT NULL, stored_offline INTEGER NOT NULL, why TEXT NOT NULL,
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_sale ON payment (sale);
CREATE INDEX payment_unanswered ON payment (terminal) WHERE state IN ('requested', 'in_doubt', 'returning');
ALTER TABLE tender ADD COLUMN payment TEXT NOT NULL DEFAULT '';

-- name: payment
SELECT * FROM payment WHERE payment = :payment;

-- name: payments_of
SELECT * FROM payment WHERE sale = :sale ORDER BY payment;

-- name: payments_at
SELECT * FROM payment WHERE terminal = :terminal AND state IN ('requested', 'in_doubt', 'returning') ORDER BY payment;

-- name: payment_set
INSERT OR REPLACE INTO payment VALUES (:payment, :sale, :till, :terminal, :state, :amount_minor, :captured_minor,
    :currency, :offline_minor_max, :given_up, :brand, :last4, :auth_code, :reference, :stored_offline, :why, :at_us);
