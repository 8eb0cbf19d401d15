package release

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/flag"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/register/tally"
	"data.release/registrar/release/terms"
)

// derived keeps what is computed of the whole register: its flags and its
// statistics. Each is computed once for a size of the register and a day, and
// read by all who ask. Its zero value is ready.
type derived struct {
	mu    sync.Mutex
	list  []*derivation // the last asked for first
	turn  sync.Mutex    // of what is computed: one thing takes all of a processor
	cells cellsRead

	compared comparedEditions
}

// derivation is one state of the register.
type derivation struct {
	*projected // whose last text counts: one that was released or erased since changes what cells say
	view       *index.View
	day        terms.Date

	flags      eventual[*flagged]
	statistics eventual[*tally.Statistics]
}

// flagged is what every rule flags, and the same as the facet of a search.
type flagged struct {
	*flag.Results
	facet index.Extra
}

// eventual is a thing that is computed once, from the first asking on; the work
// goes on when who asked leaves. What failed is computed anew at the next asking.
type eventual[T any] struct {
	mu      sync.Mutex
	running *computing[T]
}

type computing[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// start gives what is being computed, or is known.
func (l *eventual[T]) start(ctx context.Context, turn sync.Locker, compute func(context.Context) (T, error)) *computing[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.running; c != nil && (!c.ready() || c.err == nil) {
		return c
	}
	c := &computing[T]{done: make(chan struct{})}
	l.running = c
	go func() {
		defer close(c.done)
		turn.Lock()
		defer turn.Unlock()
		// Nobody's request is there to catch it, and the site must go on.
		defer func() {
			if told := recover(); told != nil {
				c.err = fmt.Errorf("computing what the register says: %v\n%s", told, debug.Stack())
			}
		}()
		c.value, c.err = compute(context.WithoutCancel(ctx))
	}()
	return c
}

func (c *computing[T]) ready() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// wait gives the thing once it is computed, or the error of ctx.
func (c *computing[T]) wait(ctx context.Context) (value T, err error) {
	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
		return value, ctx.Err()
	}
}

// patience is how long a page waits for a section that is being computed
// before it is shown without.
const patience = time.Second

// within waits no longer than that, and says whether it is computed.
func (c *computing[T]) within(ctx context.Context, d time.Duration) (value T, ready bool, err error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-c.done:
		return c.value, true, c.err
	case <-timer.C:
		return value, false, nil
	case <-ctx.Done():
		return value, false, ctx.Err()
	}
}

// keptDerivations is how many states are kept: now, and days that are looked
// back at.
const keptDerivations = 4

// derivation is the state of the register at a size; see EmptyRegister.
func (s *Service) derivation(ctx context.Context, size int64) (*derivation, error) {
	p, err := s.registerNow(ctx)
	if err != nil {
		return nil, err
	}
	view, err := p.at(size)
	if err != nil {
		return nil, err
	}
	return s.derivationOf(p, view), nil
}

func (s *Service) derivationOf(p *projected, view *index.View) *derivation {
	d := &s.derived
	d.mu.Lock()
	defer d.mu.Unlock()
	day := s.Today()
	// A size of the past was the register until the next entry came.
	if next, ok := p.View().Row(view.Size() + 1); ok {
		day = terms.Today(next.RecordedAt)
	}
	at := slices.IndexFunc(d.list, func(known *derivation) bool { return known.view == view && known.text == p.text && known.day == day })
	if at < 0 {
		d.list = slices.Insert(d.list, 0, &derivation{projected: p, view: view, day: day})
		d.list = d.list[:min(len(d.list), keptDerivations)]
		return d.list[0]
	}
	known := d.list[at]
	d.list = slices.Insert(slices.Delete(d.list, at, at+1), 0, known)
	return known
}

// Flags are what every rule flags at a size of the register; 0 is now. What is
// overdue is so today, or at a size of the past on the last day on which the
// register was of that size: Results.Day.
func (s *Service) Flags(ctx context.Context, size int64) (*flag.Results, error) {
	d, err := s.derivation(ctx, size)
	if err != nil {
		return nil, err
	}
	found, err := s.flagging(ctx, d).wait(ctx)
	if err != nil {
		return nil, err
	}
	return found.Results, nil
}

// flagging computes the flags of a state of the register, unless they are.
func (s *Service) flagging(ctx context.Context, d *derivation) *computing[*flagged] {
	return d.flags.start(ctx, &s.derived.turn, func(ctx context.Context) (*flagged, error) {
		cells, err := s.cells(ctx, d)
		if err != nil {
			return nil, fmt.Errorf("reading the cells of the register: %w", err)
		}
		out := &flagged{
			Results: flag.Compute(&flagRows{view: d.view, projected: d.projected, cells: cells, organisations: map[string]string{}, datasets: map[string]string{}}, d.day),
			facet:   index.Extra{Name: FlagFacet},
		}
		for _, found := range out.All() {
			out.facet.Values = append(out.facet.Values, index.ExtraValue{Value: string(found.Rule.ID), Entries: d.view.Tagged(found.Entries)})
		}
		return out, nil
	})
}

