package extract_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"data.release/registrar/extract"
	"data.release/registrar/extract/delivery"
	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/engine/enginetest"
	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/plan"
	"data.release/registrar/extract/pseudonym"
	"data.release/registrar/release/terms"
)

// The columns of parts, as extract/feed writes them.
var (
	activityColumns = []string{"person_id", "EPIKEY", "EPISTART", "STARTAGE", "SEX", "RESGOR"}
	identityColumns = []string{"person_id", "EPIKEY", "local_id"}
	indexColumns    = []string{"person_id", "person", "feed", "local_id", "provider", "nhs_number", "nhs_valid", "birth_date", "postcode", "sex", "pass"}
)

// An id is a local id of the feed, and what the person index says of it.
type id struct {
	local    string // empty: the row names nobody
	indexed  bool
	person   string // ids of one person have the same
	provider string
	number   string
	valid    bool
	birth    string
	postcode string
}

func (i id) key() string { return "key of " + i.local }

// A row of activity, of one of the ids.
type row struct {
	id            int
	epikey, start string
	sex, region   string
}

// A world is a lake with its keys and stores.
type world struct {
	t                  fatal
	dir                string
	parts              *enginetest.Parts
	root               *pseudonym.Root
	identity, activity *lake.Store
	delivery           *delivery.Store
	worker, recipient  *age.X25519Identity
	engine             engine.Engine

	ids     []id
	rows    [][]row // by part
	objects []string

	activityParts, index []lake.Part
	optOuts              lake.Part
}

type fatal interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// newWorld makes empty stores.
func newWorld(t testing.TB) *world {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: dir, parts: enginetest.NewParts(t)}
	if w.root, err = pseudonym.RootFromBytes(bytes.Repeat([]byte{9}, pseudonym.KeySize)); err != nil {
		t.Fatal(err)
	}
	if w.worker, err = age.GenerateX25519Identity(); err != nil {
		t.Fatal(err)
	}
	if w.recipient, err = age.GenerateX25519Identity(); err != nil {
		t.Fatal(err)
	}
	w.reopen(t)
	return w
}

// reopen opens the stores and the engine in the world's directory.
func (w *world) reopen(t testing.TB) {
	t.Helper()
	var err error
	dir := w.dir
	w.engine = &engine.DuckDB{Dir: filepath.Join(dir, "engine"), Memory: "300MB", Threads: 2}
	if w.identity, err = lake.Open(t.Context(), "file://"+dir+"/identity"); err != nil {
		t.Fatal(err)
	}
	if w.activity, err = lake.Open(t.Context(), "file://"+dir+"/activity"); err != nil {
		t.Fatal(err)
	}
	if w.delivery, err = delivery.Open(t.Context(), "file://"+dir+"/delivery"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "handover"), 0o700); err != nil {
		t.Fatal(err)
	}
}

// land writes ids, rows and objections as parts.
func (w *world) land(t *testing.T) {
	w.activityParts, w.index = nil, nil
	var index, owners []enginetest.Row
	for _, i := range w.ids {
		if i.indexed {
			r := enginetest.Row{"person_id": i.key(), "person": i.person, "feed": "hes_apc", "local_id": i.local, "provider": i.provider,
				"nhs_number": i.number, "nhs_valid": fmt.Sprint(i.valid), "birth_date": i.birth, "postcode": i.postcode, "sex": "1", "pass": "key"}
			index = append(index, r)
		}
	}
	for _, part := range w.rows {
		var rows []enginetest.Row
		for _, r := range part {
			owner := w.ids[r.id]
			rows = append(rows, enginetest.Row{"person_id": owner.key(), "EPIKEY": r.epikey, "EPISTART": r.start, "STARTAGE": "34", "SEX": r.sex, "RESGOR": r.region})
			o := enginetest.Row{"person_id": owner.key(), "EPIKEY": r.epikey}
			if owner.local != "" {
				o["local_id"] = owner.local
			}
			owners = append(owners, o)
		}
		w.activityParts = append(w.activityParts, w.put(t, w.activity, lake.Activity, "hes_apc", w.write(activityColumns, rows), len(rows)))
	}
	w.index = append(w.index, w.put(t, w.identity, lake.Identity, "hes_apc", w.write(identityColumns, owners), len(owners)),
		w.put(t, w.identity, lake.Identity, lake.PersonIndex, w.cast(t, w.write(indexColumns, index), "nhs_valid::BOOLEAN AS nhs_valid"), len(index)))
	var list []enginetest.Row
	for _, n := range w.objects {
		list = append(list, enginetest.Row{"nhs_number": n})
	}
	w.optOuts = w.put(t, w.identity, lake.Identity, "opt_outs", w.write([]string{"nhs_number"}, list), len(list))
}

