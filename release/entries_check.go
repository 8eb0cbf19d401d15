package release

import (
	"context"
	"database/sql"
	"fmt"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger"
	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
)

// CheckEntries holds every entry, as the public pages read it from its tables,
// against its leaf in the log: a changed column or text, and a missing or
// surplus entry, is a finding that names the entry and the field. The log
// itself is checked by ledger.Log.Check. It returns how many entries it read
// and the first ledger.MaxFindings findings.
func (s *Service) CheckEntries(ctx context.Context) (checked int, findings []fault.Reason, err error) {
	find := func(number int64, reasons ...fault.Reason) {
		for _, reason := range reasons {
			entry := fmt.Sprintf("entry %d", number)
			if reason.Field != "" {
				entry += ", " + reason.Field
			}
			reason.Field = entry
			if len(findings) < ledger.MaxFindings {
				findings = append(findings, reason)
			}
		}
	}
	err = s.snapshot(ctx, func(tx *sql.Tx) error {
		size, err := ledger.Register.Size(ctx, tx)
		if err != nil {
			return err
		}
		numbers, err := collect(ctx, tx, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }, `SELECT id FROM entries ORDER BY id`)
		if err != nil {
			return err
		}
		next := int64(1)
		for _, number := range numbers {
			for ; next < number && next <= size; next++ {
				find(next, fault.Reason{Code: "entry-missing", Message: "is in the log and not in the register"})
			}
			if number > size {
				find(number, fault.Reason{Code: "entry-unlogged", Message: "is in the register and not in the log"})
			}
			next = max(next, number+1)
		}
		for ; next <= size; next++ {
			find(next, fault.Reason{Code: "entry-missing", Message: "is in the log and not in the register"})
		}
		changed, err := collect(ctx, tx, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }, `
			SELECT e.id FROM entries e JOIN ledger_leaf l ON l.log = $1 AND l.index = e.id - 1
			WHERE l.leaf <> e.leaf ORDER BY e.id`, string(ledger.Register))
		if err != nil {
			return err
		}
		for _, number := range changed {
			find(number, fault.Reason{Code: "entry-changed", Field: "leaf", Message: "the leaf kept beside the entry is not the one in the log"})
		}
		return eachEntry(ctx, tx, numbers, func(e register.Entry) error {
			checked++
			if e.Number > size {
				return nil // named already
			}
			leaf, err := ledger.Register.Leaf(ctx, tx, e.Number-1)
			if err != nil {
				return err
			}
			public, err := e.Public()
			if err != nil {
				return err
			}
			find(e.Number, proof.CheckEntry(e.Number-1, leaf, public).Reasons...)
			return nil
		})
	})
	return checked, findings, err
}
