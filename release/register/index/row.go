package index

import (
	"time"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Row is one entry as the index knows it: codes, dates and ids, no texts. A
// member that does not apply is empty.
type Row struct {
	Number             int64 // from 1, without gaps
	Kind, Corrects     register.Kind
	About              int64
	RecordedAt         time.Time // to the microsecond, UTC
	Late               bool
	EventFrom, EventTo terms.Date
	Edition            string     // SHA-256 of the file; empty for entries made here
	EditionFrom        terms.Date // the edition's first day
	// RowKey joins readings of one published row (register.Entry). The index
	// needs it while a row is added and does not give it back.
	RowKey   string
	SourceID string

	Reference, Stem, Version string
	Organisation             string // slug
	OrganisationKind         string // as published
	Dataset                  string // code

	// Of a release.
	TypeOfData  terms.TypeOfData
	Sensitivity terms.Sensitivity
	Power       terms.Power
	Routes      []terms.Route
	OptOut      terms.OptOut
	Frequency   terms.Frequency
	Channel     terms.Channel

	// Of an agreement.
	Starts, Ends             terms.Date
	Controllership           terms.Controllership
	SubLicensing, Commercial terms.Answer
	Lines                    []register.Line
	Support                  []register.Support

	// Of a succession. It holds for one agreement alone where Stem is set.
	Relation                    terms.Relation
	Successor, SuccessorDataset string

	Fields []register.Field // of a tombstone

	// Ended is the number of the entry because of which this one no longer
	// stands, at the size of the view that gave the row; 0 while it stands.
	Ended int64
}

// AsRelease says whether the row has codes of a release: a release has, and a
// correction of one.
func (r Row) AsRelease() bool {
	return r.Kind == register.Release || r.Kind == register.Correction && r.Corrects == register.Release
}

// AsAgreement says whether the row has the terms of an agreement.
func (r Row) AsAgreement() bool {
	return r.Kind == register.Agreement || r.Kind == register.Correction && r.Corrects == register.Agreement
}

// Stands says whether the row still counts at the size of its view.
func (r Row) Stands() bool { return r.Ended == 0 }

// Of is an entry's row.
func Of(e register.Entry) Row {
	r := Row{
		Number: e.Number, Kind: e.Kind, Corrects: e.Corrects, About: e.About, RecordedAt: e.RecordedAt, Late: e.Late,
		EventFrom: e.EventFrom, EventTo: e.EventTo, Edition: e.Edition, EditionFrom: e.EditionFrom, RowKey: e.RowKey, SourceID: e.SourceID,
		Reference: e.Reference, Stem: e.Stem, Version: e.Version, Organisation: e.Get(register.OrganisationID),
		OrganisationKind: e.Get(register.OrganisationType), Dataset: e.Dataset,
		Relation: e.Relation, Successor: e.Get(register.SuccessorID), SuccessorDataset: e.SuccessorDataset, Fields: e.Fields,
	}
	if r.AsRelease() {
		r.TypeOfData, r.Sensitivity, r.Power, r.Routes = e.TypeOfData, e.Sensitivity, e.Power, e.Routes
		r.OptOut, r.Frequency, r.Channel = e.OptOut, e.Frequency, e.Channel
	}
	if r.AsAgreement() {
		r.Starts, r.Ends, r.Controllership = e.Starts, e.Ends, e.Controllership
		r.SubLicensing, r.Commercial, r.Lines, r.Support = e.SubLicensing, e.Commercial, e.Lines, e.Support
	}
	return r
}

// day is a date as a number that sorts as dates do; 0 is no date. It is no
// count of days.
func day(d terms.Date) int32 { return int32(d.Year)<<9 | int32(d.Month)<<5 | int32(d.Day) }

func date(n int32) terms.Date {
	return terms.Date{Year: int(n >> 9), Month: time.Month(n >> 5 & 15), Day: int(n & 31)}
}