// Statistics are the counts at a size of the register; 0 is now.
func (s *Service) Statistics(ctx context.Context, size int64) (*tally.Statistics, error) {
	d, err := s.derivation(ctx, size)
	if err != nil {
		return nil, err
	}
	return d.statistics.start(ctx, &s.derived.turn, func(context.Context) (*tally.Statistics, error) {
		bodies := map[string]string{}
		out := tally.Compute(d.view.Rows(), func(organisation string) string { return newestOf(bodies, organisation, d.view.Body) })
		for i, a := range out.Accesses {
			out.Accesses[i].DatasetName, out.Accesses[i].OrganisationName = d.name(index.Dataset, a.Dataset), d.name(index.Organisation, a.Organisation)
		}
		return out, nil
	}).wait(ctx)
}

// newestOf is the name that a body goes by, of any of its names.
func newestOf(known map[string]string, id string, body func(string) []string) string {
	newest, ok := known[id]
	if !ok {
		newest = id
		if id != "" {
			newest = body(id)[0]
		}
		known[id] = newest
	}
	return newest
}

// cellsRead is what cells say that codes do not: the routes that stand in the
// place of a power, and words that no code list has. It is kept for the few
// rows that have either.
type cellsRead struct {
	size, text int64
	tombstones int
	of         map[int64]cellsOf // never written to once it is given out
}

type cellsOf struct {
	basis    []terms.Route
	unlisted []register.Cell
	gone     bool // they are withheld or were erased: nothing is known of them
}

// uncodedRows are the imported releases of which a code is not recorded, so
// that their cells may say more.
const uncodedRows = `
	SELECT e.id, t.text::jsonb ->> 'type_of_data', t.text::jsonb ->> 'sensitivity', t.text::jsonb ->> 'legal_basis',
		t.text::jsonb ->> 'common_law_duty', t.text::jsonb ->> 'opt_outs', t.text::jsonb ->> 'frequency', t.id IS NULL
	FROM entries e LEFT JOIN entry_texts t ON t.entry_texts = e.id AND t.field = 'as_published'
	WHERE (e.id > $1 OR t.id > $2) AND e.kind = 'release' AND e.edition_entries IS NOT NULL AND (e.power IN ('not_recorded', 'other') OR e.type_of_data = 'not_recorded'
		OR e.sensitivity = 'not_recorded' OR e.opt_out = 'not_recorded' OR e.frequency = 'not_recorded' OR e.routes @> '["not_recorded"]')`

