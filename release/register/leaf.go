package register

import (
	"encoding/json"
	"fmt"
	"time"

	"data.release/registrar/release/terms"
)

// ReadLeaf is the entry that a leaf of the log holds, without its texts, of
// which the leaf has only commitments. It is what [Entry.Leaf] made the leaf
// from, less what is the edition's own (EditionFrom, Sheet and Line).
func ReadLeaf(leaf []byte) (Entry, error) {
	var r record
	if err := json.Unmarshal(leaf, &r); err != nil {
		return Entry{}, fmt.Errorf("reading a leaf: %w", err)
	}
	e := Entry{
		Number: r.Number, Kind: r.Kind, About: r.About, Late: r.Late,
		Edition: r.Edition, SourceID: r.SourceID, RowKey: r.RowKey,
		Reference: r.Reference, Stem: r.Stem, Version: r.Version,
		Dataset: r.Dataset, TypeOfData: r.TypeOfData, Sensitivity: r.Sensitivity, Power: r.Power, Routes: r.Routes,
		OptOut: r.OptOut, Frequency: r.Frequency, Channel: r.Channel,
		Controllership: r.Controllership, SubLicensing: r.SubLicensing, Commercial: r.Commercial, Lines: r.Lines, Support: r.Support,
		Corrects: r.Corrects, Relation: r.Relation, SuccessorDataset: r.SuccessorDataset, Fields: r.Fields,
		RowsBand: r.RowsBand, Files: r.Files,
	}
	var err error
	if e.RecordedAt, err = time.Parse(time.RFC3339Nano, r.RecordedAt); err != nil {
		return Entry{}, fmt.Errorf("reading a leaf: %w", err)
	}
	for _, d := range []struct {
		text string
		into *terms.Date
	}{{r.EventFrom, &e.EventFrom}, {r.EventTo, &e.EventTo}, {r.Starts, &e.Starts}, {r.Ends, &e.Ends}} {
		if d.text == "" {
			continue
		}
		if *d.into, err = terms.ParseDate(d.text); err != nil {
			return Entry{}, fmt.Errorf("reading a leaf: %w", err)
		}
	}
	return e, nil
}
