package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/mod/sumdb/note"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/monitor"
	"data.release/registrar/release/ledger/proof"
)

// RegisterVerifyCmd verifies a register, its own or anyone's, without trusting
// whoever publishes it. It reads no configuration and no database.
//
//	registrar register verify FILE --key KEY
//	registrar register verify --url https://register.example.org --key KEY --remember FILE
//	registrar register verify consistency.json --earlier CHECKPOINT --key KEY
//
// The first needs no network. FILE is what any page offers of its entries, or
// any search: a proof file of one entry, a bundle (/register.bundle), JSON
// (/register.json) or a workbook (/register.xlsx), also packed by gzip. With the
// log's verifier key it proves that every entry in it stands in the signed log,
// with exactly these cells and texts. It is read once, in memory that does not
// grow with it.
//
// The second reads the whole register and its whole log, names every entry that
// is not as it was logged, and, with --remember, proves that the log continues
// the one that was seen the last time; with --earlier, that it continues any
// other checkpoint that somebody kept.
//
// The third needs no network either: /log/consistency?from=SIZE gives the
// proof that the log of today continues the one of the checkpoint that was kept.
//
// It fails when anything does not hold, after naming every such thing.
type RegisterVerifyCmd struct {
	File     string   `arg:"" optional:"" type:"existingfile" help:"Proof file, bundle, JSON, workbook or consistency proof, verified offline."`
	URL      string   `name:"url" placeholder:"URL" help:"Register to verify as a whole, such as https://register.example.org."`
	Key      string   `placeholder:"KEY" help:"The log's verifier key (NAME+HASH+KEY), or a file that holds it. Take it from somewhere else than the register. Needed for a file; without it --url asks the register itself, which proves less."`
	Remember string   `placeholder:"FILE" help:"File with the checkpoint seen last: the log must continue it. Written when everything holds."`
	Earlier  []string `placeholder:"FILE" type:"existingfile" help:"Checkpoint kept from any time: the log must continue it. May be given several times."`
	JSON     bool     `name:"json" help:"Report as JSON."`
}

// Run verifies and reports to the standard output.
func (c *RegisterVerifyCmd) Run(k *kong.Context) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch {
	case (c.File == "") == (c.URL == ""):
		return fault.New(fault.Invalid, "give either a file or --url")
	case c.File != "" && c.Key == "":
		return fault.New(fault.Invalid, "a file proves nothing without the log's verifier key: give it as --key")
	case c.File != "" && c.Remember != "":
		return fault.New(fault.Invalid, "--remember goes with --url")
	}
	key, err := verifierKey(c.Key)
	if err != nil {
		return err
	}
	earlier := make([]string, len(c.Earlier))
	for i, name := range c.Earlier {
		content, err := os.ReadFile(name)
		if err != nil {
			return fault.New(fault.Invalid, "the earlier checkpoint %s cannot be read", name).Because(err)
		}
		earlier[i] = string(content)
	}
	if c.File != "" {
		return c.offline(k.Stdout, key, earlier)
	}
	return c.online(ctx, k.Stdout, key, earlier)
}

// verifierKey reads a key given as text or as a file; none is nil.
func verifierKey(given string) (note.Verifier, error) {
	if given == "" {
		return nil, nil
	}
	text, err := os.ReadFile(given)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = []byte(given), nil
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "the key file %s cannot be read", given).Because(err)
	}
	return proof.ParseVerifier(string(text))
}

func (c *RegisterVerifyCmd) online(ctx context.Context, out io.Writer, key note.Verifier, earlier []string) error {
	var seen []byte
	if c.Remember != "" {
		var err error
		if seen, err = os.ReadFile(c.Remember); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fault.New(fault.Invalid, "the remembered checkpoint %s cannot be read", c.Remember).Because(err)
		}
	}
	// A whole register takes minutes to read, so only silence is timed.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = time.Minute
	report, err := monitor.Verify(ctx, monitor.Config{URL: c.URL, Key: key, Seen: string(seen), Earlier: earlier, Client: &http.Client{Transport: transport}})
	if c.JSON {
		failure := ""
		if err != nil {
			failure = err.Error()
		}
		if err := printJSON(out, struct {
			OK    bool   `json:"ok"`
			Error string `json:"error,omitempty"`
			monitor.Report
		}{err == nil && report.Found == 0, failure, report}); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if !c.JSON {
		printReport(out, report)
	}
	if report.Found > 0 {
		return fault.New(fault.Invalid, "the register at %s does not hold: %s", c.URL, tallied(report.Found, "finding", "findings"))
	}
	if c.Remember == "" {
		return nil
	}
	return remember(c.Remember, report.Checkpoint)
}

func printReport(out io.Writer, r monitor.Report) {
	fmt.Fprintf(out, "The log %s is signed at %s (key %s).\n", r.Log, entriesOf(r.Size), r.Key)
	if r.Seen > 0 {
		fmt.Fprintf(out, "  it continues what was seen before at %s\n", entriesOf(r.Seen))
	}
	for _, size := range r.Earlier {
		fmt.Fprintf(out, "  it continues the earlier checkpoint at %s\n", entriesOf(size))
	}
	fmt.Fprintf(out, "  compared: %s, %s, %s\n", tallied(r.Tiles, "tile", "tiles"), entriesOf(r.Entries), tallied(r.Texts, "text", "texts"))
	if r.Erased > 0 {
		fmt.Fprintf(out, "  %s erased, each under a tombstone in the log\n", tallied(r.Erased, "text was", "texts were"))
	}
	if r.Withheld > 0 {
		fmt.Fprintf(out, "  %s a person's decision before they are published, so that they cannot be checked\n", tallied(r.Withheld, "text awaits", "texts await"))
		listed(out, r.Waiting, r.Withheld)
	}
	if r.Unsigned > 0 {
		fmt.Fprintf(out, "  %s newer than the checkpoint and not compared\n", tallied(r.Unsigned, "entry is", "entries are"))
	}
	for _, f := range r.Findings {
		fmt.Fprintf(out, "! %s: %s\n", f.Field, f.Message)
	}
	if more := r.Found - len(r.Findings); more > 0 {
		fmt.Fprintf(out, "! and %d more\n", more)
	}
	if r.Found == 0 {
		fmt.Fprintln(out, "Everything holds.")
	}
}

func entriesOf[N int | int64](size N) string { return tallied(size, "entry", "entries") }

// tallied writes a count with its word, in digits alone for programs that read it.
func tallied[N int | int64](n N, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// remember replaces the file in one step: half a checkpoint would be read as a
// forged one the next time.
func remember(path, checkpoint string) error {
	if err := os.WriteFile(path+".new", []byte(checkpoint), 0o644); err != nil {
		return fmt.Errorf("remembering the checkpoint: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("remembering the checkpoint: %w", err)
	}
	return nil
}

func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