// cells reads them, those that came since the last time, for who has the turn.
// A text that was erased in between has them all read again.
func (s *Service) cells(ctx context.Context, d *derivation) (map[int64]cellsOf, error) {
	known := s.derived.cells
	if known.of != nil && known.text == d.text && known.size >= d.view.Size() {
		return known.of, nil
	}
	var out cellsRead
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT coalesce((SELECT max(id) FROM entries), 0), coalesce((SELECT max(id) FROM entry_texts), 0),
			(SELECT count(*) FROM entries WHERE kind = 'tombstone')`).Scan(&out.size, &out.text, &out.tombstones); err != nil {
			return err
		}
		if known.of == nil || out.tombstones != known.tombstones || out.size < known.size || out.text < known.text {
			known = cellsRead{of: map[int64]cellsOf{}}
		}
		out.of = maps.Clone(known.of)
		rows, err := tx.QueryContext(ctx, uncodedRows, known.size, known.text)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var number int64
			var cells [6]sql.NullString
			var gone bool
			if err := rows.Scan(&number, &cells[0], &cells[1], &cells[2], &cells[3], &cells[4], &cells[5], &gone); err != nil {
				return err
			}
			delete(out.of, number)
			if c := readCells(cells); gone || c.basis != nil || c.unlisted != nil {
				c.gone = gone
				out.of[number] = c
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	s.derived.cells = out
	return out.of, nil
}

// readCells says what cells tell that no code does.
func readCells(cells [6]sql.NullString) (out cellsOf) {
	unlisted := func(i int, cell register.Cell, listed bool) {
		if strings.TrimSpace(cells[i].String) != "" && !listed {
			out.unlisted = append(out.unlisted, cell)
		}
	}
	_, known := terms.ParseTypeOfData(cells[0].String)
	unlisted(0, register.CellType, known)
	_, known = terms.ParseSensitivity(cells[1].String)
	unlisted(1, register.CellSensitivity, known)
	_, out.basis, known = terms.ParseBasis(cells[2].String)
	unlisted(2, register.CellBasis, known)
	_, known = terms.ParseRoutes(cells[3].String)
	unlisted(3, register.CellCommonLaw, known)
	_, known = terms.ParseOptOut(cells[4].String)
	unlisted(4, register.CellOptOut, known)
	_, known = terms.ParseFrequency(cells[5].String)
	unlisted(5, register.CellFrequency, known)
	return out
}

// flagRows gives flags the rows of a view.
type flagRows struct {
	view                    *index.View
	projected               *projected
	cells                   map[int64]cellsOf
	mu                      sync.Mutex
	organisations, datasets map[string]string // the name that each goes by
}

func (f *flagRows) Standing() iter.Seq[flag.Row] {
	return func(yield func(flag.Row) bool) {
		for row := range f.view.Standing() {
			if !yield(f.row(row)) {
				return
			}
		}
	}
}

func (f *flagRows) Row(number int64) (flag.Row, bool) {
	row, ok := f.view.Row(number)
	if !ok {
		return flag.Row{}, false
	}
	return f.row(row), true
}

func (f *flagRows) organisation(id string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return newestOf(f.organisations, id, f.view.Body)
}

func (f *flagRows) dataset(code string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return newestOf(f.datasets, code, f.view.DatasetBody)
}

// named is a name for the gate's lists of names: as published, or read out of
// the id where the text is gone.
func (f *flagRows) named(facet index.Facet, id string) string {
	if name := f.projected.name(facet, id); name != id {
		return name
	}
	return flag.NameOf(id)
}

func (f *flagRows) row(row index.Row) flag.Row {
	out := flag.Row{
		Number: row.Number, Kind: row.Kind, Edition: row.Edition, Organisation: f.organisation(row.Organisation),
		Reference: row.Reference, Stem: row.Stem, Versioned: row.Version != "", From: row.EventFrom, To: row.EventTo,
	}
	known := f.cells[row.Number]
	if row.Kind == register.Correction { // it stands in the place of a row of that edition
		if about, ok := f.view.Row(row.About); ok {
			out.Edition = about.Edition
			known, out.Said = corrected(about, row, f.cells[about.Number])
		}
	}
	switch {
	case row.AsRelease():
		out.Kind = register.Release
		out.Dataset = f.dataset(row.Dataset)
		out.Type, out.Sensitivity, out.Power, out.Routes = row.TypeOfData, row.Sensitivity, row.Power, row.Routes
		out.OptOut, out.Frequency = row.OptOut, row.Frequency
		out.BasisRoutes, out.Unlisted, out.Unread = known.basis, known.unlisted, known.gone
		if row.TypeOfData == terms.Identifiable && slices.Contains(row.Routes, terms.RouteNone) {
			out.OrganisationName, out.DatasetName = f.named(index.Organisation, row.Organisation), f.named(index.Dataset, row.Dataset)
		}
	case row.AsAgreement():
		out.Kind = register.Agreement
		out.Starts, out.Ends, out.Support = row.Starts, row.Ends, row.Support
		out.Lines = slices.Clone(row.Lines)
		for i := range out.Lines {
			out.Lines[i].Dataset = f.dataset(out.Lines[i].Dataset)
		}
	case row.Kind == register.Termination:
		out.TerminatedOn = row.EventFrom
	case row.Kind == register.Destruction:
		out.CertifiedOn = row.EventTo
		if out.CertifiedOn.IsZero() {
			out.CertifiedOn = row.EventFrom
		}
	}
	return out
}

// corrected are the cells of a published row as far as a correction left the
// codes that were read from them, and the columns of those that it put in their
// place.
func corrected(about, correction index.Row, cells cellsOf) (left cellsOf, said []register.Cell) {
	for cell, changed := range map[register.Cell]bool{
		register.CellType: about.TypeOfData != correction.TypeOfData, register.CellSensitivity: about.Sensitivity != correction.Sensitivity,
		register.CellBasis: about.Power != correction.Power, register.CellCommonLaw: !slices.Equal(about.Routes, correction.Routes),
		register.CellOptOut: about.OptOut != correction.OptOut, register.CellFrequency: about.Frequency != correction.Frequency,
	} {
		if changed {
			said = append(said, cell)
		}
	}
	left = cellsOf{gone: cells.gone}
	if !slices.Contains(said, register.CellBasis) {
		left.basis = cells.basis
	}
	for _, cell := range cells.unlisted {
		if !slices.Contains(said, cell) {
			left.unlisted = append(left.unlisted, cell)
		}
	}
	return left, said
}
