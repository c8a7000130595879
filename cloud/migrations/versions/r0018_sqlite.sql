CREATE TRIGGER posting_balances BEFORE INSERT ON posting WHEN 
(SELECT count(*) FROM ledger_line l WHERE l.store = NEW.store AND l.posting = NEW.posting) < 2
OR EXISTS (SELECT 1 FROM ledger_line l WHERE l.store = NEW.store AND l.posting = NEW.posting
           GROUP BY l.currency HAVING sum(l.amount_minor) <> 0)

    BEGIN SELECT raise(ABORT, 'posting does not balance'); END
;;
CREATE TRIGGER posting_into_closed BEFORE INSERT ON posting WHEN EXISTS (SELECT 1 FROM ledger_close c WHERE c.store = NEW.store AND c.period >= NEW.period)
    BEGIN SELECT raise(ABORT, 'period is closed'); END
;;
CREATE TRIGGER posting_is_new BEFORE INSERT ON posting WHEN EXISTS (SELECT 1 FROM posting p WHERE p.store = NEW.store
AND (p.posting = NEW.posting OR (p.kind = NEW.kind AND p.ref = NEW.ref)))
    BEGIN SELECT raise(ABORT, 'posting is immutable'); END
;;
CREATE TRIGGER ledger_line_sealed BEFORE INSERT ON ledger_line WHEN EXISTS (SELECT 1 FROM posting p WHERE p.store = NEW.store AND p.posting = NEW.posting)
    BEGIN SELECT raise(ABORT, 'posting is sealed'); END
;;
CREATE TRIGGER ledger_close_in_order BEFORE INSERT ON ledger_close WHEN EXISTS (SELECT 1 FROM ledger_close c WHERE c.store = NEW.store AND c.period >= NEW.period)
    BEGIN SELECT raise(ABORT, 'period is closed'); END
;;
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT raise(ABORT, 'posting is immutable'); END
;;
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT raise(ABORT, 'posting is immutable'); END
;;
CREATE TRIGGER ledger_line_no_update BEFORE UPDATE ON ledger_line BEGIN SELECT raise(ABORT, 'ledger_line is immutable'); END
;;
CREATE TRIGGER ledger_line_no_delete BEFORE DELETE ON ledger_line BEGIN SELECT raise(ABORT, 'ledger_line is immutable'); END
;;
CREATE TRIGGER ledger_close_no_update BEFORE UPDATE ON ledger_close BEGIN SELECT raise(ABORT, 'ledger_close is immutable'); END
;;
CREATE TRIGGER ledger_close_no_delete BEFORE DELETE ON ledger_close BEGIN SELECT raise(ABORT, 'ledger_close is immutable'); END
