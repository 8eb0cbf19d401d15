package main

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger"
)

// checkCmd makes sure that what is stored is whole: the log's hashes follow
// from its leaves, entries are as they were logged, and every decision of
// today's rules comes out again.
type checkCmd struct{}

// Run checks and reports.
func (c *checkCmd) Run(k *kong.Context, s *Settings) error {
	ctx := context.Background()
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	if err := s.need("check", map[string]string{"verifier-key-file": s.VerifierKeyFile}); err != nil {
		return err
	}
	key, err := verifierKey(s.VerifierKeyFile)
	if err != nil {
		return err
	}
	report, err := ledger.Register.Check(ctx, opened.db, key)
	if err != nil {
		return err
	}
	if len(report.Findings) > 0 {
		return fault.New(fault.Conflict, "The log is not whole").With(report.Findings...)
	}
	fmt.Fprintf(k.Stdout, "log: %d leaves, every hash follows from them; signed at %d\n", report.Leaves, report.Signed)
	entries, changed, err := opened.service.CheckEntries(ctx)
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		return fault.New(fault.Conflict, "The register is not as it was logged").With(changed...)
	}
	fmt.Fprintf(k.Stdout, "register: %d entries are as they were logged\n", entries)
	checked, differing, err := opened.service.CheckDecisions(ctx)
	if err != nil {
		return err
	}
	if len(differing) > 0 {
		refused := fault.New(fault.Conflict, "%d of %d decisions do not come out as they are stored", len(differing), checked)
		for _, id := range differing {
			refused.With(fault.Reason{Code: "decision", Field: id.String(), Message: "replaying its case gives other findings"})
		}
		return refused
	}
	fmt.Fprintf(k.Stdout, "gate: %d decisions come out again as they are stored\n", checked)
	return nil
}
