package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/offline"
	"data.release/registrar/release/ledger/proof"
)

// offline verifies a file with nothing but it, the key, and checkpoints that
// were kept.
func (c *RegisterVerifyCmd) offline(out io.Writer, key note.Verifier, earlier []string) error {
	file, err := os.Open(c.File)
	if err != nil {
		return fault.New(fault.Invalid, "the file %s cannot be read", c.File).Because(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fault.New(fault.Invalid, "the file %s cannot be read", c.File).Because(err)
	}
	form, err := offline.FormOf(file, info.Size())
	if err != nil {
		return c.failed(out, err)
	}
	switch {
	case form == offline.Consistency && len(earlier) != 1:
		return fault.New(fault.Invalid, "a consistency proof leads from one checkpoint that was kept: give it as --earlier")
	case form != offline.Consistency && len(earlier) > 0:
		return fault.New(fault.Invalid, "--earlier goes with --url, or with a consistency proof (/log/consistency?from=SIZE)")
	}
	switch form {
	case offline.OneEntry, offline.Consistency:
		content, err := offline.Whole(file, info.Size())
		if err != nil {
			return c.failed(out, err)
		}
		if form == offline.Consistency {
			return c.consistency(out, key, content, earlier[0])
		}
		return c.oneEntry(out, key, content)
	}
	report, err := offline.Verify(file, info.Size(), key)
	return c.entries(out, report, err)
}

// failed reports a file that could not be read at all.
func (c *RegisterVerifyCmd) failed(out io.Writer, failure error) error {
	if c.JSON {
		if err := printJSON(out, struct {
			OK       bool           `json:"ok"`
			Findings []fault.Reason `json:"findings"`
		}{false, proof.Reasons(failure)}); err != nil {
			return err
		}
	}
	return failure
}

func (c *RegisterVerifyCmd) oneEntry(out io.Writer, key note.Verifier, content []byte) error {
	bundle, failure := proof.ParseBundle(content)
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
	fmt.Fprintf(out, "Entry %d stands in the log %s, as signed at %s.\n", result.Entry, result.Origin, entriesOf(result.Size))
	fmt.Fprintf(out, "  %s\n", result.Leaf)
	for _, texts := range []struct {
		what   string
		fields []string
	}{
		{"texts that are as they were logged", result.Checked},
		{"texts that were erased, so that they cannot be checked", result.Erased},
		{"texts that await a person's decision, so that they cannot be checked", result.Withheld},
	} {
		if len(texts.fields) > 0 {
			fmt.Fprintf(out, "  %s: %s\n", texts.what, strings.Join(texts.fields, ", "))
		}
	}
	return nil
}

func (c *RegisterVerifyCmd) consistency(out io.Writer, key note.Verifier, content []byte, earlier string) error {
	consistency, failure := proof.ParseConsistency(content)
	if failure == nil {
		failure = consistency.Verify(key, earlier)
	}
	if c.JSON {
		findings := []fault.Reason{}
		if failure != nil {
			findings = proof.Reasons(failure)
		}
		if err := printJSON(out, struct {
			OK       bool           `json:"ok"`
			Log      string         `json:"log"`
			From     int64          `json:"from"`
			To       int64          `json:"to"`
			Findings []fault.Reason `json:"findings"`
		}{failure == nil, key.Name(), consistency.From, consistency.To, findings}); err != nil {
			return err
		}
	}
	if failure != nil || c.JSON {
		return failure
	}
	fmt.Fprintf(out, "The log %s, signed at %s, continues the earlier checkpoint at %s.\n", key.Name(), entriesOf(consistency.To), entriesOf(consistency.From))
	return nil
}

// entries reports what a file of many entries was found to hold.
func (c *RegisterVerifyCmd) entries(out io.Writer, r offline.Report, failure error) error {
	if c.JSON {
		message := ""
		if failure != nil {
			message = failure.Error()
		}
		if err := printJSON(out, struct {
			OK    bool   `json:"ok"`
			Error string `json:"error,omitempty"`
			offline.Report
		}{failure == nil && r.Found == 0, message, r}); err != nil {
			return err
		}
	} else if r.Log != "" {
		printFile(out, r)
	}
	if failure != nil {
		return failure
	}
	if r.Found > 0 {
		return fault.New(fault.Invalid, "the file %s does not hold: %s", c.File, tallied(r.Found, "finding", "findings"))
	}
	return nil
}

func printFile(out io.Writer, r offline.Report) {
	fmt.Fprintf(out, "The file is a %s of the log %s, as signed at %s.\n", r.Form, r.Log, entriesOf(r.Size))
	fmt.Fprintf(out, "  compared: %s, %s\n", entriesOf(r.Entries), tallied(r.Texts, "text", "texts"))
	if r.Erased+r.Withheld > 0 {
		fmt.Fprintf(out, "  %s erased by law and %s a person's decision, so that they cannot be checked\n", tallied(r.Erased, "text was", "texts were"), tallied(r.Withheld, "awaits", "await"))
		listed(out, r.Missing, int(r.Erased+r.Withheld))
	}
	if r.Unsigned > 0 {
		fmt.Fprintf(out, "  %s newer than the checkpoint, so that nothing is proven of them\n", tallied(r.Unsigned, "entry is", "entries are"))
	}
	for _, f := range r.Findings {
		fmt.Fprintf(out, "! %s: %s\n", f.Field, f.Message)
	}
	if more := r.Found - len(r.Findings); more > 0 {
		fmt.Fprintf(out, "! and %d more\n", more)
	}
	switch {
	case r.Found > 0:
	case r.Whole:
		fmt.Fprintln(out, "Every entry that was signed is in the file, and everything holds.")
	default:
		fmt.Fprintln(out, "Everything in the file holds. It has a part of the log: of what is not in it, it proves nothing.")
	}
}

// listed names what a report counted, as far as it does.
func listed(out io.Writer, names []string, all int) {
	for _, name := range names {
		fmt.Fprintf(out, "    %s\n", name)
	}
	if more := all - len(names); more > 0 {
		fmt.Fprintf(out, "    and %d more\n", more)
	}
}
