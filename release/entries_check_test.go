package release_test

import (
	"slices"
	"testing"

	"data.release/registrar/web/webtest"
)

// The real register, checked in the database; then what someone with every
// right on it could change.
func TestCheckEntriesNamesWhatWasChanged(t *testing.T) {
	site := webtest.Start(t)
	check := func() []string {
		t.Helper()
		checked, findings, err := site.Service.CheckEntries(t.Context())
		if err != nil || checked < 5663 {
			t.Fatalf("%d entries, %v", checked, err)
		}
		out := []string{}
		for _, f := range findings {
			out = append(out, f.Code+": "+f.Field)
		}
		return out
	}
	if found := check(); len(found) > 0 {
		t.Fatalf("a whole register: %q", found)
	}
	for _, statement := range []string{
		`ALTER TABLE entries DISABLE TRIGGER USER`,
		`ALTER TABLE entry_texts DISABLE TRIGGER USER`,
		`UPDATE entries SET opt_out = 'births' WHERE id = 700`,
		`UPDATE entries SET version = 'v9.9' WHERE id = 3`,
		`UPDATE entries SET leaf = '{}' WHERE id = 4`,
		`UPDATE entry_texts SET text = 'Nobody' WHERE entry_texts = 5 AND field = 'organisation'`,
		`DELETE FROM entry_texts WHERE entry_texts = 5664`,
		`DELETE FROM entries WHERE id = 5664`,
		`INSERT INTO entries (id, kind, recorded_at, leaf) VALUES (5665, 'release', now(), '{}')`,
	} {
		if _, err := site.DB.Pool.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	want := []string{
		"entry-missing: entry 5664", "entry-unlogged: entry 5665", "entry-changed: entry 4, leaf",
		"entry-changed: entry 3, version", "commitment: entry 5, organisation", "entry-changed: entry 700, opt_out",
	}
	if found := check(); !slices.Equal(found, want) {
		t.Errorf("found %q, want %q", found, want)
	}
}
