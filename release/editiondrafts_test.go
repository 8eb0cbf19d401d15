package release_test

import (
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/attachment"
	"data.release/registrar/release/register"
)

// A form that is sent twice at once leaves one file that waits.
func TestAFileTriedTwiceAtOnceWaitsOnce(t *testing.T) {
	files, err := attachment.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	s := release.New(release.Config{DB: migrationstest.New(t).DB, Attachments: files, Clock: func() time.Time { return moment }})
	file := uses(1, use{"U1", "Made-up Ltd", "One", "No"})
	ids, errs := make([]uuid.UUID, 4), make([]error, 4)
	var wait sync.WaitGroup
	for i := range ids {
		wait.Go(func() { ids[i], errs[i] = s.DraftEdition(t.Context(), importer, file) })
	}
	wait.Wait()
	for i, id := range ids {
		if errs[i] != nil || id != ids[0] {
			t.Errorf("try %d: %s, %v", i, id, errs[i])
		}
	}
	drafts, err := s.EditionDrafts(t.Context(), importer)
	if err != nil || len(drafts) != 1 {
		t.Fatalf("%d files wait, %v", len(drafts), err)
	}
	// Once it was dropped, the file is tried anew.
	if err := s.DropDraft(t.Context(), importer, ids[0]); err != nil {
		t.Fatal(err)
	}
	if again, err := s.DraftEdition(t.Context(), importer, file); err != nil || again == ids[0] {
		t.Errorf("tried after it was dropped: %s, %v", again, err)
	}
}

// A report repeats the beginning of a value, and nothing of one that holds what
// is withheld, wherever the cut would fall.
func TestAReportRepeatsBeginnings(t *testing.T) {
	s, _ := newService(t)
	long := strings.Repeat("word ", 60)
	report, err := s.PlanEdition(t.Context(), importer, uses(1, use{"U1", "Made-up Ltd", "One", long}, use{"U2", "Made-up Ltd", "Two", long[:150] + "alice.nobody@example.org"}))
	if err != nil {
		t.Fatal(err)
	}
	cases := report.Doubt(register.DoubtUnrecognised).Cases
	if len(cases) != 2 || utf8.RuneCountInString(cases[0].What) != 201 || !strings.HasSuffix(cases[0].What, "…") || cases[1].What != "(withheld)" {
		t.Errorf("%+v", cases)
	}
}
