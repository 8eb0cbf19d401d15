package release

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/summary"
	"data.release/registrar/release/terms"
)

// PublishedName is an organisation or dataset with its entries counted.
type PublishedName struct {
	ID         string // slug or code: of the newest name, and so of the page
	Name       string // as its newest entry has it
	Also       []string
	Statements int // statements of agreements that stand
	Releases   int // releases that stand
}

// Spelling is one name of a body or dataset as published.
type Spelling struct {
	ID, Name string
	Entries  int        // of every kind and standing
	From, To terms.Date // of what those entries record; zero: not recorded
}

// PublishedOrganisation is a body under all its names, and all that it
// received.
type PublishedOrganisation struct {
	ID        string // of the newest name; ids of other names lead here
	Name      string
	Spellings []Spelling
	Kinds     []string // types of organisation as published, most first
	// Joined are the successions that make its names one, and Before and After
	// those by which it followed others and others followed it.
	Joined, Before, After []register.Entry
	Statements, Releases  int
	Lines                 []PublishedLine
	// Agreements are some of those that name it, from First on (0 is the first),
	// the one with the latest release first; All is how many there are.
	Agreements []PublishedProject
	First, All int
	// Stems are all of them, in that order.
	Stems []string
}

// PublishedProject is an agreement as an organisation's page shows it.
type PublishedProject struct {
	Stem      string
	Statement *register.Entry // the newest statement that stands, with all texts; nil: none was published
	Statements,
	Releases int
	From, To terms.Date // of the releases
	Lines    []PublishedLine
	Endings  []register.Entry
}

