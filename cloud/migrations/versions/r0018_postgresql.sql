CREATE OR REPLACE FUNCTION posting_balances() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF 
(SELECT count(*) FROM ledger_line l WHERE l.store = NEW.store AND l.posting = NEW.posting) < 2
OR EXISTS (SELECT 1 FROM ledger_line l WHERE l.store = NEW.store AND l.posting = NEW.posting
           GROUP BY l.currency HAVING sum(l.amount_minor) <> 0)
 THEN RAISE EXCEPTION 'posting does not balance' USING ERRCODE = 'check_violation'; END IF;
    RETURN NEW; END $$
;;
CREATE OR REPLACE FUNCTION ledger_line_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF EXISTS (SELECT 1 FROM posting p WHERE p.store = NEW.store AND p.posting = NEW.posting) THEN RAISE EXCEPTION 'posting is sealed' USING ERRCODE = 'check_violation'; END IF;
    RETURN NEW; END $$
;;
CREATE OR REPLACE FUNCTION period_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF EXISTS (SELECT 1 FROM ledger_close c WHERE c.store = NEW.store AND c.period >= NEW.period) THEN RAISE EXCEPTION 'period is closed' USING ERRCODE = 'check_violation'; END IF;
    RETURN NEW; END $$
;;
CREATE OR REPLACE FUNCTION is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is immutable', TG_TABLE_NAME USING ERRCODE = 'check_violation'; END $$
;;
CREATE TRIGGER posting_balances BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION posting_balances()
;;
CREATE TRIGGER posting_into_closed BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION period_is_open()
;;
CREATE TRIGGER ledger_line_sealed BEFORE INSERT ON ledger_line FOR EACH ROW EXECUTE FUNCTION ledger_line_sealed()
;;
CREATE TRIGGER ledger_close_in_order BEFORE INSERT ON ledger_close FOR EACH ROW EXECUTE FUNCTION period_is_open()
;;
CREATE TRIGGER posting_immutable BEFORE UPDATE OR DELETE ON posting FOR EACH ROW EXECUTE FUNCTION is_immutable()
;;
CREATE TRIGGER ledger_line_immutable BEFORE UPDATE OR DELETE ON ledger_line FOR EACH ROW EXECUTE FUNCTION is_immutable()
;;
CREATE TRIGGER ledger_close_immutable BEFORE UPDATE OR DELETE ON ledger_close FOR EACH ROW EXECUTE FUNCTION is_immutable()
;;
CREATE TRIGGER posting_kept BEFORE TRUNCATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION is_immutable()
;;
CREATE TRIGGER ledger_line_kept BEFORE TRUNCATE ON ledger_line FOR EACH STATEMENT EXECUTE FUNCTION is_immutable()
;;
CREATE TRIGGER ledger_close_kept BEFORE TRUNCATE ON ledger_close FOR EACH STATEMENT EXECUTE FUNCTION is_immutable()
;;
CREATE TRIGGER inbox_kept BEFORE TRUNCATE ON inbox FOR EACH STATEMENT EXECUTE FUNCTION is_immutable()
;;
CREATE TRIGGER office_change_kept BEFORE TRUNCATE ON office_change FOR EACH STATEMENT EXECUTE FUNCTION is_immutable()
