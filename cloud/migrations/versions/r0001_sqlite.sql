CREATE TABLE alarm (
    store TEXT NOT NULL,
    alarm TEXT NOT NULL,
    kind TEXT DEFAULT '' NOT NULL,
    pieces TEXT DEFAULT '' NOT NULL,
    zone TEXT DEFAULT '' NOT NULL,
    sentence TEXT DEFAULT '' NOT NULL,
    evidence_nats DOUBLE DEFAULT 0 NOT NULL,
    rounds BIGINT DEFAULT 0 NOT NULL,
    value_minor BIGINT DEFAULT 0 NOT NULL,
    currency TEXT DEFAULT '' NOT NULL,
    raised_us BIGINT DEFAULT 0 NOT NULL,
    closed_us BIGINT,
    closed_by TEXT DEFAULT '' NOT NULL,
    outcome TEXT DEFAULT '' NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_alarm PRIMARY KEY (store, alarm)
)
;;
CREATE TABLE case_file (
    case_id TEXT NOT NULL,
    kind TEXT DEFAULT '' NOT NULL,
    store TEXT DEFAULT '' NOT NULL,
    piece TEXT DEFAULT '' NOT NULL,
    ref TEXT DEFAULT '' NOT NULL,
    sentence TEXT DEFAULT '' NOT NULL,
    opened_us BIGINT DEFAULT 0 NOT NULL,
    closed_us BIGINT,
    closed_by TEXT DEFAULT '' NOT NULL,
    outcome TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_case_file PRIMARY KEY (case_id)
)
;;
CREATE INDEX ix_case_file_closed_us ON case_file (closed_us)
;;
CREATE TABLE claim (
    store TEXT NOT NULL,
    claim TEXT NOT NULL,
    piece TEXT DEFAULT '' NOT NULL,
    ce BIGINT DEFAULT 0 NOT NULL,
    kind TEXT DEFAULT '' NOT NULL,
    ref TEXT DEFAULT '' NOT NULL,
    fence BIGINT DEFAULT 0 NOT NULL,
    held_us BIGINT DEFAULT 0 NOT NULL,
    ended TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_claim PRIMARY KEY (store, claim)
)
;;
CREATE INDEX ix_claim_piece ON claim (piece)
;;
CREATE TABLE count_verdict (
    store TEXT NOT NULL,
    count_id TEXT NOT NULL,
    piece TEXT NOT NULL,
    verdict TEXT DEFAULT '' NOT NULL,
    zone TEXT DEFAULT '' NOT NULL,
    p_present DOUBLE DEFAULT 0 NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_count_verdict PRIMARY KEY (store, count_id, piece)
)
;;
CREATE TABLE custody (
    piece TEXT NOT NULL,
    holder TEXT DEFAULT '' NOT NULL,
    ce BIGINT DEFAULT 0 NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    sale TEXT DEFAULT '' NOT NULL,
    transfer TEXT DEFAULT '' NOT NULL,
    source TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_custody PRIMARY KEY (piece)
)
;;
CREATE INDEX ix_custody_holder ON custody (holder)
;;
CREATE TABLE custody_history (
    piece TEXT NOT NULL,
    ce BIGINT NOT NULL,
    holder TEXT DEFAULT '' NOT NULL,
    forced BIGINT DEFAULT 0 NOT NULL,
    since_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_custody_history PRIMARY KEY (piece, ce)
)
;;
CREATE TABLE down_counter (
    store TEXT NOT NULL,
    term BIGINT DEFAULT 0 NOT NULL,
    seq BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_down_counter PRIMARY KEY (store)
)
;;
CREATE TABLE down_log (
    store TEXT NOT NULL,
    cloud_epoch BIGINT NOT NULL,
    term BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    body BLOB NOT NULL,
    at_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_down_log PRIMARY KEY (store, cloud_epoch, term, seq)
)
;;
CREATE TABLE exit_seen (
    store TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq BIGINT NOT NULL,
    piece TEXT NOT NULL,
    zone TEXT DEFAULT '' NOT NULL,
    peaceful BIGINT DEFAULT 0 NOT NULL,
    why TEXT DEFAULT '' NOT NULL,
    at_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_exit_seen PRIMARY KEY (store, epoch, seq, piece)
)
;;
CREATE TABLE feed_row (
    scope TEXT NOT NULL,
    "key" TEXT NOT NULL,
    rev BIGINT NOT NULL,
    body BLOB,
    CONSTRAINT pk_feed_row PRIMARY KEY (scope, "key")
)
;;
CREATE UNIQUE INDEX ix_feed_row_rev ON feed_row (rev)
;;
CREATE TABLE hold (
    piece TEXT NOT NULL,
    sale TEXT NOT NULL,
    store TEXT DEFAULT '' NOT NULL,
    at_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_hold PRIMARY KEY (piece, sale)
)
;;
CREATE TABLE inbox (
    store TEXT NOT NULL,
    epoch TEXT NOT NULL,
    stream TEXT NOT NULL,
    seq BIGINT NOT NULL,
    leaf BLOB NOT NULL,
    head BLOB NOT NULL,
    body BLOB NOT NULL,
    heard_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_inbox PRIMARY KEY (store, epoch, stream, seq)
)
;;
CREATE TABLE late_row (
    store TEXT NOT NULL,
    epoch TEXT NOT NULL,
    stream TEXT NOT NULL,
    seq BIGINT NOT NULL,
    leaf TEXT NOT NULL,
    body BLOB NOT NULL,
    heard_us BIGINT DEFAULT 0 NOT NULL,
    why TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_late_row PRIMARY KEY (store, epoch, stream, seq, leaf)
)
;;
CREATE TABLE life (
    one BIGINT NOT NULL,
    cloud_epoch BIGINT DEFAULT 1 NOT NULL,
    recovering BIGINT DEFAULT 0 NOT NULL,
    feed_rev BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_life PRIMARY KEY (one)
)
;;
CREATE TABLE login (
    token_sha256 BLOB NOT NULL,
    user TEXT DEFAULT '' NOT NULL,
    began_us BIGINT DEFAULT 0 NOT NULL,
    used_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_login PRIMARY KEY (token_sha256)
)
;;
CREATE INDEX ix_login_user ON login (user)
;;
CREATE TABLE node (
    store TEXT NOT NULL,
    term BIGINT DEFAULT 0 NOT NULL,
    epoch TEXT DEFAULT '' NOT NULL,
    instance TEXT DEFAULT '' NOT NULL,
    state TEXT DEFAULT 'new' NOT NULL,
    down_upto BIGINT DEFAULT 0 NOT NULL,
    heard_us BIGINT DEFAULT 0 NOT NULL,
    contract_max BIGINT DEFAULT 1 NOT NULL,
    joined BIGINT DEFAULT 1 NOT NULL,
    boot TEXT DEFAULT '' NOT NULL,
    message BIGINT DEFAULT 0 NOT NULL,
    boots_past TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_node PRIMARY KEY (store)
)
;;
CREATE TABLE parked (
    n INTEGER NOT NULL,
    store TEXT DEFAULT '' NOT NULL,
    epoch TEXT DEFAULT '' NOT NULL,
    stream TEXT DEFAULT '' NOT NULL,
    seq BIGINT DEFAULT 0 NOT NULL,
    leaf BLOB NOT NULL,
    body BLOB NOT NULL,
    why TEXT DEFAULT '' NOT NULL,
    late BIGINT DEFAULT 0 NOT NULL,
    parked_us BIGINT DEFAULT 0 NOT NULL,
    applied_us BIGINT,
    CONSTRAINT pk_parked PRIMARY KEY (n),
    CONSTRAINT uq_parked_store_epoch_stream_seq_leaf UNIQUE (store, epoch, stream, seq, leaf)
)
;;
CREATE TABLE parked_key (
    "key" TEXT NOT NULL,
    n INTEGER NOT NULL,
    CONSTRAINT pk_parked_key PRIMARY KEY ("key", n)
)
;;
CREATE TABLE pending_move (
    piece TEXT NOT NULL,
    kind TEXT NOT NULL,
    store TEXT DEFAULT '' NOT NULL,
    ce BIGINT DEFAULT 0 NOT NULL,
    transfer TEXT DEFAULT '' NOT NULL,
    at_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_pending_move PRIMARY KEY (piece, kind)
)
;;
CREATE TABLE piece (
    piece TEXT NOT NULL,
    sku TEXT DEFAULT '' NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    category TEXT DEFAULT '' NOT NULL,
    metal TEXT DEFAULT '' NOT NULL,
    fineness BIGINT DEFAULT 0 NOT NULL,
    weight_mg BIGINT DEFAULT 0 NOT NULL,
    stones TEXT DEFAULT '' NOT NULL,
    price_minor BIGINT DEFAULT 0 NOT NULL,
    currency TEXT DEFAULT '' NOT NULL,
    tax_bp BIGINT DEFAULT 0 NOT NULL,
    epc TEXT DEFAULT '' NOT NULL,
    tid TEXT DEFAULT '' NOT NULL,
    designer TEXT DEFAULT '' NOT NULL,
    collection TEXT DEFAULT '' NOT NULL,
    photo TEXT DEFAULT '' NOT NULL,
    home_zone TEXT DEFAULT '' NOT NULL,
    tray TEXT DEFAULT '' NOT NULL,
    home_store TEXT DEFAULT '' NOT NULL,
    words TEXT DEFAULT '' NOT NULL,
    changed_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_piece PRIMARY KEY (piece)
)
;;
CREATE INDEX ix_piece_sku ON piece (sku)
;;
CREATE UNIQUE INDEX uq_piece_epc ON piece (epc) WHERE epc <> ''
;;
CREATE TABLE posting (
    store TEXT NOT NULL,
    posting TEXT NOT NULL,
    kind TEXT DEFAULT '' NOT NULL,
    ref TEXT DEFAULT '' NOT NULL,
    business_day TEXT DEFAULT '' NOT NULL,
    at_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_posting PRIMARY KEY (store, posting),
    CONSTRAINT uq_posting_store_kind_ref UNIQUE (store, kind, ref)
)
;;
CREATE TABLE presence (
    store TEXT NOT NULL,
    piece TEXT NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    zone TEXT DEFAULT '' NOT NULL,
    why TEXT DEFAULT '' NOT NULL,
    since_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_presence PRIMARY KEY (store, piece)
)
;;
CREATE INDEX ix_presence_piece ON presence (piece)
;;
CREATE TABLE reader (
    store TEXT NOT NULL,
    reader TEXT NOT NULL,
    link TEXT DEFAULT '' NOT NULL,
    why TEXT DEFAULT '' NOT NULL,
    model TEXT DEFAULT '' NOT NULL,
    firmware TEXT DEFAULT '' NOT NULL,
    since_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_reader PRIMARY KEY (store, reader)
)
;;
CREATE TABLE recall (
    piece TEXT NOT NULL,
    ce BIGINT DEFAULT 0 NOT NULL,
    holder TEXT DEFAULT '' NOT NULL,
    wanted_by TEXT DEFAULT '' NOT NULL,
    at_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_recall PRIMARY KEY (piece)
)
;;
CREATE TABLE refund (
    store TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq BIGINT NOT NULL,
    sale TEXT DEFAULT '' NOT NULL,
    till TEXT DEFAULT '' NOT NULL,
    shift TEXT DEFAULT '' NOT NULL,
    receipt_number BIGINT DEFAULT 0 NOT NULL,
    business_day TEXT DEFAULT '' NOT NULL,
    currency TEXT DEFAULT '' NOT NULL,
    total_minor BIGINT DEFAULT 0 NOT NULL,
    tax_minor BIGINT DEFAULT 0 NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    recorded_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_refund PRIMARY KEY (store, epoch, seq)
)
;;
CREATE INDEX ix_refund_sale ON refund (sale)
;;
CREATE TABLE rejoin (
    store TEXT NOT NULL,
    nonce TEXT NOT NULL,
    answer BLOB NOT NULL,
    term BIGINT DEFAULT 0 NOT NULL,
    at_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_rejoin PRIMARY KEY (store, nonce)
)
;;
CREATE TABLE replacement (
    store TEXT NOT NULL,
    instance TEXT DEFAULT '' NOT NULL,
    "by" TEXT DEFAULT '' NOT NULL,
    why TEXT DEFAULT '' NOT NULL,
    at_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_replacement PRIMARY KEY (store)
)
;;
CREATE TABLE returned_line (
    sale TEXT NOT NULL,
    line TEXT NOT NULL,
    store TEXT DEFAULT '' NOT NULL,
    at_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_returned_line PRIMARY KEY (sale, line)
)
;;
CREATE TABLE returned_piece (
    sale TEXT NOT NULL,
    piece TEXT NOT NULL,
    store TEXT DEFAULT '' NOT NULL,
    at_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_returned_piece PRIMARY KEY (sale, piece)
)
;;
CREATE TABLE sale (
    store TEXT NOT NULL,
    sale TEXT NOT NULL,
    till TEXT DEFAULT '' NOT NULL,
    shift TEXT DEFAULT '' NOT NULL,
    receipt_number BIGINT DEFAULT 0 NOT NULL,
    business_day TEXT DEFAULT '' NOT NULL,
    associate TEXT DEFAULT '' NOT NULL,
    currency TEXT DEFAULT '' NOT NULL,
    total_minor BIGINT DEFAULT 0 NOT NULL,
    tax_minor BIGINT DEFAULT 0 NOT NULL,
    client TEXT DEFAULT '' NOT NULL,
    pad_verdict TEXT DEFAULT '' NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    recorded_us BIGINT DEFAULT 0 NOT NULL,
    feed_rev BIGINT DEFAULT 0 NOT NULL,
    epoch TEXT DEFAULT '' NOT NULL,
    seq BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_sale PRIMARY KEY (store, sale)
)
;;
CREATE INDEX ix_sale_recorded_us ON sale (recorded_us)
;;
CREATE INDEX ix_sale_sale ON sale (sale)
;;
CREATE TABLE sale_line (
    store TEXT NOT NULL,
    sale TEXT NOT NULL,
    line TEXT NOT NULL,
    kind TEXT DEFAULT '' NOT NULL,
    description TEXT DEFAULT '' NOT NULL,
    piece TEXT DEFAULT '' NOT NULL,
    ce BIGINT DEFAULT 0 NOT NULL,
    quantity_milli BIGINT DEFAULT 1000 NOT NULL,
    list_price_minor BIGINT DEFAULT 0 NOT NULL,
    discount_minor BIGINT DEFAULT 0 NOT NULL,
    gross_minor BIGINT DEFAULT 0 NOT NULL,
    tax_bp BIGINT DEFAULT 0 NOT NULL,
    tax_minor BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_sale_line PRIMARY KEY (store, sale, line)
)
;;
CREATE INDEX ix_sale_line_piece ON sale_line (piece)
;;
CREATE TABLE sale_tender (
    store TEXT NOT NULL,
    sale TEXT NOT NULL,
    n BIGINT NOT NULL,
    kind TEXT DEFAULT '' NOT NULL,
    amount_minor BIGINT DEFAULT 0 NOT NULL,
    change_minor BIGINT DEFAULT 0 NOT NULL,
    reference TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_sale_tender PRIMARY KEY (store, sale, n)
)
;;
CREATE TABLE shift (
    store TEXT NOT NULL,
    shift TEXT NOT NULL,
    till TEXT DEFAULT '' NOT NULL,
    business_day TEXT DEFAULT '' NOT NULL,
    currency TEXT DEFAULT '' NOT NULL,
    float_minor BIGINT DEFAULT 0 NOT NULL,
    opened_us BIGINT DEFAULT 0 NOT NULL,
    closed_us BIGINT,
    z_number BIGINT,
    sales BIGINT DEFAULT 0 NOT NULL,
    returns BIGINT DEFAULT 0 NOT NULL,
    gross_minor BIGINT DEFAULT 0 NOT NULL,
    tax_minor BIGINT DEFAULT 0 NOT NULL,
    cash_expected_minor BIGINT DEFAULT 0 NOT NULL,
    cash_counted_minor BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_shift PRIMARY KEY (store, shift)
)
;;
CREATE TABLE sold_piece (
    piece TEXT NOT NULL,
    store TEXT DEFAULT '' NOT NULL,
    sale TEXT DEFAULT '' NOT NULL,
    line TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_sold_piece PRIMARY KEY (piece)
)
;;
CREATE TABLE staff (
    user TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    roles TEXT DEFAULT '' NOT NULL,
    stores TEXT DEFAULT '' NOT NULL,
    active BIGINT DEFAULT 1 NOT NULL,
    password TEXT DEFAULT '' NOT NULL,
    changed_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_staff PRIMARY KEY (user)
)
;;
CREATE TABLE stock_count (
    store TEXT NOT NULL,
    count_id TEXT NOT NULL,
    place TEXT DEFAULT '' NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    requested_by TEXT DEFAULT '' NOT NULL,
    rounds BIGINT DEFAULT 0 NOT NULL,
    expected BIGINT DEFAULT 0 NOT NULL,
    found BIGINT DEFAULT 0 NOT NULL,
    p_complete DOUBLE DEFAULT 0 NOT NULL,
    unread_expected DOUBLE DEFAULT 0 NOT NULL,
    why_stopped TEXT DEFAULT '' NOT NULL,
    value_minor BIGINT DEFAULT 0 NOT NULL,
    weight_mg BIGINT DEFAULT 0 NOT NULL,
    currency TEXT DEFAULT '' NOT NULL,
    unknown_tags BIGINT DEFAULT 0 NOT NULL,
    business_day TEXT DEFAULT '' NOT NULL,
    approved_by TEXT DEFAULT '' NOT NULL,
    changed_us BIGINT DEFAULT 0 NOT NULL,
    zones TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_stock_count PRIMARY KEY (store, count_id)
)
;;
CREATE TABLE store (
    store TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    currency TEXT DEFAULT '' NOT NULL,
    city TEXT DEFAULT '' NOT NULL,
    time_zone TEXT DEFAULT 'UTC' NOT NULL,
    created_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_store PRIMARY KEY (store)
)
;;
CREATE TABLE stream (
    store TEXT NOT NULL,
    epoch TEXT NOT NULL,
    stream TEXT NOT NULL,
    term BIGINT DEFAULT 0 NOT NULL,
    upto BIGINT DEFAULT 0 NOT NULL,
    head BLOB NOT NULL,
    safe BIGINT DEFAULT 0 NOT NULL,
    opened BIGINT DEFAULT 0 NOT NULL,
    late BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_stream PRIMARY KEY (store, epoch, stream)
)
;;
CREATE TABLE transfer (
    transfer TEXT NOT NULL,
    source TEXT DEFAULT '' NOT NULL,
    target TEXT DEFAULT '' NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    shipped_us BIGINT DEFAULT 0 NOT NULL,
    received_us BIGINT,
    CONSTRAINT pk_transfer PRIMARY KEY (transfer)
)
;;
CREATE TABLE transfer_piece (
    transfer TEXT NOT NULL,
    piece TEXT NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    received_us BIGINT,
    damaged BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_transfer_piece PRIMARY KEY (transfer, piece)
)
;;
CREATE TABLE web_order (
    order_id TEXT NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    piece TEXT DEFAULT '' NOT NULL,
    store TEXT DEFAULT '' NOT NULL,
    ce BIGINT DEFAULT 0 NOT NULL,
    fence BIGINT DEFAULT 0 NOT NULL,
    payment_key TEXT DEFAULT '' NOT NULL,
    amount_minor BIGINT DEFAULT 0 NOT NULL,
    currency TEXT DEFAULT '' NOT NULL,
    tax_minor BIGINT DEFAULT 0 NOT NULL,
    why TEXT DEFAULT '' NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    asked_us BIGINT DEFAULT 0 NOT NULL,
    ended_us BIGINT,
    CONSTRAINT pk_web_order PRIMARY KEY (order_id)
)
;;
CREATE INDEX ix_web_order_piece ON web_order (piece)
;;
CREATE INDEX ix_web_order_state ON web_order (state)
;;
CREATE TABLE zone_vision (
    store TEXT NOT NULL,
    zone TEXT NOT NULL,
    vision TEXT DEFAULT '' NOT NULL,
    why TEXT DEFAULT '' NOT NULL,
    since_us BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_zone_vision PRIMARY KEY (store, zone)
)
;;
CREATE TABLE ledger_line (
    store TEXT NOT NULL,
    posting TEXT NOT NULL,
    n BIGINT NOT NULL,
    account TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    CONSTRAINT pk_ledger_line PRIMARY KEY (store, posting, n),
    CONSTRAINT fk_ledger_line_store_posting FOREIGN KEY(store, posting) REFERENCES posting (store, posting) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_ledger_line_moves_something CHECK (amount_minor <> 0)
)
;;
CREATE INDEX ix_ledger_line_account_currency ON ledger_line (account, currency)
;;
CREATE TRIGGER posting_balances BEFORE INSERT ON posting WHEN
(SELECT count(*) FROM ledger_line l WHERE l.store = NEW.store AND l.posting = NEW.posting) < 2
OR EXISTS (SELECT 1 FROM ledger_line l WHERE l.store = NEW.store AND l.posting = NEW.posting
           GROUP BY l.currency HAVING sum(l.amount_minor) <> 0)

    BEGIN SELECT raise(ABORT, 'posting does not balance'); END
;;
CREATE TRIGGER ledger_line_sealed BEFORE INSERT ON ledger_line WHEN EXISTS (SELECT 1 FROM posting p WHERE p.store = NEW.store AND p.posting = NEW.posting)
    BEGIN SELECT raise(ABORT, 'posting is sealed'); END
;;
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT raise(ABORT, 'posting is immutable'); END
;;
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT raise(ABORT, 'posting is immutable'); END
;;
CREATE TRIGGER ledger_line_no_update BEFORE UPDATE ON ledger_line BEGIN SELECT raise(ABORT, 'ledger_line is immutable'); END
;;
CREATE TRIGGER ledger_line_no_delete BEFORE DELETE ON ledger_line BEGIN SELECT raise(ABORT, 'ledger_line is immutable'); END
;;
CREATE TRIGGER inbox_no_update BEFORE UPDATE ON inbox BEGIN SELECT raise(ABORT, 'inbox is immutable'); END
;;
CREATE TRIGGER inbox_no_delete BEFORE DELETE ON inbox BEGIN SELECT raise(ABORT, 'inbox is immutable'); END