// PublishedOrganisation finds an organisation by any of its ids, at a size of
// the register (0: as it is), with at most so many of its agreements;
// fault.NotFound if the register has no entry of it.
func (s *Service) PublishedOrganisation(ctx context.Context, asOf int64, id string, first, most int) (*PublishedOrganisation, error) {
	a, err := s.registerAt(ctx, asOf)
	if err != nil {
		return nil, err
	}
	ids := a.Body(id)
	out := &PublishedOrganisation{ID: ids[0], First: first}
	err = s.snapshot(ctx, func(tx *sql.Tx) (err error) {
		if out.Spellings, err = readSpellings(ctx, tx, a, "organisation", register.OrganisationName, ids); err != nil {
			return err
		}
		if err := out.readSuccessions(ctx, tx, a, ids); err != nil {
			return err
		}
		if len(out.Spellings) == 0 && len(out.Joined)+len(out.Before)+len(out.After) == 0 {
			return fault.New(fault.NotFound, "The register has no organisation %s.", id)
		}
		out.Name = newestName(out.ID, out.Spellings)
		if renamed := renamedTo(out.ID, out.Joined); renamed != "" {
			out.Name = renamed
		}
		if out.Kinds, err = organisationKinds(ctx, tx, a, ids); err != nil {
			return err
		}
		return out.readReceived(ctx, tx, a, ids, most)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// readSpellings gives the names of some ids as published, the newest name first.
// What only withdrawn entries say is no name, unless there is no other.
func readSpellings(ctx context.Context, tx queryer, a at, column string, field register.Field, ids []string) ([]Spelling, error) {
	holds := map[string]bool{}
	out, err := collect(ctx, tx, func(rows *sql.Rows) (s Spelling, err error) {
		var said bool
		err = rows.Scan(&s.ID, &s.Name, &s.Entries, &s.From, &s.To, &said)
		holds[s.Name] = holds[s.Name] || said
		return s, err
	}, `SELECT e.`+column+`, coalesce(t.text, ''), count(*), min(e.event_from), max(e.event_to),
			bool_or(e.kind NOT IN ('withdrawal', 'tombstone') AND NOT EXISTS (SELECT FROM entries w WHERE w.about = e.id AND w.kind = 'withdrawal' AND w.id <= $3))
		FROM entries e LEFT JOIN entry_texts t ON t.entry_texts = e.id AND t.field = $1
		WHERE e.`+column+` = ANY($2) AND e.id <= $3 GROUP BY 1, 2`, string(field), ids, a.Size())
	if slices.Contains(slices.Collect(maps.Values(holds)), true) {
		out = slices.DeleteFunc(out, func(s Spelling) bool { return !holds[s.Name] })
	}
	slices.SortFunc(out, func(x, y Spelling) int {
		return cmp.Or(cmp.Compare(slices.Index(ids, x.ID), slices.Index(ids, y.ID)), cmp.Compare(y.Entries, x.Entries), compareText(x.Name, y.Name))
	})
	return out, err
}

// newestName is how most entries spell the newest name.
func newestName(id string, list []Spelling) string {
	for _, s := range list {
		if s.Name != "" {
			return s.Name
		}
	}
	return id
}

// renamedTo is the name that a body took without another id, by the last rename
// of those that stand; empty where it took none.
func renamedTo(id string, joined []register.Entry) (name string) {
	var last terms.Date
	for _, e := range joined {
		to, ok := textAt(e, register.Successor)
		if ok && e.Relation == terms.RenamedTo && e.Get(register.OrganisationID) == id && e.Get(register.SuccessorID) == id && e.EventFrom.Compare(last) >= 0 {
			name, last = to, e.EventFrom
		}
	}
	return name
}

func organisationKinds(ctx context.Context, tx queryer, a at, ids []string) ([]string, error) {
	return collect(ctx, tx, func(rows *sql.Rows) (kind string, err error) { return kind, rows.Scan(&kind) }, `
		SELECT organisation_type FROM entries WHERE organisation = ANY($1) AND id <= $2 AND organisation_type <> ''
		GROUP BY 1 ORDER BY count(*) DESC, 1`, ids, a.Size())
}

func (out *PublishedOrganisation) readSuccessions(ctx context.Context, tx queryer, a at, ids []string) error {
	var numbers []int64
	for _, r := range a.sum.Successions {
		if r.Dataset == "" && (slices.Contains(ids, r.Organisation) || slices.Contains(ids, r.Successor)) {
			numbers = append(numbers, r.Number)
		}
	}
	entries, err := readNumbers(ctx, tx, listTexts, numbers)
	for _, e := range entries {
		from, to := slices.Contains(ids, e.Get(register.OrganisationID)), slices.Contains(ids, e.Get(register.SuccessorID))
		switch {
		case e.Relation.Joins() && e.Stem == "":
			out.Joined = append(out.Joined, e)
		case from:
			out.After = append(out.After, e)
		case to:
			out.Before = append(out.Before, e)
		}
	}
	for _, list := range [][]register.Entry{out.Joined, out.Before, out.After} {
		slices.SortStableFunc(list, func(x, y register.Entry) int { return x.EventFrom.Compare(y.EventFrom) })
	}
	return err
}

// readReceived reads the agreements that name the organisation, and counts all
// that it received.
func (out *PublishedOrganisation) readReceived(ctx context.Context, tx queryer, a at, ids []string, most int) error {
	lines := a.sum.OfOrganisations(ids...)
	var codes []string
	for _, l := range lines {
		codes = append(codes, l.Dataset)
		out.Releases += l.Releases
	}
	for _, id := range ids {
		out.Statements += a.sum.Organisations[id].Statements
	}
	slices.Sort(codes)
	named, err := a.datasetNames(ctx, tx, slices.Compact(codes))
	if err != nil {
		return err
	}
	byStem := map[string][]PublishedLine{}
	for _, l := range lines {
		line := PublishedLine{Line: l, DatasetName: named[l.Dataset]}
		out.Lines = append(out.Lines, line)
		byStem[l.Stem] = append(byStem[l.Stem], line)
	}
	agreements := a.sum.AgreementsOf(ids...)
	out.All = len(agreements)
	for _, agreement := range agreements {
		out.Stems = append(out.Stems, agreement.Stem)
	}
	begin := min(max(out.First, 0), len(agreements))
	agreements = agreements[begin:min(begin+most, len(agreements))]
	return out.readProjects(ctx, tx, a, agreements, byStem)
}

func (out *PublishedOrganisation) readProjects(ctx context.Context, tx queryer, a at, agreements []*summary.Agreement, lines map[string][]PublishedLine) error {
	var numbers []int64
	for _, agreement := range agreements {
		if number := newestStatement(a, agreement.Statements); number > 0 {
			numbers = append(numbers, number)
		}
		numbers = append(numbers, agreement.Endings...)
	}
	entries, err := readNumbers(ctx, tx, nil, numbers)
	if err != nil {
		return err
	}
	for _, agreement := range agreements {
		p := PublishedProject{Stem: agreement.Stem, Statements: len(agreement.Statements), Lines: lines[agreement.Stem]}
		for _, l := range p.Lines {
			p.Releases += l.Releases
			p.From, p.To = summary.Widen(p.From, p.To, l.From, l.To)
		}
		slices.SortStableFunc(p.Lines, func(x, y PublishedLine) int { return compareNames(x.DatasetName, y.DatasetName) })
		for i := range entries {
			switch e := &entries[i]; {
			case e.Stem != agreement.Stem:
			case e.AsAgreement():
				p.Statement = e
			default:
				p.Endings = append(p.Endings, *e)
			}
		}
		out.Agreements = append(out.Agreements, p)
	}
	return nil
}

// newestStatement is the statement of the highest version, the last entered of
// several; 0 of none.
func newestStatement(a at, numbers []int64) int64 {
	best, reference := int64(0), ""
	for _, number := range numbers {
		row, ok := a.Row(number)
		if ok && (best == 0 || compareReferences(row.Reference, reference) >= 0) {
			best, reference = number, row.Reference
		}
	}
	return best
}

// PublishedOrganisations lists every body in the register, by name.
func (s *Service) PublishedOrganisations(ctx context.Context, asOf int64) ([]PublishedName, error) {
	a, err := s.registerAt(ctx, asOf)
	if err != nil {
		return nil, err
	}
	return listBodies(ctx, s.db, bodies(a.sum.Organisations, a.Body), a.organisationNames)
}

// PublishedDatasets lists every dataset in the register, by name.
func (s *Service) PublishedDatasets(ctx context.Context, asOf int64) ([]PublishedName, error) {
	a, err := s.registerAt(ctx, asOf)
	if err != nil {
		return nil, err
	}
	return listBodies(ctx, s.db, bodies(a.sum.Datasets, a.DatasetBody), a.datasetNames)
}

func listBodies(ctx context.Context, q queryer, list map[string]body, namesOf func(context.Context, queryer, []string) (map[string]string, error)) ([]PublishedName, error) {
	var ids []string
	for _, b := range list {
		ids = append(ids, b.ids...)
	}
	named, err := namesOf(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	var out []PublishedName
	for id, b := range list {
		n := PublishedName{ID: id, Name: named[id], Statements: b.Statements, Releases: b.Releases}
		for _, other := range b.ids {
			if name := named[other]; name != other && n.Name == id {
				n.Name = name // the newest name has no entry of its own yet
			} else if name != n.Name && name != other {
				n.Also = append(n.Also, name)
			}
		}
		out = append(out, n)
	}
	sortNames(out)
	return out, nil
}