func (w *world) write(columns []string, rows []enginetest.Row) string {
	w.t.Helper()
	path, err := w.parts.Write(columns, rows)
	if err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w *world) cast(t *testing.T, path, replace string) string {
	return w.parts.Generate(t, "SELECT * REPLACE ("+replace+") FROM read_parquet('"+path+"')")
}

func (w *world) put(t testing.TB, store *lake.Store, area, dataset, path string, rows int) lake.Part {
	o, err := store.Put(t.Context(), lake.Place{Dataset: dataset, Site: "national", Period: "2001"}, path, "parquet")
	if err != nil {
		w.t.Fatal(err)
	}
	return lake.Part{Area: area, Dataset: dataset, Site: "national", Supplier: "X26", Period: "2001", Key: o.Key, SHA256: o.SHA256, Rows: int64(rows), Bytes: o.Bytes}
}

// plan makes a plan over what was landed, under a pseudonymised line with
// opt-outs that drops what cannot be checked, changed by with.
func (w *world) plan(with func(*terms.DatasetLine, *plan.Request)) plan.Plan {
	w.t.Helper()
	def, ok := definition.Get("hes_apc")
	ref, err := terms.ParseReference("DARS-NIC-69431-K1K8R-v1.2")
	if !ok || err != nil {
		w.t.Fatal("no definition or reference", err)
	}
	line := terms.DatasetLine{Number: 1, Dataset: "hes_apc", Site: "national", Type: terms.Pseudonymised, OptOut: terms.OptOutApplied, Unchecked: terms.DropUnchecked,
		Channel: terms.ChannelFile, Segment: "commissioning", Fields: []string{"EPIKEY", "EPISTART", "SEX", "RESGOR", "NHS_NUMBER", "BIRTH_DATE", "POSTCODE"},
		Periods: []terms.Period{{From: terms.NewDate(2001, 4, 1), To: terms.NewDate(2002, 3, 31)}}}
	request := plan.Request{Format: plan.CSV, Columns: []plan.Wanted{{Field: "EPIKEY"}, {Field: "SEX"}, {Field: "RESGOR"}}}
	if with != nil {
		with(&line, &request)
	}
	s := plan.Snapshot{Activity: lake.Snapshot(w.activityParts), Index: lake.Snapshot(w.index), Parts: len(w.activityParts)}
	for _, p := range w.activityParts {
		s.Rows += p.Rows
	}
	p, reasons := plan.Compile(plan.Input{Agreement: ref, Line: line, Definition: def, Request: request, Snapshot: s,
		OptOuts: &plan.OptOutList{SHA256: w.optOuts.SHA256, AsOf: terms.NewDate(2002, 5, 1)}})
	if len(reasons) > 0 {
		w.t.Fatal(reasons)
	}
	return p
}

func (w *world) populationJob(p plan.Plan) extract.PopulationJob {
	job := extract.PopulationJob{Plan: p, Index: w.index, Identity: w.identity, Root: w.root, To: w.worker.Recipient(),
		File: filepath.Join(w.dir, "handover", "map.age"), Work: filepath.Join(w.dir, "linking"), Memory: "300MB", Threads: 2}
	if p.OptOuts != nil {
		job.OptOuts = w.optOuts.Key
	}
	return job
}

func (w *world) runJob(p plan.Plan, h extract.Handover) extract.Job {
	return extract.Job{Plan: p, Parts: w.activityParts, Activity: w.activity, Handover: filepath.Join(w.dir, "handover", "map.age"), HandoverSHA256: h.SHA256,
		Identity: w.worker, Recipients: []age.Recipient{w.recipient.Recipient()}, Delivery: w.delivery, RunID: "run-1", Engine: w.engine}
}

// run links and runs.
func (w *world) run(t *testing.T, p plan.Plan) (extract.Result, error) {
	h, err := extract.Population(t.Context(), w.populationJob(p))
	if err != nil {
		return extract.Result{}, err
	}
	return extract.Run(t.Context(), w.runJob(p, h))
}

