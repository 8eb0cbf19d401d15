package release_test

import (
	"bytes"
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/layout"
	"data.release/registrar/release/sheets"
	"data.release/registrar/release/terms"
)

// Our agreements in the fields of HDR UK's standard are read again by whoever
// reads that standard: both files, with what the agreement says.
func TestDataUsesAreReadAsSuch(t *testing.T) {
	b := newBench(t)
	p := b.people()
	b.releasedOnce(p)
	for _, format := range []release.ExportFormat{release.DataUsesCSV, release.DataUsesJSON} {
		var out bytes.Buffer
		b.must(b.ExportRegister(b.ctx, format, release.RegisterQuery{}, false, &out))
		read, form, err := sheets.Open("register."+string(format), out.Bytes())
		b.must(err)
		source, err := layout.Read(read, layout.Options{FileName: "uses.csv", Publisher: "The Body", Period: terms.Period{From: terms.NewDate(2026, 11, 1), To: terms.NewDate(2026, 11, 30)}, Form: form})
		b.must(err)
		if source.Layout != layout.HDRUK2 || len(source.Unknown) > 0 {
			t.Errorf("%s: layout %s, unknown %+v", format, source.Layout, source.Unknown)
		}
		book, err := register.Normalise(source)
		b.must(err)
		var agreements, releases int
		for _, e := range book.Entries {
			switch e.Entry.Kind {
			case register.Agreement:
				agreements++
				if e.Entry.Get(register.Title) != "A study" || e.Entry.Starts != terms.NewDate(2026, 11, 1) || e.Entry.SubLicensing != terms.No || len(e.Entry.Lines) != 1 || e.Entry.Lines[0].TypeOfData != terms.Pseudonymised {
					t.Errorf("%s: %+v", format, e.Entry)
				}
			case register.Release:
				releases++
			}
		}
		if agreements != 1 {
			t.Errorf("%s: %d agreements and %d releases", format, agreements, releases)
		}
	}
}
