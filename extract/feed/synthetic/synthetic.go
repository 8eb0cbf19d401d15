// Package synthetic makes the identifiers that artificial feeds lack: NHS
// numbers, birth dates and postcodes of people who do not exist, and a list of
// those of them who opted out. Everything it makes says so: in the file's name,
// and in every row's column SYNTHETIC.
//
// The same feeds make the same people. Numbers are of the range 999, which is
// kept for tests, and pass mod 11; postcodes are of the area ZZ, which does not
// exist. About one person in four owns ids in several feeds, one in
// twenty-five has no NHS number, one in forty an invalid one.
package synthetic

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"data.release/registrar/extract/feed/definition"
)

// The names of the files.
const (
	DemographicsFile = "SYNTHETIC-demographics.csv"
	OptOutsFile      = "SYNTHETIC-opt-outs.csv"
)

const label = "made up"

// Feed is an artificial activity file and the dataset that it is of.
type Feed struct{ Dataset, File string }

// localID is one id of a feed with what its first row says.
type localID struct {
	feed, id, provider, sex string
	birth                   time.Time
}

// Made says what was made.
type Made struct{ IDs, People, OptedOut int }

// Generate writes both files into a directory.
func Generate(dir string, feeds []Feed) (Made, error) {
	var all []localID
	for _, feed := range feeds {
		ids, err := read(feed)
		if err != nil {
			return Made{}, fmt.Errorf("reading %s: %w", filepath.Base(feed.File), err)
		}
		all = append(all, ids...)
	}
	if len(all) == 0 {
		return Made{}, errors.New("the feeds name nobody")
	}
	people := assign(all)
	var made Made
	var demographics, optOuts [][]string
	for _, p := range people {
		made.People++
		for _, id := range p.ids {
			made.IDs++
			demographics = append(demographics, []string{id.feed, id.id, id.provider, p.number, p.birth.Format(time.DateOnly), p.sex, p.postcode, label})
		}
		if p.optedOut {
			made.OptedOut++
			optOuts = append(optOuts, []string{p.number, label})
		}
	}
	byRow := func(a, b []string) int { return slices.Compare(a, b) }
	slices.SortFunc(demographics, byRow)
	slices.SortFunc(optOuts, byRow)
	header := []string{"FEED", "LOCAL_ID", "PROVIDER", "NHS_NUMBER", "BIRTH_DATE", "SEX", "POSTCODE", "SYNTHETIC"}
	if err := write(filepath.Join(dir, DemographicsFile), header, demographics); err != nil {
		return Made{}, err
	}
	return made, write(filepath.Join(dir, OptOutsFile), []string{"NHS_NUMBER", "SYNTHETIC"}, optOuts)
}

type person struct {
	ids                   []localID
	number, sex, postcode string
	birth                 time.Time
	optedOut              bool
}

// assign gives every id a person. An id of a later feed belongs, one time in
// four, to somebody who has an id in the first.
func assign(all []localID) []*person {
	first := all[0].feed
	var people, known []*person
	serial := 0
	for _, id := range all {
		draw := draws(id.feed, id.id)
		if id.feed != first && draw(0)%4 == 0 {
			p := known[draw(1)%uint64(len(known))]
			if !slices.ContainsFunc(p.ids, func(o localID) bool { return o.feed == id.feed }) {
				p.ids = append(p.ids, id)
				continue
			}
		}
		p := &person{ids: []localID{id}, sex: id.sex, birth: id.birth}
		p.postcode = fmt.Sprintf("ZZ%d %d%c%c", 1+draw(2)%30, draw(3)%10, "ABDEFGHJLNPQRSTUWXYZ"[draw(4)%20], "ABDEFGHJLNPQRSTUWXYZ"[draw(5)%20])
		p.number, serial = nhsNumber(serial)
		switch {
		case draw(6)%25 == 0:
			p.number = ""
		case draw(6)%40 == 1:
			p.number = p.number[:9] + string('0'+(p.number[9]-'0'+1)%10)
		default:
			p.optedOut = draw(7)%18 == 0
		}
		people = append(people, p)
		if id.feed == first {
			known = append(known, p)
		}
	}
	return people
}

// nhsNumber is the next number of the range 999 that passes mod 11.
func nhsNumber(serial int) (number string, next int) {
	for ; ; serial++ {
		digits := fmt.Sprintf("999%06d", serial*7919%1_000_000)
		sum := 0
		for i := range 9 {
			sum += (10 - i) * int(digits[i]-'0')
		}
		if check := (11 - sum%11) % 11; check != 10 {
			return digits + strconv.Itoa(check), serial + 1
		}
	}
}

// draws gives numbers that follow from the id alone.
func draws(feed, id string) func(n byte) uint64 {
	return func(n byte) uint64 {
		sum := sha256.Sum256([]byte("registrar/synthetic/v1\n" + feed + "\n" + id + "\n" + string(rune('a'+n))))
		return binary.BigEndian.Uint64(sum[:8])
	}
}

// read lists the ids of a feed in order, with sex, provider and a birth date
// that fits the age or birth month of the first row.
func read(feed Feed) ([]localID, error) {
	def, ok := definition.Get(feed.Dataset)
	if !ok {
		return nil, fmt.Errorf("there is no dataset %q", feed.Dataset)
	}
	f, err := os.Open(feed.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buffered := bufio.NewReader(f)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = buffered.Discard(3)
	}
	rows := csv.NewReader(buffered)
	header, err := rows.Read()
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, name := range header {
		at[name] = i
	}
	seen := map[string]bool{}
	var ids []localID
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		cell := func(name string) string {
			if i, ok := at[name]; ok {
				return row[i]
			}
			return ""
		}
		id := cell(def.PersonKey)
		if id == "" || seen[id] {
			continue
		}
		seen[id] = true
		ids = append(ids, localID{feed: feed.Dataset, id: id, provider: cell(def.ProviderField), sex: cell("SEX"),
			birth: birth(draws(feed.Dataset, id), cell("MYDOB"), cell(def.PeriodField), cmp.Or(cell("STARTAGE"), cell("APPTAGE"), cell("ARRIVALAGE")))})
	}
	slices.SortFunc(ids, func(a, b localID) int { return cmp.Compare(a.id, b.id) })
	return ids, nil
}

// birth is a date in the month of birth (MMYYYY), or so long before the event
// as the age says; 7001 to 7007 are the HES codes of the first year of life.
func birth(draw func(byte) uint64, month, event, age string) time.Time {
	day := 1 + int(draw(8)%28)
	if t, err := time.Parse("012006", month); err == nil && t.Year() > 1880 {
		return t.AddDate(0, 0, day-1)
	}
	at, err := time.Parse(time.DateOnly, event)
	if err != nil {
		at = time.Date(2003, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	years, err := strconv.ParseFloat(age, 64)
	if err != nil || years < 0 || years > 120 {
		years = 0
	}
	return at.AddDate(-int(years), 0, -1-int(draw(9)%300))
}

func write(path string, header []string, rows [][]string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(path), err)
	}
	w := csv.NewWriter(f)
	_ = w.Write(header) // an error stays with the writer
	_ = w.WriteAll(rows)
	if err := errors.Join(w.Error(), f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(path), err)
	}
	return nil
}
