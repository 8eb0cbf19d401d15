package release

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/register/summary"
	"data.release/registrar/release/terms"
)

// PublishedAgreement is what the register says of one agreement in all its
// versions, at one size of it.
type PublishedAgreement struct {
	Stem     string
	Local    bool // a local name, no NIC number
	Versions []PublishedVersion
	// Endings are the terminations and certificates of destruction that stand,
	// and Successions those for this agreement alone.
	Endings, Successions []register.Entry
	// Notes are the corrections, withdrawals and tombstones about entries of the
	// agreement, those about its releases among them, oldest first. About are the
	// entries that they are about, without long texts.
	Notes []register.Entry
	About map[int64]register.Entry
	// Releases are those that stand; Ended are releases that no longer do.
	Releases, Ended int
	Lines           []PublishedLine
	Months          []PublishedMonths
	// Organisations and Datasets are those of its entries that stand.
	Organisations, Datasets []PublishedName
}

// PublishedVersion is one version as the register has it.
type PublishedVersion struct {
	Reference  string
	Version    string           // "v1.2"; empty: not recorded
	Statements []register.Entry // entries of the agreement itself that stand, with all texts, oldest first
	Earlier    []EarlierReading // those that no longer do
	Releases   int
	From, To   terms.Date // of the releases
}

// EarlierReading is an entry that no longer stands, and that because of which.
type EarlierReading struct {
	register.Entry // without long texts
	EndedBy        int64
}

// PublishedLine counts the releases that agree in what was released, to whom
// and on what terms.
type PublishedLine struct {
	summary.Line
	DatasetName, OrganisationName string
}

// PublishedMonths are a dataset's releases by month.
type PublishedMonths struct {
	Dataset, DatasetName string
	Months               []summary.Month // the latest first
}

