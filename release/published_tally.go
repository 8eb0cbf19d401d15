package release

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// PublishedFigures are the register in numbers.
type PublishedFigures struct {
	Entries       int // of every kind; the highest entry's number
	Releases      int // entries of kind release
	Statements    int // entries of kind agreement: published purposes of a version
	Agreements    int // stems, all versions of an agreement together
	Organisations int // ids that a release or agreement names
	Datasets      int // codes that a release names
}

// PublishedFigures counts the register.
func (s *Service) PublishedFigures(ctx context.Context) (PublishedFigures, error) {
	var f PublishedFigures
	err := s.db.QueryRowContext(ctx, `
		SELECT count(*), count(*) FILTER (WHERE kind = 'release'), count(*) FILTER (WHERE kind = 'agreement'),
			count(DISTINCT stem) FILTER (WHERE stem <> ''), count(DISTINCT organisation) FILTER (WHERE organisation <> ''),
			count(DISTINCT dataset) FILTER (WHERE dataset <> '')
		FROM entries`).Scan(&f.Entries, &f.Releases, &f.Statements, &f.Agreements, &f.Organisations, &f.Datasets)
	if err != nil {
		return f, fmt.Errorf("counting the register: %w", err)
	}
	return f, nil
}

// Grouping says of what releases are counted. Its value is a column of entries.
type Grouping string

// The groupings.
const (
	ByOrganisation Grouping = "organisation"
	ByDataset      Grouping = "dataset"
	ByAgreement    Grouping = "stem"
)

// PublishedTally counts the releases of one organisation, dataset or agreement.
type PublishedTally struct {
	ID, Name       string
	Statements     int // published purposes of an agreement's versions
	Releases       int
	Identifiable   int // releases of identifiable data
	OptOutsApplied int // releases for which opt-outs were applied
}

// PublishedTallies counts releases by one thing among the entries of one other:
// the datasets of an organisation, say. Most releases come first; nothing found
// is no error.
func (s *Service) PublishedTallies(ctx context.Context, by, of Grouping, id string) ([]PublishedTally, error) {
	var out []PublishedTally
	err := s.snapshot(ctx, func(tx *sql.Tx) (err error) {
		out, err = collect(ctx, tx, func(rows *sql.Rows) (t PublishedTally, err error) {
			return t, rows.Scan(&t.ID, &t.Statements, &t.Releases, &t.Identifiable, &t.OptOutsApplied)
		}, fmt.Sprintf(`
			SELECT %[1]s, count(*) FILTER (WHERE kind = 'agreement'), count(*) FILTER (WHERE kind = 'release'),
				count(*) FILTER (WHERE kind = 'release' AND type_of_data = 'identifiable'),
				count(*) FILTER (WHERE kind = 'release' AND opt_out = 'applied')
			FROM entries WHERE %[2]s = $1 AND %[1]s <> '' AND kind IN ('agreement', 'release')
			GROUP BY 1 ORDER BY 3 DESC, 1`, by, of), id)
		if err != nil {
			return err
		}
		return nameTallies(ctx, tx, by, out)
	})
	return out, err
}

func nameTallies(ctx context.Context, tx queryer, by Grouping, list []PublishedTally) error {
	named := map[string]string{}
	if by != ByAgreement {
		ids := make([]string, len(list))
		for i, t := range list {
			ids[i] = t.ID
		}
		var err error
		if named, err = publishedNames(ctx, tx, string(by), ids); err != nil {
			return err
		}
	}
	for i := range list {
		list[i].Name = list[i].ID
		if name := named[list[i].ID]; name != "" {
			list[i].Name = name
		}
	}
	return nil
}

// PublishedLine counts the releases of one agreement that agree in what was
// released and on what terms.
type PublishedLine struct {
	Dataset, DatasetName string
	Type                 terms.TypeOfData
	OptOut               terms.OptOut
	Frequency            terms.Frequency
	Releases             int
}

// PublishedLines counts the releases of one agreement, all versions together,
// by dataset, type of data, opt-outs and frequency, ordered by dataset.
func (s *Service) PublishedLines(ctx context.Context, stem string) ([]PublishedLine, error) {
	var out []PublishedLine
	err := s.snapshot(ctx, func(tx *sql.Tx) (err error) {
		out, err = collect(ctx, tx, func(rows *sql.Rows) (l PublishedLine, err error) {
			return l, rows.Scan(&l.Dataset, &l.Type, &l.OptOut, &l.Frequency, &l.Releases)
		}, `SELECT dataset, type_of_data, opt_out, frequency, count(*) FROM entries
			WHERE stem = $1 AND kind = 'release' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`, stem)
		if err != nil {
			return err
		}
		var codes []string
		for _, l := range out {
			codes = append(codes, l.Dataset)
		}
		named, err := publishedNames(ctx, tx, string(ByDataset), slices.Compact(codes))
		if err != nil {
			return err
		}
		for i := range out {
			if out[i].DatasetName = named[out[i].Dataset]; out[i].DatasetName == "" {
				out[i].DatasetName = out[i].Dataset
			}
		}
		slices.SortStableFunc(out, func(a, b PublishedLine) int {
			return compareText(register.NameKey(a.DatasetName), register.NameKey(b.DatasetName))
		})
		return nil
	})
	return out, err
}
