-- name: schema
CREATE TABLE node (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    store TEXT NOT NULL, instance TEXT NOT NULL, term INTEGER NOT NULL, epoch TEXT NOT NULL, mode TEXT NOT NULL,
    why TEXT NOT NULL, cloud_epoch INTEGER NOT NULL, down_upto INTEGER NOT NULL,
    last_us INTEGER NOT NULL, feed_rev INTEGER NOT NULL
) STRICT;
CREATE TABLE counter (
    epoch TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, head BLOB NOT NULL, upto INTEGER NOT NULL,
    safe INTEGER NOT NULL, PRIMARY KEY (epoch, stream)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (
    epoch TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, at_us INTEGER NOT NULL, "by" TEXT NOT NULL,
    why TEXT NOT NULL, body BLOB NOT NULL, leaf BLOB NOT NULL, head BLOB NOT NULL, PRIMARY KEY (epoch, stream, seq)
) STRICT;
CREATE TRIGGER journal_is_not_rewritten BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_not_cut BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE INDEX journal_at ON journal (at_us);
CREATE TABLE snapshot (epoch TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE orphan (
    epoch TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, leaf BLOB NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (epoch, stream, seq, leaf)
) STRICT;
CREATE TABLE fetched (
    epoch TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (epoch, stream, seq)
) STRICT;
CREATE TABLE down_log (
    cloud_epoch INTEGER NOT NULL, seq INTEGER NOT NULL, at_us INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (cloud_epoch, seq)
) STRICT;
CREATE TABLE custody (
    piece TEXT PRIMARY KEY, ce INTEGER NOT NULL, state TEXT NOT NULL, fence INTEGER NOT NULL, sale TEXT NOT NULL,
    transfer TEXT NOT NULL, source TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX custody_state ON custody (state);
CREATE TABLE claim (
    claim TEXT PRIMARY KEY, piece TEXT NOT NULL, ce INTEGER NOT NULL, kind TEXT NOT NULL, ref TEXT NOT NULL,
    fence INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('held', 'converted', 'released', 'broken')),
    since_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_ref ON claim (ref) WHERE state = 'held';
CREATE TABLE lease_answer ("order" TEXT PRIMARY KEY, piece TEXT NOT NULL, fence INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE hold (piece TEXT PRIMARY KEY, sale TEXT NOT NULL, confirmed INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE returned_line (
    line TEXT PRIMARY KEY, sale TEXT NOT NULL, piece TEXT NOT NULL, at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX returned_sale ON returned_line (sale);
CREATE TABLE sighting (
    piece TEXT PRIMARY KEY, zone TEXT NOT NULL, at_us INTEGER NOT NULL, return_of TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE shipped (
    transfer TEXT NOT NULL, piece TEXT NOT NULL, to_store TEXT NOT NULL, at_us INTEGER NOT NULL,
    PRIMARY KEY (transfer, piece)
) STRICT, WITHOUT ROWID;
CREATE TABLE sale (
    sale TEXT PRIMARY KEY, till TEXT NOT NULL, associate TEXT NOT NULL, currency TEXT NOT NULL, state TEXT NOT NULL,
    opened_us INTEGER NOT NULL, shift TEXT NOT NULL, receipt_number INTEGER NOT NULL, business_day TEXT NOT NULL,
    total_minor INTEGER NOT NULL, tax_minor INTEGER NOT NULL, client TEXT NOT NULL, pad_verdict TEXT NOT NULL,
    recorded_us INTEGER NOT NULL, trade_seq INTEGER NOT NULL, epoch TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sale_state ON sale (state, recorded_us);
CREATE UNIQUE INDEX receipt_once ON sale (epoch, till, receipt_number) WHERE receipt_number > 0;
CREATE TABLE sale_line (
    sale TEXT NOT NULL, line TEXT NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL, description TEXT NOT NULL,
    list_price_minor INTEGER NOT NULL, gross_minor INTEGER NOT NULL, tax_bp INTEGER NOT NULL,
    tax_minor INTEGER NOT NULL, piece TEXT, ce INTEGER NOT NULL, claim TEXT, quantity_milli INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL, feed_rev INTEGER NOT NULL, PRIMARY KEY (sale, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX sale_line_piece ON sale_line (piece) WHERE piece IS NOT NULL;
CREATE TABLE tender (
    receipt TEXT NOT NULL, position INTEGER NOT NULL, sale TEXT NOT NULL, kind TEXT NOT NULL,
    amount_minor INTEGER NOT NULL, change_minor INTEGER NOT NULL, reference TEXT NOT NULL,
    PRIMARY KEY (receipt, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE till_counter (
    till TEXT NOT NULL, series TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (till, series)
) STRICT, WITHOUT ROWID;
CREATE TABLE shift (
    shift TEXT PRIMARY KEY, till TEXT NOT NULL, business_day TEXT NOT NULL, currency TEXT NOT NULL,
    float_minor INTEGER NOT NULL, state TEXT NOT NULL, sales INTEGER NOT NULL, returns INTEGER NOT NULL,
    gross_minor INTEGER NOT NULL, tax_minor INTEGER NOT NULL, cash_minor INTEGER NOT NULL, z_number INTEGER NOT NULL,
    cash_counted_minor INTEGER NOT NULL, opened_us INTEGER NOT NULL, closed_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX shift_open_once ON shift (till) WHERE state = 'open';
CREATE TABLE presence (
    piece TEXT PRIMARY KEY, state TEXT NOT NULL, zone TEXT NOT NULL, since_us INTEGER NOT NULL, why TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE zone_vision (
    zone TEXT PRIMARY KEY, vision TEXT NOT NULL, why TEXT NOT NULL, since_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE reader_health (
    reader TEXT PRIMARY KEY, link TEXT NOT NULL, why TEXT NOT NULL, model TEXT NOT NULL, firmware TEXT NOT NULL,
    since_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE exit_seen (
    at_us INTEGER NOT NULL, piece TEXT NOT NULL, zone TEXT NOT NULL, peaceful INTEGER NOT NULL, why TEXT NOT NULL,
    PRIMARY KEY (at_us, piece)
) STRICT, WITHOUT ROWID;
CREATE TABLE alarm (
    alarm TEXT PRIMARY KEY, kind TEXT NOT NULL, pieces TEXT NOT NULL, zone TEXT NOT NULL, sentence TEXT NOT NULL,
    evidence_nats REAL NOT NULL, rounds INTEGER NOT NULL, value_minor INTEGER NOT NULL, currency TEXT NOT NULL,
    state TEXT NOT NULL, raised_us INTEGER NOT NULL, closed_us INTEGER NOT NULL, outcome TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alarm_state ON alarm (state, raised_us);
CREATE TABLE count (
    count TEXT PRIMARY KEY, place TEXT NOT NULL, zones TEXT NOT NULL, state TEXT NOT NULL, expected INTEGER NOT NULL,
    round INTEGER NOT NULL, found INTEGER NOT NULL, p_complete REAL NOT NULL, unread_expected REAL NOT NULL,
    why_stopped TEXT NOT NULL, value_minor INTEGER NOT NULL, weight_mg INTEGER NOT NULL, currency TEXT NOT NULL,
    unknown_tags INTEGER NOT NULL, started_us INTEGER NOT NULL, ended_us INTEGER NOT NULL,
    business_day TEXT NOT NULL, approved_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE count_verdict (
    count TEXT NOT NULL, piece TEXT NOT NULL, verdict TEXT NOT NULL, zone TEXT NOT NULL, p_present REAL NOT NULL,
    note TEXT NOT NULL, PRIMARY KEY (count, piece)
) STRICT, WITHOUT ROWID;
CREATE TABLE count_request (
    count TEXT PRIMARY KEY, place TEXT NOT NULL, zones TEXT NOT NULL, at_us INTEGER NOT NULL, taken INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE feed_row (
    scope TEXT NOT NULL, "key" TEXT NOT NULL, rev INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    epc TEXT NOT NULL, words TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (scope, "key")
) STRICT;
CREATE INDEX feed_epc ON feed_row (epc) WHERE epc <> '';
CREATE INDEX feed_name ON feed_row (kind, name);
CREATE TABLE login (
    token BLOB PRIMARY KEY, user TEXT NOT NULL, since_us INTEGER NOT NULL, until_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE pin_verifier (user TEXT PRIMARY KEY, verifier TEXT NOT NULL, set_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE evidence (name TEXT PRIMARY KEY, body BLOB NOT NULL, at_us INTEGER NOT NULL) STRICT;

-- name: claim_guard
CREATE UNIQUE INDEX claim_live ON claim (piece) WHERE state = 'held';

-- name: journal_open
DROP TRIGGER journal_is_not_cut;

-- name: journal_shut
CREATE TRIGGER journal_is_not_cut BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- name: node
SELECT store, instance, term, epoch, mode, why, cloud_epoch, down_upto, last_us, feed_rev FROM node;

-- name: node_new
INSERT INTO node VALUES (1, :store, :instance, 0, '', 'rejoin', 'this box has not joined the house yet', 0, 0, 0, 0, :contract, 0);

-- name: node_mode
UPDATE node SET mode = :mode, why = :why;

-- name: node_last
UPDATE node SET last_us = :last_us;

-- name: node_down
UPDATE node SET cloud_epoch = :cloud_epoch, down_upto = :down_upto;

-- name: node_joined
UPDATE node SET term = :term, epoch = :epoch, cloud_epoch = :cloud_epoch, down_upto = 0, mode = 'active', why = '',
    instance = :instance, later_term = 0;

-- name: node_feed
UPDATE node SET feed_rev = :feed_rev;

-- name: counter
SELECT epoch, stream, seq, head, upto, safe FROM counter WHERE epoch = :epoch AND stream = :stream;

-- name: counters
SELECT epoch, stream, seq, head, upto, safe FROM counter ORDER BY epoch, stream;

-- name: counter_set
INSERT INTO counter VALUES (:epoch, :stream, :seq, :head, :upto, :safe)
ON CONFLICT (epoch, stream) DO UPDATE SET seq = excluded.seq, head = excluded.head, upto = excluded.upto,
    safe = excluded.safe;

-- name: counter_step
UPDATE counter SET seq = :seq, head = :head WHERE epoch = :epoch AND stream = :stream AND seq = :seq - 1;

-- name: counter_acked
UPDATE counter SET upto = :upto, safe = :safe WHERE epoch = :epoch AND stream = :stream;

-- name: counters_doubt
UPDATE counter SET upto = safe;

-- name: journal_add
INSERT INTO journal VALUES (:epoch, :stream, :seq, :at_us, :by, :why, :body, :leaf, :head);

-- name: journal_rows
SELECT epoch, stream, seq, at_us, "by", why, body, leaf, head FROM journal
WHERE epoch = :epoch AND stream = :stream AND seq >= :first_seq ORDER BY seq LIMIT :limit;

-- name: journal_head
SELECT head FROM journal WHERE epoch = :epoch AND stream = :stream AND seq = :seq;

-- name: journal_epochs
SELECT epoch AS value FROM journal GROUP BY epoch ORDER BY MIN(at_us), epoch;

-- name: journal_leaves
SELECT seq, leaf FROM journal WHERE epoch = :epoch AND stream = :stream ORDER BY seq;

-- name: journal_drop_log
DELETE FROM journal WHERE epoch = :epoch AND stream = :stream;

-- name: journal_orphan
INSERT OR IGNORE INTO orphan SELECT epoch, stream, seq, leaf, body FROM journal j
WHERE j.epoch = :epoch AND j.stream = :stream AND NOT EXISTS (SELECT 1 FROM fetched f WHERE f.epoch = j.epoch
    AND f.stream = j.stream AND f.seq = j.seq AND f.body = j.body);

-- name: journal_last_us
SELECT COALESCE(MAX(at_us), 0) AS value FROM journal;

-- name: fetched_add
INSERT INTO fetched VALUES (:epoch, :stream, :seq, :body) ON CONFLICT (epoch, stream, seq) DO UPDATE SET body = excluded.body;

-- name: fetched_upto
SELECT COALESCE(MAX(seq), 0) AS value FROM fetched WHERE epoch = :epoch AND stream = :stream;

-- name: fetched_rows
SELECT seq, body FROM fetched WHERE epoch = :epoch AND stream = :stream AND seq >= :first_seq ORDER BY seq LIMIT :limit;

-- name: last_heard
SELECT seq, body FROM journal WHERE epoch = :epoch AND stream = 'trade' AND instr(body, '"command.heard"') > 0
ORDER BY seq DESC LIMIT 1;

-- name: fetched_drop
DELETE FROM fetched;

-- name: fetched_fill
INSERT OR IGNORE INTO fetched SELECT epoch, stream, seq, body FROM journal
WHERE epoch = :epoch AND stream = :stream AND seq < :first_seq;

-- name: snapshot_add
INSERT OR REPLACE INTO snapshot VALUES (:epoch, :body);

-- name: snapshot
SELECT body FROM snapshot WHERE epoch = :epoch;

-- name: orphans
SELECT COUNT(*) AS value FROM orphan;

-- name: down_add
INSERT OR IGNORE INTO down_log VALUES (:cloud_epoch, :seq, :at_us, :body);

-- name: token
SELECT piece, ce, state, fence, sale, transfer, source FROM custody WHERE piece = :piece;

-- name: tokens
SELECT piece, ce, state, fence, sale, transfer, source FROM custody WHERE state <> 'away' ORDER BY piece;

-- name: tokens_in
SELECT piece, ce, state, fence, sale, transfer, source FROM custody WHERE state = :state ORDER BY piece;

-- name: token_set
INSERT INTO custody VALUES (:piece, :ce, :state, :fence, :sale, :transfer, :source)
ON CONFLICT (piece) DO UPDATE SET ce = excluded.ce, state = excluded.state, fence = excluded.fence,
    sale = excluded.sale, transfer = excluded.transfer, source = excluded.source;

-- name: tokens_drop
DELETE FROM custody;

-- name: tokens_of_z
SELECT c.piece AS value FROM custody c LEFT JOIN sale s ON s.sale = c.sale
WHERE c.state = 'sold' AND (s.shift = :shift OR s.sale IS NULL) AND c.piece NOT IN (SELECT piece FROM hold)
ORDER BY c.piece;

-- name: claim
SELECT claim, piece, ce, kind, ref, fence, state, since_us FROM claim WHERE claim = :claim;

-- name: claim_live
SELECT claim, piece, ce, kind, ref, fence, state, since_us FROM claim WHERE piece = :piece AND state = 'held'
ORDER BY since_us DESC LIMIT 1;

-- name: claims_live
SELECT claim, piece, ce, kind, ref, fence, state, since_us FROM claim WHERE state = 'held' ORDER BY piece, claim;

-- name: claims_of
SELECT claim, piece, ce, kind, ref, fence, state, since_us FROM claim WHERE ref = :ref AND state = 'held'
ORDER BY since_us, claim;

-- name: claim_set
INSERT INTO claim VALUES (:claim, :piece, :ce, :kind, :ref, :fence, :state, :since_us)
ON CONFLICT (claim) DO UPDATE SET piece = excluded.piece, ce = excluded.ce, kind = excluded.kind, ref = excluded.ref,
    fence = excluded.fence, state = excluded.state, since_us = excluded.since_us;

-- name: claims_drop
DELETE FROM claim;

-- name: claims_end_of
UPDATE claim SET state = 'released' WHERE state = 'held' AND piece = :piece AND ce < :ce;

-- name: claims_end_cart
UPDATE claim SET state = 'released' WHERE state = 'held' AND piece = :piece AND kind = 'cart';

-- name: lease_answer
SELECT fence AS value FROM lease_answer WHERE "order" = :order;

-- name: lease_answer_set
INSERT OR REPLACE INTO lease_answer VALUES (:order, :piece, :fence);

-- name: lease_answers_drop
DELETE FROM lease_answer;

-- name: hold
SELECT piece, sale, confirmed FROM hold WHERE piece = :piece;

-- name: holds
SELECT piece, sale, confirmed FROM hold ORDER BY piece;

-- name: hold_set
INSERT INTO hold VALUES (:piece, :sale, :confirmed)
ON CONFLICT (piece) DO UPDATE SET sale = excluded.sale, confirmed = excluded.confirmed;

-- name: hold_drop
DELETE FROM hold WHERE piece = :piece;

-- name: hold_lift
DELETE FROM hold WHERE piece = :piece AND sale = :sale;

-- name: holds_doubt
UPDATE hold SET confirmed = 0 WHERE piece = :piece;

-- name: holds_drop
DELETE FROM hold;

-- name: returned_add
INSERT OR IGNORE INTO returned_line VALUES (:line, :sale, :piece, :at_us);

-- name: returned_piece
INSERT OR IGNORE INTO returned_line SELECT line, sale, piece, :at_us FROM sale_line WHERE sale = :sale AND piece = :piece;

-- name: returned
SELECT line AS value FROM returned_line WHERE sale = :sale;

-- name: sighting_set
INSERT OR REPLACE INTO sighting VALUES (:piece, :zone, :at_us, :return_of);

-- name: sighting_drop
DELETE FROM sighting WHERE piece = :piece;

-- name: shipped_add
INSERT OR IGNORE INTO shipped VALUES (:transfer, :piece, :to_store, :at_us);

-- name: shipped
SELECT transfer, piece, to_store, at_us FROM shipped ORDER BY at_us DESC, transfer, piece LIMIT :limit;

-- name: shipment
SELECT piece AS value FROM shipped WHERE transfer = :transfer ORDER BY piece;

-- name: shipped_piece
SELECT transfer, piece, to_store, at_us FROM shipped WHERE piece = :piece ORDER BY at_us DESC LIMIT 1;

-- name: sale
SELECT sale, till, associate, currency, state, opened_us, exemption, business_day FROM sale WHERE sale = :sale;

-- name: sale_till
SELECT till AS value FROM sale WHERE sale = :sale;

-- name: sale_row
SELECT sale, till, associate, currency, state, opened_us, shift, receipt_number, business_day, total_minor, tax_minor,
    client, pad_verdict, recorded_us, trade_seq, exemption, epoch FROM sale WHERE sale = :sale;

-- name: sales_newest
SELECT sale, till, associate, currency, state, opened_us, shift, receipt_number, business_day, total_minor, tax_minor,
    client, pad_verdict, recorded_us, trade_seq, exemption, epoch FROM sale ORDER BY MAX(opened_us, recorded_us) DESC, sale LIMIT :limit;

-- name: sales_in
SELECT sale, till, associate, currency, state, opened_us, shift, receipt_number, business_day, total_minor, tax_minor,
    client, pad_verdict, recorded_us, trade_seq, exemption, epoch FROM sale WHERE state = :state
ORDER BY recorded_us DESC, opened_us DESC, sale LIMIT :limit;

-- name: sales_open
SELECT COUNT(*) AS value FROM sale WHERE till = :till AND state IN ('open', 'tendering');

-- name: sale_set
INSERT INTO sale VALUES (:sale, :till, :associate, :currency, :state, :opened_us, '', 0, '', :total_minor, :tax_minor,
    '', '', 0, 0, '', :exemption)
ON CONFLICT (sale) DO UPDATE SET till = excluded.till, state = excluded.state, total_minor = excluded.total_minor,
    tax_minor = excluded.tax_minor, associate = excluded.associate, currency = excluded.currency,
    exemption = excluded.exemption;

-- name: sale_recorded
UPDATE sale SET shift = :shift, receipt_number = :receipt_number, business_day = :business_day, client = :client,
    pad_verdict = :pad_verdict, recorded_us = :recorded_us, trade_seq = :trade_seq, epoch = :epoch WHERE sale = :sale;

-- name: sales_void
UPDATE sale SET state = 'voided' WHERE state IN ('open', 'parked');

-- name: upgrade_10
CREATE TABLE line_of_sale (
    sale TEXT NOT NULL, position INTEGER NOT NULL, line TEXT NOT NULL, piece TEXT, body BLOB NOT NULL,
    PRIMARY KEY (sale, position)
) STRICT, WITHOUT ROWID;
INSERT INTO line_of_sale SELECT sale, position, line, piece, CAST(json_object('line', line, 'kind', kind, 'description',
    description, 'list_price_minor', list_price_minor, 'gross_minor', gross_minor, 'tax_bp', tax_bp, 'tax_minor', tax_minor,
    'piece', piece, 'ce', ce, 'claim', claim, 'quantity_milli', quantity_milli, 'discount_minor', discount_minor,
    'feed_rev', feed_rev) AS BLOB) FROM sale_line;
DROP TABLE sale_line;
ALTER TABLE line_of_sale RENAME TO sale_line;
CREATE INDEX sale_line_piece ON sale_line (piece) WHERE piece IS NOT NULL;
ALTER TABLE sale ADD COLUMN exemption TEXT NOT NULL DEFAULT '';

-- name: lines
SELECT body FROM sale_line WHERE sale = :sale ORDER BY position;

-- name: line_add
INSERT INTO sale_line VALUES (:sale, :position, :line, :piece, :body);

-- name: lines_drop
DELETE FROM sale_line WHERE sale = :sale;

-- name: sale_of_piece
SELECT s.sale AS value FROM sale_line l JOIN sale s ON s.sale = l.sale
WHERE l.piece = :piece AND s.state = 'recorded' ORDER BY s.recorded_us DESC LIMIT 1;

-- name: tender_add
INSERT INTO tender (receipt, position, sale, kind, amount_minor, change_minor, reference, payment, rounding_minor,
    account, conversion)
VALUES (:receipt, :position, :sale, :kind, :amount_minor, :change_minor, :reference, :payment, :rounding_minor,
    :account, :conversion)
ON CONFLICT (receipt, position) DO UPDATE SET sale = excluded.sale, kind = excluded.kind,
    amount_minor = excluded.amount_minor, change_minor = excluded.change_minor, reference = excluded.reference,
    payment = excluded.payment, rounding_minor = excluded.rounding_minor, account = excluded.account,
    conversion = excluded.conversion;

-- name: tenders
SELECT kind, amount_minor, change_minor, reference, payment, rounding_minor, account, conversion FROM tender WHERE receipt = :receipt ORDER BY position;

-- name: till_counter
SELECT last AS value FROM till_counter WHERE till = :till AND series = :series;

-- name: till_counter_set
INSERT INTO till_counter VALUES (:till, :series, :last)
ON CONFLICT (till, series) DO UPDATE SET last = MAX(last, excluded.last);

-- name: presence_set
INSERT INTO presence VALUES (:piece, :state, :zone, :since_us, :why)
ON CONFLICT (piece) DO UPDATE SET state = excluded.state, zone = excluded.zone, since_us = excluded.since_us,
    why = excluded.why;

-- name: presence
SELECT piece, state, zone, since_us, why FROM presence ORDER BY piece;

-- name: presence_of
SELECT piece, state, zone, since_us, why FROM presence WHERE piece = :piece;

-- name: zone_set
INSERT INTO zone_vision VALUES (:zone, :vision, :why, :since_us)
ON CONFLICT (zone) DO UPDATE SET vision = excluded.vision, why = excluded.why, since_us = excluded.since_us;

-- name: zones
SELECT zone, vision, why, since_us FROM zone_vision ORDER BY zone;

-- name: exit_add
INSERT OR REPLACE INTO exit_seen VALUES (:at_us, :piece, :zone, :peaceful, :why);

-- name: exits_newest
SELECT at_us, piece, zone, peaceful, why FROM exit_seen ORDER BY at_us DESC, piece LIMIT :limit;

-- name: alarm
SELECT * FROM alarm WHERE alarm = :alarm;

-- name: alarms_in
SELECT * FROM alarm WHERE state = :state
ORDER BY CASE severity WHEN 'siren' THEN 0 WHEN 'alarm' THEN 1 ELSE 2 END, raised_us DESC, alarm LIMIT :limit;

-- name: alarms_newest
SELECT * FROM alarm ORDER BY raised_us DESC, alarm LIMIT :limit;

-- name: alarms_paged
SELECT * FROM alarm WHERE :state = '' OR state = :state ORDER BY raised_us DESC, alarm LIMIT :limit OFFSET :skip;

-- name: alarms_between
SELECT * FROM alarm WHERE raised_us BETWEEN :from_us AND :until_us ORDER BY raised_us DESC, alarm LIMIT :limit;

-- name: alarms_tally
SELECT (SELECT count(*) FROM alarm WHERE state = 'open') AS open,
    count(*) AS lately, count(*) FILTER (WHERE outcome = 'false_alarm') AS false_lately
FROM alarm WHERE state IN ('open', 'closed') AND raised_us >= :since_us;

-- name: alarm_add
INSERT OR IGNORE INTO alarm VALUES (:alarm, :kind, :pieces, :zone, :sentence, :evidence_nats, :rounds, :value_minor,
    :currency, 'open', :raised_us, 0, '', '', :severity);

-- name: alarm_close
UPDATE alarm SET state = 'closed', closed_us = :closed_us, outcome = :outcome, note = :note WHERE alarm = :alarm;

-- name: feed_set
INSERT INTO feed_row VALUES (:scope, :key, :rev, :kind, :name, :epc, :words, :body)
ON CONFLICT (scope, "key") DO UPDATE SET rev = excluded.rev, kind = excluded.kind, name = excluded.name,
    epc = excluded.epc, words = excluded.words, body = excluded.body WHERE excluded.rev >= rev;

-- name: feed_drop
DELETE FROM feed_row WHERE scope = :scope AND "key" = :key AND rev < :rev;

-- name: feed_body
SELECT body FROM feed_row WHERE kind = :kind AND name = :name ORDER BY rev DESC LIMIT 1;

-- name: feed_bodies
SELECT body FROM feed_row WHERE kind = :kind ORDER BY name, rev;

-- name: feed_roles
SELECT scope, body FROM feed_row WHERE kind = 'role' ORDER BY name, rev;

-- name: feed_epc
SELECT body FROM feed_row WHERE epc = :epc ORDER BY rev DESC LIMIT 1;

-- name: login_add
INSERT OR REPLACE INTO login VALUES (:token, :user, :since_us, :until_us, :device);

-- name: login
SELECT token, user, since_us, until_us, device FROM login WHERE token = :token AND until_us > :now_us;

-- name: logins_of
SELECT token, user, since_us, until_us, device FROM login WHERE user = :user;

-- name: logins_at
SELECT token, user, since_us, until_us, device FROM login WHERE device = :device;

-- name: login_drop
DELETE FROM login WHERE token = :token OR until_us <= :now_us;

-- name: pin_set
INSERT OR REPLACE INTO pin_verifier VALUES (:user, :verifier, :set_us);

-- name: pin
SELECT user, verifier, set_us FROM pin_verifier WHERE user = :user;

-- name: evidence_set
INSERT OR REPLACE INTO evidence VALUES (:name, :body, :at_us);

-- name: evidence
SELECT name, body, at_us FROM evidence WHERE name = :name;
