package release

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// PublishedAgreement is what the register says of one agreement in all its
// versions.
type PublishedAgreement struct {
	Stem     string
	Local    bool // a local name, no NIC number
	Versions []PublishedVersion
	Releases int
	// Organisations and Datasets are those of its entries.
	Organisations, Datasets []PublishedName
}

// PublishedVersion is one version as the register has it.
type PublishedVersion struct {
	Reference  string
	Version    string           // "v1.2"; empty: not recorded
	Statements []register.Entry // entries of the agreement itself, with all texts, oldest first
	Releases   int
}

// PublishedName is an organisation or dataset with its entries counted.
type PublishedName struct {
	ID         string // slug or code
	Name       string // the spelling of most entries
	Spellings  []string
	Statements int
	Releases   int
}

// PublishedAgreement finds an agreement by its stem; fault.NotFound if the
// register has no entry of it.
func (s *Service) PublishedAgreement(ctx context.Context, stem string) (*PublishedAgreement, error) {
	out := &PublishedAgreement{Stem: stem}
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		statements, err := readEntries(ctx, tx, nil, `WHERE e.stem = $1 AND e.kind = 'agreement' ORDER BY e.id`, stem)
		if err != nil {
			return err
		}
		type counted struct {
			reference, version string
			releases           int
		}
		references, err := collect(ctx, tx, func(rows *sql.Rows) (c counted, err error) {
			return c, rows.Scan(&c.reference, &c.version, &c.releases)
		}, `SELECT reference, version, count(*) FILTER (WHERE kind = 'release') FROM entries WHERE stem = $1 GROUP BY 1, 2`, stem)
		if err != nil {
			return err
		}
		if len(references) == 0 {
			return fault.New(fault.NotFound, "The register has no agreement %s.", stem)
		}
		for _, c := range references {
			v := PublishedVersion{Reference: c.reference, Version: c.version, Releases: c.releases}
			for _, e := range statements {
				if e.Reference == c.reference {
					v.Statements = append(v.Statements, e)
				}
			}
			out.Versions, out.Releases = append(out.Versions, v), out.Releases+c.releases
		}
		slices.SortFunc(out.Versions, func(a, b PublishedVersion) int { return compareReferences(a.Reference, b.Reference) })
		if ref, err := terms.ParseReference(stem); err == nil {
			out.Local = !ref.IsNIC()
		}
		if out.Organisations, err = listNames(ctx, tx, "organisation", `AND e.stem = $2`, stem); err != nil {
			return err
		}
		out.Datasets, err = listNames(ctx, tx, "dataset", `AND e.stem = $2`, stem)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
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

// PublishedOrganisation finds an organisation by its public id, with the
// datasets that it received; fault.NotFound if the register has no entry of it.
// Its entries and agreements are found by SearchRegister.
func (s *Service) PublishedOrganisation(ctx context.Context, id string) (*PublishedName, []PublishedName, error) {
	return s.publishedName(ctx, "organisation", id)
}

// PublishedDataset finds a dataset by its code, with the organisations that
// received it; fault.NotFound if the register has no entry of it.
func (s *Service) PublishedDataset(ctx context.Context, code string) (*PublishedName, []PublishedName, error) {
	return s.publishedName(ctx, "dataset", code)
}

func (s *Service) publishedName(ctx context.Context, what, id string) (*PublishedName, []PublishedName, error) {
	other := map[string]string{"organisation": "dataset", "dataset": "organisation"}[what]
	var found, others []PublishedName
	err := s.snapshot(ctx, func(tx *sql.Tx) (err error) {
		if found, err = listNames(ctx, tx, what, `AND e.`+what+` = $2`, id); err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New(fault.NotFound, "The register has no %s %s.", what, id)
		}
		others, err = listNames(ctx, tx, other, `AND e.`+what+` = $2`, id)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return &found[0], others, nil
}

// PublishedOrganisations lists every organisation in the register, by name.
func (s *Service) PublishedOrganisations(ctx context.Context) ([]PublishedName, error) {
	return listNames(ctx, s.db, "organisation", "")
}

// PublishedDatasets lists every dataset in the register, by name.
func (s *Service) PublishedDatasets(ctx context.Context) ([]PublishedName, error) {
	return listNames(ctx, s.db, "dataset", "")
}

// listNames counts the entries of each organisation or dataset ("what", which
// is both a column of entries and the field of its name), and gathers its
// spellings. A name that was erased leaves its id.
func listNames(ctx context.Context, q queryer, what, where string, args ...any) ([]PublishedName, error) {
	type spelled struct {
		id, kind string
		name     sql.NullString
		count    int
	}
	rows, err := collect(ctx, q, func(rows *sql.Rows) (s spelled, err error) {
		return s, rows.Scan(&s.id, &s.kind, &s.name, &s.count)
	}, `SELECT e.`+what+`, e.kind, t.text, count(*) FROM entries e LEFT JOIN entry_texts t ON t.entry_texts = e.id AND t.field = $1
		WHERE e.`+what+` <> '' `+where+` GROUP BY 1, 2, 3 ORDER BY 1, 4 DESC, 3`, append([]any{what}, args...)...)
	if err != nil {
		return nil, err
	}
	var out []PublishedName
	counts := map[string]int{}
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].ID != r.id {
			out = append(out, PublishedName{ID: r.id, Name: r.id})
			clear(counts)
		}
		n := &out[len(out)-1]
		switch register.Kind(r.kind) {
		case register.Agreement:
			n.Statements += r.count
		case register.Release:
			n.Releases += r.count
		}
		if !r.name.Valid {
			continue
		}
		if counts[r.name.String] == 0 {
			n.Spellings = append(n.Spellings, r.name.String)
		}
		counts[r.name.String] += r.count
		if n.Name == n.ID || counts[r.name.String] > counts[n.Name] {
			n.Name = r.name.String
		}
	}
	for i := range out {
		slices.Sort(out[i].Spellings)
	}
	slices.SortFunc(out, func(a, b PublishedName) int {
		return compareText(register.NameKey(a.Name), register.NameKey(b.Name))
	})
	return out, nil
}

