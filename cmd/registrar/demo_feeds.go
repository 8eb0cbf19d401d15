package main

import (
	"path/filepath"
	"strings"
	"time"

	"data.release/registrar/extract/feed/synthetic"
	"data.release/registrar/release/terms"
)

// artificial are NHS England's artificial HES files.
var artificial = []struct{ dataset, file, from, to string }{
	{"hes_apc", "artificial_hes_apc_0102_truncated.csv", "2001-04-01", "2002-03-31"},
	{"hes_op", "artificial_hes_op_0304_truncated.csv", "2003-04-01", "2004-03-31"},
	{"hes_ae", "artificial_hes_ae_0708_truncated.csv", "2007-04-01", "2008-03-31"},
}

// ingestArgs are the subcommands that land the demonstration's feeds.
func (d *demo) ingestArgs() [][]string {
	out := filepath.Join(d.dir, "demo")
	made := []string{"ingest", "synthesise", "--out", out}
	var feeds [][]string
	for _, a := range artificial {
		path := filepath.Join(d.TestData, "artificial-hes", a.file)
		made = append(made, a.dataset+"="+path)
		feeds = append(feeds, []string{"ingest", "feed", a.dataset, path, "--from", a.from, "--to", a.to, "--supplier", "artificial"})
	}
	return append([][]string{made,
		{"ingest", "demographics", filepath.Join(out, synthetic.DemographicsFile)},
		{"ingest", "opt-outs", filepath.Join(out, synthetic.OptOutsFile), "--as-of", terms.Today(time.Now()).AddDays(-2).String()}}, feeds...)
}

func cut(pair string) (before, after string, ok bool) { return strings.Cut(pair, "=") }
