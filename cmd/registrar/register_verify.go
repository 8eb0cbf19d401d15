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
	"strings"
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
//	registrar register verify proof.json --key KEY
//	registrar register verify --url https://register.example.org --key KEY --remember FILE
//
// The first needs no network: a proof file, which each entry's page offers, and
// the log's verifier key prove that the entry stands in the signed log with
// exactly these texts. The second reads the whole register and its whole log,
// names every entry that is not as it was logged, and, with --remember, proves
// that the log continues the one that was seen the last time.
//
// It fails when anything does not hold, after naming every such thing.
type RegisterVerifyCmd struct {
	Proof    string `arg:"" optional:"" type:"existingfile" help:"Proof file of one entry, verified offline."`
	URL      string `name:"url" placeholder:"URL" help:"Register to verify as a whole, such as https://register.example.org."`
	Key      string `placeholder:"KEY" help:"The log's verifier key (NAME+HASH+KEY), or a file that holds it. Take it from somewhere else than the register. Needed for a proof file; without it --url asks the register itself, which proves less."`
	Remember string `placeholder:"FILE" help:"File with the checkpoint seen last: the log must continue it. Written when everything holds."`
	JSON     bool   `name:"json" help:"Report as JSON."`
}

// Run verifies and reports to the standard output.
func (c *RegisterVerifyCmd) Run(k *kong.Context) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch {
	case (c.Proof == "") == (c.URL == ""):
		return fault.New(fault.Invalid, "give either a proof file or --url")
	case c.Proof != "" && c.Key == "":
		return fault.New(fault.Invalid, "a proof file proves nothing without the log's verifier key: give it as --key")
	case c.Proof != "" && c.Remember != "":
		return fault.New(fault.Invalid, "--remember goes with --url")
	}
	key, err := verifierKey(c.Key)
	if err != nil {
		return err
	}
	if c.Proof != "" {
		return c.offline(k.Stdout, key)
	}
	return c.online(ctx, k.Stdout, key)
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

func (c *RegisterVerifyCmd) offline(out io.Writer, key note.Verifier) error {
	data, err := os.ReadFile(c.Proof)
	if err != nil {
		return fault.New(fault.Invalid, "the proof file %s cannot be read", c.Proof).Because(err)
	}
	bundle, failure := proof.ParseBundle(data)
	var result proof.Result
	if failure == nil {
		result, failure = bundle.Verify(key)
	}
	if c.JSON {
		findings := []fault.Reason{}
		if failure != nil {
			findings = proof.Reasons(failure)
		}
		if err := printJSON(out, struct {
			OK bool `json:"ok"`
			proof.Result
			Findings []fault.Reason `json:"findings"`
		}{failure == nil, result, findings}); err != nil {
			return err
		}
	}
	if failure != nil || c.JSON {
		return failure
	}
	fmt.Fprintf(out, "Entry %d stands in the log %s, as signed at %d entries.\n", result.Entry, result.Origin, result.Size)
	fmt.Fprintf(out, "  %s\n", result.Leaf)
	if len(result.Checked) > 0 {
		fmt.Fprintf(out, "  texts that are as they were logged: %s\n", strings.Join(result.Checked, ", "))
	}
	if len(result.Erased) > 0 {
		fmt.Fprintf(out, "  texts that were erased, so that they cannot be checked: %s\n", strings.Join(result.Erased, ", "))
	}
	return nil
}

func (c *RegisterVerifyCmd) online(ctx context.Context, out io.Writer, key note.Verifier) error {
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
	report, err := monitor.Verify(ctx, monitor.Config{URL: c.URL, Key: key, Seen: string(seen), Client: &http.Client{Transport: transport}})
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
		return fault.New(fault.Invalid, "the register at %s does not hold: %d findings", c.URL, report.Found)
	}
	if c.Remember == "" {
		return nil
	}
	return remember(c.Remember, report.Checkpoint)
}

func printReport(out io.Writer, r monitor.Report) {
	fmt.Fprintf(out, "The log %s is signed at %d entries (key %s).\n", r.Log, r.Size, r.Key)
	if r.Seen > 0 {
		fmt.Fprintf(out, "  it continues what was seen before at %d entries\n", r.Seen)
	}
	fmt.Fprintf(out, "  compared: %d tiles, %d entries, %d texts\n", r.Tiles, r.Entries, r.Texts)
	if r.Erased > 0 {
		fmt.Fprintf(out, "  %d texts were erased, each under a tombstone in the log\n", r.Erased)
	}
	if r.Unsigned > 0 {
		fmt.Fprintf(out, "  %d entries are newer than the checkpoint and were not compared\n", r.Unsigned)
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