// publishedNames gives the name of each id.
func publishedNames(ctx context.Context, q queryer, what string, ids []string) (map[string]string, error) {
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	list, err := listNames(ctx, q, what, `AND e.`+what+` = ANY($2)`, ids)
	for _, n := range list {
		out[n.ID] = n.Name
	}
	return out, err
}

// PublishedEditions lists the editions that were imported, the newest month
// first.
func (s *Service) PublishedEditions(ctx context.Context) ([]Edition, error) {
	return readFullEditions(ctx, s.db, `ORDER BY period_from DESC, publisher, id`)
}

// PublishedEdition finds an edition by the SHA-256 of its file; fault.NotFound
// if none was imported.
func (s *Service) PublishedEdition(ctx context.Context, sha256 string) (*Edition, error) {
	found, err := readFullEditions(ctx, s.db, `WHERE file_sha256 = $1`, sha256)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "No edition with the digest %s was imported.", sha256)
	}
	return &found[0], nil
}

// readEditions reads editions without their reports and counts: the report of a
// large one is longer than all else on a page.
func readEditions(ctx context.Context, q queryer, rest string, args ...any) ([]Edition, error) {
	return scanEditions(ctx, q, `NULL, 0`, rest, args...)
}

// readFullEditions reads editions with their reports, and their entries counted.
func readFullEditions(ctx context.Context, q queryer, rest string, args ...any) ([]Edition, error) {
	return scanEditions(ctx, q, `report, (SELECT count(*) FROM entries WHERE edition_entries = editions.id)`, rest, args...)
}

func scanEditions(ctx context.Context, q queryer, full, rest string, args ...any) ([]Edition, error) {
	return collect(ctx, q, func(rows *sql.Rows) (Edition, error) {
		var e Edition
		var report []byte
		err := rows.Scan(&e.Title, &e.Publisher, &e.Layout, &e.Period.From, &e.Period.To, &e.FileName, &e.SHA256, &e.RecordedAt, &report, &e.Entries)
		e.RecordedAt = e.RecordedAt.UTC()
		if err == nil && len(report) > 0 {
			err = json.Unmarshal(report, &e.Report)
		}
		return e, err
	}, `SELECT title, publisher, layout, period_from, period_to, file_name, file_sha256, created_at, `+full+` FROM editions `+rest, args...)
}

func editionNames(ctx context.Context, q queryer, digests []string) (map[string]string, error) {
	out := map[string]string{}
	if len(digests) == 0 {
		return out, nil
	}
	list, err := readEditions(ctx, q, `WHERE file_sha256 = ANY($1)`, digests)
	for _, e := range list {
		out[e.SHA256] = e.Publisher + ", " + e.Period.String()
	}
	return out, err
}
