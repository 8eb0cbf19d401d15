package feed_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"data.release/registrar/extract/feed"
	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/feed/rule"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// landing is a lake in temporary directories and a file to land in it.
func landing(t testing.TB, dataset, file, from, to string) feed.Landing {
	t.Helper()
	identity, activity := store(t), store(t)
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	def, _ := definition.Get(dataset)
	rules, _ := rule.Get(dataset)
	period, err := terms.ParsePeriod(from, to)
	if err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	return feed.Landing{Definition: def, Rules: rules, File: path, Site: "north", Supplier: "X26", Period: period, Identity: identity, Activity: activity,
		Rejects: []age.Recipient{key.Recipient()}, Work: filepath.Join(t.TempDir(), "work"),
		PersonID: func(kind, canonical string) string {
			h := hmac.New(sha256.New, []byte("test"))
			h.Write([]byte(kind + "\x00" + canonical))
			return hex.EncodeToString(h.Sum(nil)[:16])
		}}
}

func store(t testing.TB) *lake.Store {
	t.Helper()
	s, err := lake.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

const hes = "../../testdata/artificial-hes/"

var files = []struct {
	dataset, file, from, to string
	rows                    int64
}{
	{"hes_apc", hes + "artificial_hes_apc_0102_truncated.csv", "2001-04-01", "2002-03-31", 2075},
	{"hes_op", hes + "artificial_hes_op_0304_truncated.csv", "2003-04-01", "2004-03-31", 1000},
	{"hes_ae", hes + "artificial_hes_ae_0708_truncated.csv", "2007-04-01", "2008-03-31", 1000},
}

// TestArtificialFilesLand: every row is accepted or rejected, the activity
// part holds no id of a person but the lake's, and the same file makes the
// same parts.
func TestArtificialFilesLand(t *testing.T) {
	for _, f := range files {
		t.Run(f.dataset, func(t *testing.T) {
			first := landing(t, f.dataset, f.file, f.from, f.to)
			report, err := feed.Land(t.Context(), first)
			if err != nil {
				t.Fatal(err)
			}
			if report.Rows != f.rows || report.Accepted+report.Rejected != report.Rows || report.Rejected != 0 {
				t.Errorf("%d rows, %d accepted, %d rejected: %+v", report.Rows, report.Accepted, report.Rejected, report.Failures)
			}
			text, err := json.Marshal(report)
			if err != nil || strings.Contains(string(text), "TEST") {
				t.Errorf("the report has a local id in it: %v", err)
			}
			again, err := feed.Land(t.Context(), landing(t, f.dataset, f.file, f.from, f.to))
			if err != nil {
				t.Fatal(err)
			}
			activity := 0
			for i, part := range report.Parts {
				if again.Parts[i].SHA256 != part.SHA256 {
					t.Errorf("%s part is not the same twice", part.Area)
				}
				if part.Area == lake.Activity {
					activity++
					columns := strings.Join(columnsOf(t, first.Activity, part.Key), " ")
					if strings.Contains(columns, "PSEUDO_HESID") || strings.Contains(columns, "local_id") || !strings.Contains(columns, "person_id") {
						t.Errorf("columns of the activity part: %s", columns)
					}
				}
			}
			if activity == 0 {
				t.Error("no activity part")
			}
		})
	}
}

func columnsOf(t *testing.T, s *lake.Store, key string) []string {
	t.Helper()
	path, release, err := s.Local(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if path, err = filepath.EvalSymlinks(path); err != nil {
		t.Fatal(err)
	}
	db, err := duck.Open(t.Context(), duck.Options{Dir: t.TempDir(), AllowedPaths: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM read_parquet("+duck.Literal(path)+") LIMIT 0")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	return columns
}

// TestWhatIsNotWholeIsRefused: too few columns, a broken Parquet file, a row
// that ends early, an empty file: a clear error each, and nothing stored.
func TestWhatIsNotWholeIsRefused(t *testing.T) {
	dir := t.TempDir()
	whole, err := os.ReadFile(hes + "artificial_hes_op_0304_truncated.csv")
	if err != nil {
		t.Fatal(err)
	}
	header, rest, _ := strings.Cut(string(whole), "\n")
	bad := map[string]string{
		"few.csv":      "FYEAR,APPTDATE\n0304,2003-05-01\n",
		"broken.pq":    "PAR1 this is none PAR1",
		"short.csv":    header + "\n" + rest[:200],
		"empty.csv":    "",
		"nothing.csv":  header + "\n",
		"doubled.csv":  strings.Replace(header, "APPTDATE", "APPTAGE", 1) + "\n" + rest,
		"truncated.gz": "\x1f\x8b\x08\x00garbage",
	}
	for name, content := range bad {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			l := landing(t, "hes_op", path, "2003-04-01", "2004-03-31")
			_, err := feed.Land(t.Context(), l)
			var known *fault.Error
			if !errors.Is(err, fault.Invalid) || !errors.As(err, &known) || len(known.Reasons) == 0 {
				t.Fatalf("got %v", err)
			}
			for _, s := range []*lake.Store{l.Identity, l.Activity} {
				_ = filepath.WalkDir(s.Root(), func(path string, entry os.DirEntry, err error) error {
					if err == nil && !entry.IsDir() {
						t.Errorf("%s was stored", filepath.Base(path))
					}
					return nil
				})
			}
		})
	}
}