// open decrypts an output with the recipient's key.
func (w *world) open(t *testing.T, o extract.Output) []byte {
	w.t.Helper()
	f, err := w.delivery.Open(t.Context(), o.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	plain, err := age.Decrypt(f, w.recipient)
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := io.ReadAll(plain)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// cells reads the rows of all outputs, without their headers.
func (w *world) cells(t *testing.T, r extract.Result) (out [][]string) {
	w.t.Helper()
	for _, o := range r.Outputs {
		lines, err := csv.NewReader(bytes.NewReader(w.open(t, o))).ReadAll()
		if err != nil {
			w.t.Fatal(err)
		}
		if !slices.Equal(lines[0], o.Columns) || int64(len(lines)-1) != o.Rows {
			w.t.Fatalf("%s: header %q and %d rows, said to be %q and %d", o.Name, lines[0], len(lines)-1, o.Columns, o.Rows)
		}
		out = append(out, lines[1:]...)
	}
	return out
}

// delivered lists the files in the delivery store.
func (w *world) delivered() (files []string) {
	err := filepath.WalkDir(filepath.Join(w.dir, "delivery"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return files
}

// persons is the person map, made in plain Go from what the ids say.
func (w *world) persons(p plan.Plan) []engine.Person {
	hasher := w.root.Persons(p.KeyDomain).Hasher()
	var out []engine.Person
	for _, i := range w.ids {
		person := engine.Person{ID: i.key(), Checked: plan.CheckedNone}
		numbers, given, first := map[string]bool{}, false, ""
		for _, other := range w.ids {
			if !i.indexed || !other.indexed || other.person != i.person {
				continue
			}
			given = given || other.number != ""
			if other.valid {
				numbers[other.number] = true
			}
			person.OptedOut = person.OptedOut || p.OptOuts != nil && other.number != "" && slices.Contains(w.objects, other.number)
			giver := other.provider
			if giver == "" {
				giver = "hes_apc"
			}
			if by := giver + "\x00" + other.local; first == "" || by < first {
				first = by
			}
		}
		kind, canonical := pseudonym.Local("hes_apc"), i.local
		if first != "" {
			giver, local, _ := strings.Cut(first, "\x00")
			kind, canonical = pseudonym.Local(giver), local
		}
		number := ""
		for n := range numbers {
			number = n
		}
		switch {
		case len(numbers) > 0:
			person.Checked = plan.CheckedValid
		case given:
			person.Checked = plan.CheckedInvalid
		}
		if len(numbers) == 1 {
			kind, canonical = pseudonym.NHS, number
		} else {
			number = ""
		}
		values := map[string]string{"NHS_NUMBER": number}
		if i.indexed {
			values["BIRTH_DATE"], values["POSTCODE"] = i.birth, i.postcode
		}
		person.Values = enginetest.Values(p, values)
		if p.Pseudonymous() && canonical != "" {
			var err error
			if person.Pseudonym, err = hasher.Pseudonym(kind, canonical); err != nil {
				w.t.Fatal(err)
			}
		}
		out = append(out, person)
	}
	return out
}

// expected is what the plan makes of the world, by plain Go.
func (w *world) expected(p plan.Plan) ([][]string, engine.Counts) {
	var data [][]enginetest.Row
	for _, part := range w.sorted() {
		var rows []enginetest.Row
		for _, r := range part {
			rows = append(rows, enginetest.Row{"person_id": w.ids[r.id].key(), "EPIKEY": r.epikey, "EPISTART": r.start, "STARTAGE": "34", "SEX": r.sex, "RESGOR": r.region})
		}
		data = append(data, rows)
	}
	return enginetest.Expect(p, data, w.persons(p), w.root.Records(p.KeyDomain))
}

// sorted is the rows of the parts in the lake's order.
func (w *world) sorted() [][]row {
	order := make([]int, len(w.rows))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(w.activityParts[a].Key, w.activityParts[b].Key) })
	out := make([][]row, len(order))
	for i, o := range order {
		out[i] = w.rows[o]
	}
	return out
}

// small is a world with a person for every case.
func small(t *testing.T) *world {
	w := newWorld(t)
	w.ids = []id{
		{local: "A1", indexed: true, person: "a", number: "9990000018", valid: true, birth: "1960-02-29", postcode: "LS1 4AP"},
		{local: "A2", indexed: true, person: "a", number: "9990000018", valid: true, birth: "1960-02-29", postcode: "LS1 4AP"},
		{local: "B1", indexed: true, person: "b", number: "9990000026", valid: true, birth: "2000-01-01", postcode: "S10 2TN"},
		{local: "C1", indexed: true, person: "c", number: "9990000099", birth: "1911-01-01", postcode: "no"}, // not valid
		{local: "D1", indexed: true, person: "d", provider: "RTA"},                                           // no number
		{local: "E1"}, // in no index
		{},            // names nobody
		{local: "F1", indexed: true, person: "f", number: "9990000034", valid: true}, // two numbers, one objects
		{local: "F2", indexed: true, person: "f", number: "9990000042", valid: true},
		{local: "G1", indexed: true, person: "g", number: "9990000050", valid: true},
		{local: "G2", indexed: true, person: "g"}, // the same person without a number
	}
	w.objects = []string{"9990000026", "9990000042"}
	for part := range 2 {
		var rows []row
		for i := range w.ids {
			for n := range 3 {
				rows = append(rows, row{id: i, epikey: fmt.Sprint(1000*part + 10*i + n), start: []string{"2001-05-01", "2001-12-31", "2002-04-01"}[n], sex: "1", region: "H"})
			}
		}
		w.rows = append(w.rows, rows)
	}
	w.land(t)
	return w
}

var errStop = errors.New("stop here")
