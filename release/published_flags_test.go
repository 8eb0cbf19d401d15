package release_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"data.release/registrar/release"
)

// What was flagged at a size of the register is flagged at that size for ever,
// whatever is entered later.
func TestEntriesChangeNoFlagOfAnEarlierSize(t *testing.T) {
	s, db, _ := imported(t)
	said := func(s *release.Service, size int64) string {
		t.Helper()
		found, err := s.Flags(t.Context(), size)
		if err != nil {
			t.Fatal(err)
		}
		out := &strings.Builder{}
		for _, f := range found.All() {
			fmt.Fprintln(out, f.Rule.ID, f.Entries, f.Groups, f.Explained, f.CannotTell, f.NoColumn)
		}
		return out.String()
	}
	whole, err := s.Statistics(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	size := whole.Size
	before := said(s, 0)
	later := release.New(release.Config{DB: db.DB, Clock: func() time.Time { return moment.Add(time.Hour) }})
	if _, err := later.ImportEdition(t.Context(), importer, uses(1, use{"17/LO/1", "Made-up University", "One", "No"})); err != nil {
		t.Fatal(err)
	}
	// One of the flagged rows is taken back.
	if _, err := db.DB.ExecContext(t.Context(), `INSERT INTO entries (id, kind, recorded_at, about, leaf) SELECT max(id) + 1, 'withdrawal', $1, 600, '{}' FROM entries`, moment.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*release.Service{"the same process": s, "another": release.New(release.Config{DB: db.DB, Clock: func() time.Time { return moment.Add(3 * time.Hour) }})} {
		if said(s, int64(size)) != before {
			t.Errorf("%s: flags of an earlier size are others", name)
		}
		if said(s, 0) == before {
			t.Errorf("%s: flags of now are those of an earlier size", name)
		}
	}
}
