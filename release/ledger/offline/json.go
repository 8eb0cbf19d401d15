package offline

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/note"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
)

// entries is a file's entries being verified.
type entries struct {
	sequence *proof.Sequence
	unsigned bool // the file has no checkpoint
	count    int64
}

func begin(head proof.Head, key note.Verifier) *entries {
	e := &entries{sequence: proof.NewSequence(key, head.Checkpoint), unsigned: head.Checkpoint == ""}
	if e.unsigned {
		e.sequence.Find(fault.Reason{Code: "checkpoint-missing", Field: "checkpoint",
			Message: "the file has none: take it from the register again, without proofs=no, once its log is signed"})
	}
	if head.Checkpoint != "" && head.Log != key.Name() {
		e.sequence.Find(fault.Reason{Code: "log-name", Field: "log",
			Message: fmt.Sprintf("the file says that it is of the log %s, and the key is of %s", quote(head.Log), key.Name())})
	}
	return e
}

func (e *entries) take(raw json.RawMessage) {
	e.count++
	e.sequence.Entry(raw)
}

func (e *entries) end(end proof.End) (proof.SequenceReport, error) {
	if e.unsigned && e.count == 0 && end.Entries == 0 {
		return proof.SequenceReport{}, fault.New(fault.Invalid, "this file holds no entry, and there is nothing to verify: the register had none, or none that was asked for")
	}
	if end.Entries != e.count {
		e.sequence.Find(fault.Reason{Code: "file-count", Field: "end of the file",
			Message: fmt.Sprintf("it was made of %d entries and has %d", end.Entries, e.count)})
	}
	return e.sequence.Close(end.After), nil
}

// cut is what can be said of a file that breaks off: nothing of its root.
func (e *entries) cut(cause error) (proof.SequenceReport, error) {
	e.sequence.Lose()
	return e.sequence.Close(nil), cut(e.count, cause)
}

// verifyBundle reads JSON Lines: a head, the entries, an end.
func verifyBundle(r io.Reader, key note.Verifier) (proof.SequenceReport, error) {
	d := json.NewDecoder(r)
	var head proof.Head
	if err := d.Decode(&head); err != nil {
		return proof.SequenceReport{}, cut(0, err)
	}
	e := begin(head, key)
	for {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("its last line is missing")
			}
			return e.cut(err)
		}
		var last struct {
			Number *int64 `json:"number"`
			Count  *int64 `json:"count"`
		}
		if json.Unmarshal(raw, &last) != nil || last.Count == nil || last.Number != nil {
			e.take(raw)
			continue
		}
		var end proof.End
		if err := json.Unmarshal(raw, &end); err != nil {
			return e.cut(err)
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			e.sequence.Find(fault.Reason{Code: "file-form", Field: "end of the file", Message: "something follows its last line"})
		}
		return e.end(end)
	}
}

// verifyRegister reads /register.json: one object whose entries stand between
// the members of a head and those of an end.
func verifyRegister(r io.Reader, key note.Verifier) (proof.SequenceReport, error) {
	d := json.NewDecoder(r)
	var e *entries
	broken := func(err error) (proof.SequenceReport, error) {
		if e == nil {
			return proof.SequenceReport{}, cut(0, err)
		}
		return e.cut(err)
	}
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return broken(errors.Join(errors.New("it is no JSON object"), err))
	}
	members := map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return broken(err)
		}
		if name != "entries" {
			var value json.RawMessage
			if err := d.Decode(&value); err != nil {
				return broken(err)
			}
			members[fmt.Sprint(name)] = value
			continue
		}
		if e != nil {
			return broken(errors.New("it has entries twice"))
		}
		var head proof.Head
		if err := gather(members, &head); err != nil {
			return broken(err)
		}
		e = begin(head, key)
		if err := eachElement(d, e.take); err != nil {
			return broken(err)
		}
	}
	if _, err := d.Token(); err != nil {
		return broken(err)
	}
	if e == nil {
		return broken(errors.New("it has no entries"))
	}
	var end proof.End
	if err := gather(members, &end); err != nil {
		return broken(err)
	}
	return e.end(end)
}

// eachElement visits the elements of a list, one in memory at a time.
func eachElement(d *json.Decoder, visit func(json.RawMessage)) error {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errors.Join(errors.New("its entries are no list"), err)
	}
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		visit(raw)
	}
	_, err := d.Token()
	return err
}

// gather reads members that stand apart as those of one value.
func gather(members map[string]json.RawMessage, into any) error {
	object, err := json.Marshal(members)
	if err != nil {
		return err
	}
	return json.Unmarshal(object, into)
}
