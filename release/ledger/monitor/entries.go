package monitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
)

// compareEntries reads /register.json as it streams and holds each entry
// against its leaf. Every leaf must have its entry, once; an erased text must
// have a tombstone in the log that is about it. Withheld texts are counted and
// named: they are neither there nor gone.
func (s site) compareEntries(ctx context.Context, leaves [][]byte, r *Report) error {
	tombstones := proof.Tombstones{}
	for i, leaf := range leaves {
		// A leaf that cannot be read is named below, with its entry.
		if e, err := proof.ParseLeaf(int64(i), leaf); err == nil {
			tombstones.Add(e)
		}
	}
	seen := make([]bool, len(leaves))
	var erased []fault.Reason // what needs a tombstone
	var erasedOf []int64
	body, err := s.open(ctx, "/register.json?proofs=no") // the log itself was read already
	if err != nil {
		return err
	}
	defer body.Close()
	err = eachEntry(body, func(raw json.RawMessage) {
		var head struct {
			Number int64    `json:"number"`
			Kind   string   `json:"kind"`
			About  int64    `json:"about"`
			Fields []string `json:"fields"`
		}
		if err := json.Unmarshal(raw, &head); err != nil || head.Number < 1 {
			r.find(fault.Reason{Code: "entry-form", Field: "/register.json", Message: "holds an entry without a number"})
			return
		}
		number := head.Number
		if number > r.Size {
			r.Unsigned++
			// Of a tombstone, the text is gone already; the next checkpoint covers it.
			tombstones.Add(proof.Entry{Kind: head.Kind, About: head.About, Fields: head.Fields})
			return
		}
		if number > int64(len(leaves)) {
			return // a bundle could not be read, and is named
		}
		if seen[number-1] {
			r.find(named(number, []fault.Reason{{Code: "entry-repeated", Message: "is published twice"}})...)
			return
		}
		seen[number-1] = true
		e := proof.CheckEntry(number-1, leaves[number-1], raw)
		r.find(named(number, e.Reasons)...)
		for _, field := range e.Erased {
			erasedOf = append(erasedOf, number)
			erased = append(erased, fault.Reason{Code: "text-missing", Field: field,
				Message: "the text is said to be erased, but the log holds no tombstone for it"})
		}
		for _, field := range e.Withheld {
			r.Withheld++
			if len(r.Waiting) < MaxFindings {
				r.Waiting = append(r.Waiting, fmt.Sprintf("entry %d, %s", number, field))
			}
		}
		r.Entries++
		r.Texts += e.Checked
	})
	if err != nil {
		return fault.New(fault.Unavailable, "%s/register.json could not be read to its end: %s", s.base, err).Because(err)
	}
	for i, number := range erasedOf {
		if tombstones.Cover(number, erased[i].Field) {
			r.Erased++
		} else {
			r.find(named(number, erased[i:i+1])...)
		}
	}
	for i, ok := range seen {
		if !ok {
			r.find(named(int64(i)+1, []fault.Reason{{Code: "entry-missing", Message: "is in the log and is not published"}})...)
		}
	}
	return nil
}

// named puts the entry's number before each reason's field.
func named(number int64, reasons []fault.Reason) []fault.Reason {
	out := make([]fault.Reason, len(reasons))
	for i, reason := range reasons {
		entry := fmt.Sprintf("entry %d", number)
		if reason.Field != "" {
			entry += ", " + reason.Field
		}
		reason.Field = entry
		out[i] = reason
	}
	return out
}

// eachEntry calls f for each element of the member "entries" of a JSON object,
// one in memory at a time.
func eachEntry(r io.Reader, f func(json.RawMessage)) error {
	dec := json.NewDecoder(r)
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errors.New("it is no JSON object"), err)
	}
	found := false
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		if name != "entries" {
			var skipped json.RawMessage
			if err := dec.Decode(&skipped); err != nil {
				return err
			}
			continue
		}
		found = true
		if t, err := dec.Token(); err != nil || t != json.Delim('[') {
			return errors.Join(errors.New(`its "entries" are no list`), err)
		}
		for dec.More() {
			var raw json.RawMessage
			if err := dec.Decode(&raw); err != nil {
				return err
			}
			f(raw)
		}
		if _, err := dec.Token(); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	if !found {
		return errors.New(`it has no "entries"`)
	}
	return nil
}
