-- Clients' orders: the whole order as one body, and beside it what is asked for.

-- name: upgrade_22
CREATE TABLE client_order (
    "order" TEXT PRIMARY KEY, number TEXT NOT NULL, kind TEXT NOT NULL, ordinal INTEGER NOT NULL, client TEXT NOT NULL, state TEXT NOT NULL,
    promised_day TEXT NOT NULL, ended INTEGER NOT NULL, changed_us INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX client_order_number ON client_order (number);
CREATE INDEX client_order_ordinal ON client_order (kind, ordinal);
CREATE INDEX client_order_client ON client_order (client);
CREATE INDEX client_order_open ON client_order (promised_day) WHERE NOT ended;
CREATE TABLE client_order_thing (
    thing TEXT NOT NULL, "order" TEXT NOT NULL, own INTEGER NOT NULL, PRIMARY KEY (thing, "order")
) STRICT, WITHOUT ROWID;

-- name: client_order
SELECT body FROM client_order WHERE "order" = :order;

-- name: client_orders_numbered
SELECT body FROM client_order WHERE number = :number OR (number LIKE '%/%' AND substr(number, 1, length(:number) + 1) = :number || '/')
ORDER BY number, "order" LIMIT :limit;

-- name: client_order_last
SELECT COALESCE(MAX(ordinal), 0) AS value FROM client_order WHERE kind = :kind;

-- name: client_orders_open
SELECT body FROM client_order WHERE NOT ended ORDER BY promised_day = '', promised_day, "order" LIMIT :limit;

-- name: client_memos_due
SELECT body FROM client_order WHERE NOT ended AND promised_day <> '' AND promised_day <= :day AND kind = 'memo'
ORDER BY promised_day, "order" LIMIT :limit;

-- name: client_orders_ended
SELECT body FROM client_order WHERE ended ORDER BY changed_us DESC, "order" LIMIT :limit;

-- name: client_orders_of
SELECT body FROM client_order WHERE client = :client ORDER BY changed_us DESC, "order" LIMIT :limit;

-- name: client_order_with
SELECT client_order.body FROM client_order JOIN client_order_thing USING ("order")
WHERE thing = :thing ORDER BY ended, changed_us DESC LIMIT 1;

-- name: client_order_set
INSERT OR REPLACE INTO client_order
VALUES (:order, :number, :kind, :ordinal, :client, :state, :promised_day, :ended, :changed_us, :body);

-- name: client_order_thing_set
INSERT OR REPLACE INTO client_order_thing VALUES (:thing, :order, :own);

-- name: client_things
SELECT DISTINCT thing AS value FROM client_order_thing WHERE own = :own ORDER BY thing;

-- name: things_with_tag
SELECT name AS value FROM feed_row WHERE kind = 'piece' AND epc = :epc AND epc <> ''
UNION SELECT piece AS value FROM tag_binding WHERE tid = :tid AND tid <> '' AND to_us = 0;

-- name: thing_card_drop
DELETE FROM feed_row WHERE kind = 'piece' AND name = :piece AND rev = 0;

-- name: thing_given
SELECT COUNT(*) AS value FROM client_order_thing WHERE thing = :thing AND own = -1;