// PublishedAgreement finds an agreement by its stem, at a size of the register;
// 0 is as it is. fault.NotFound if the register has no entry of it.
func (s *Service) PublishedAgreement(ctx context.Context, asOf int64, stem string) (*PublishedAgreement, error) {
	a, err := s.registerAt(ctx, asOf)
	if err != nil {
		return nil, err
	}
	out := &PublishedAgreement{Stem: stem, About: map[int64]register.Entry{}}
	if ref, err := terms.ParseReference(stem); err == nil {
		out.Local = !ref.IsNIC()
	}
	err = s.snapshot(ctx, func(tx *sql.Tx) error {
		rows, err := a.rows(ctx, tx, `e.stem = $2`, stem)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return fault.New(fault.NotFound, "The register has no agreement %s.", stem)
		}
		if err := out.readVersions(ctx, tx, rows); err != nil {
			return err
		}
		if err := out.readNotes(ctx, tx, a, stem); err != nil {
			return err
		}
		return out.count(ctx, tx, a, rows)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// readVersions reads the statements of each version, and what ended it.
func (out *PublishedAgreement) readVersions(ctx context.Context, tx queryer, rows []index.Row) error {
	var stands, ended []int64
	by := map[int64]int64{}
	versions := map[string]*PublishedVersion{}
	version := func(r index.Row) *PublishedVersion {
		v := versions[r.Reference]
		if v == nil {
			v = &PublishedVersion{Reference: cmp.Or(r.Reference, out.Stem), Version: r.Version}
			versions[r.Reference] = v
		}
		return v
	}
	for _, r := range rows {
		switch {
		case r.AsRelease() && r.Stands():
			v := version(r)
			v.Releases++
			v.From, v.To = summary.Widen(v.From, v.To, r.EventFrom, r.EventTo)
			out.Releases++
		case r.AsRelease():
			out.Ended++
		case r.AsAgreement():
			version(r)
			if r.Stands() {
				stands = append(stands, r.Number)
			} else {
				ended, by[r.Number] = append(ended, r.Number), r.Ended
			}
		case r.Kind == register.Termination || r.Kind == register.Destruction || r.Kind == register.Succession:
			if r.Stands() {
				stands = append(stands, r.Number)
			}
		}
	}
	entries, err := readNumbers(ctx, tx, nil, stands)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch {
		case e.Kind == register.Succession:
			out.Successions = append(out.Successions, e)
		case e.AsAgreement():
			v := versions[e.Reference]
			v.Statements = append(v.Statements, e)
		default:
			out.Endings = append(out.Endings, e)
		}
	}
	earlier, err := readNumbers(ctx, tx, listTexts, ended)
	if err != nil {
		return err
	}
	for _, e := range earlier {
		v := versions[e.Reference]
		v.Earlier = append(v.Earlier, EarlierReading{e, by[e.Number]})
	}
	for _, v := range versions {
		out.Versions = append(out.Versions, *v)
	}
	slices.SortFunc(out.Versions, func(a, b PublishedVersion) int { return compareReferences(a.Reference, b.Reference) })
	return nil
}

// readNotes reads what later entries say about entries of the agreement.
func (out *PublishedAgreement) readNotes(ctx context.Context, tx queryer, a at, stem string) error {
	rows, err := a.rows(ctx, tx, `e.about IN (SELECT id FROM entries WHERE stem = $2)`, stem)
	if err != nil {
		return err
	}
	if out.Notes, err = readNumbers(ctx, tx, listTexts, numbersOf(rows)); err != nil {
		return err
	}
	var numbers []int64
	for _, r := range rows {
		numbers = append(numbers, r.About)
	}
	about, err := readNumbers(ctx, tx, listTexts, numbers)
	for _, e := range about {
		out.About[e.Number] = e
	}
	return err
}

// count adds the releases by line and month, and the names.
func (out *PublishedAgreement) count(ctx context.Context, tx queryer, a at, rows []index.Row) error {
	releases := map[string][]index.Row{}
	var organisations []string
	datasets := map[string]summary.Named{}
	for _, r := range standing(rows) {
		if r.Organisation != "" && !slices.Contains(organisations, r.Organisation) {
			organisations = append(organisations, r.Organisation)
		}
		for _, l := range r.Lines {
			n := datasets[l.Dataset]
			n.Statements++
			datasets[l.Dataset] = n
		}
		if r.AsRelease() {
			n := datasets[r.Dataset]
			n.Releases++
			datasets[r.Dataset], releases[r.Dataset] = n, append(releases[r.Dataset], r)
		}
	}
	codes := make([]string, 0, len(datasets))
	for code := range datasets {
		codes = append(codes, code)
	}
	named, err := a.datasetNames(ctx, tx, codes)
	if err != nil {
		return err
	}
	called, err := a.organisationNames(ctx, tx, organisations)
	if err != nil {
		return err
	}
	for _, l := range a.sum.OfAgreement(out.Stem) {
		out.Lines = append(out.Lines, PublishedLine{l, named[l.Dataset], called[l.Organisation]})
	}
	slices.SortStableFunc(out.Lines, func(x, y PublishedLine) int { return compareNames(x.DatasetName, y.DatasetName) })
	for code, list := range releases {
		out.Months = append(out.Months, PublishedMonths{code, named[code], summary.MonthsOf(list)})
	}
	slices.SortFunc(out.Months, func(x, y PublishedMonths) int {
		return cmp.Or(compareNames(x.DatasetName, y.DatasetName), cmp.Compare(x.Dataset, y.Dataset))
	})
	for code, n := range datasets {
		out.Datasets = append(out.Datasets, PublishedName{ID: code, Name: named[code], Statements: n.Statements, Releases: n.Releases})
	}
	for _, id := range organisations {
		out.Organisations = append(out.Organisations, PublishedName{ID: id, Name: called[id]})
	}
	sortNames(out.Organisations)
	sortNames(out.Datasets)
	return nil
}

// compareReferences orders versions as numbers, never as text.
func compareReferences(a, b string) int {
	first, err1 := terms.ParseReference(a)
	second, err2 := terms.ParseReference(b)
	if err1 != nil || err2 != nil {
		return compareText(a, b)
	}
	return first.Compare(second)
}

func compareNames(a, b string) int { return compareText(register.NameKey(a), register.NameKey(b)) }

func sortNames(list []PublishedName) {
	slices.SortFunc(list, func(a, b PublishedName) int { return cmp.Or(compareNames(a.Name, b.Name), compareText(a.ID, b.ID)) })
}
