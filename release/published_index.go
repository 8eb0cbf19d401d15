package release

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/terms"
)

// EmptyRegister is the size, in RegisterQuery.AsOf and wherever else a size of
// the register is asked for, of the register before its first entry; 0 stands
// for the register as it is.
const EmptyRegister int64 = -1

// projection is the register in memory, as this process has it. It is made from
// the published tables when first asked for and brought up to date before each
// read: entries are only ever added.
type projection struct {
	turn  chan struct{} // held by who brings it up to date
	state atomic.Pointer[projected]
	terms termCache
	read  atomic.Int64 // id of the last text when no text was left without its words
	seen  atomic.Int64 // likewise, as far as the texts after the last that has words go
}

// projected is the index with the position up to which it was read.
type projected struct {
	*index.Index
	size int64
	leaf [sha256.Size]byte // of the last entry's leaf: another register's differs
	text int64             // id of the last text
	// names are the spellings under which organisations and datasets were
	// published, by id and code. They are texts: one that was erased or withheld
	// is not among them.
	names map[index.Facet]map[string][]spelling
}

// spelling is a name as published, with the entries that have it counted.
type spelling struct {
	text, folded string
	entries      int
}

// name is the spelling of most entries; the id itself where there is none.
func (p *projected) name(facet index.Facet, id string) string {
	best := spelling{text: id}
	for _, s := range p.names[facet][id] {
		if s.entries > best.entries || s.entries == best.entries && s.text < best.text {
			best = s
		}
	}
	return best.text
}

func newProjection() *projection { return &projection{turn: make(chan struct{}, 1)} }

// position is where the tables are.
type position struct {
	size, text int64
	same       bool // the entry that was read last is the one that is there
}

func (p *projected) position(ctx context.Context, q queryer) (at position, err error) {
	var leaf []byte
	err = q.QueryRowContext(ctx, `SELECT coalesce((SELECT max(id) FROM entries), 0), coalesce((SELECT max(id) FROM entry_texts), 0),
		(SELECT leaf FROM entries WHERE id = $1)`, p.size).Scan(&at.size, &at.text, &leaf)
	at.same = p.size == 0 || len(leaf) > 0 && sha256.Sum256(leaf) == p.leaf
	return at, err
}

// registerNow is the projection with every entry that was committed before it
// was called.
func (s *Service) registerNow(ctx context.Context) (*projected, error) {
	known := s.projection.state.Load()
	if known != nil {
		at, err := known.position(ctx, s.db)
		if err != nil {
			return nil, fmt.Errorf("finding the register's size: %w", err)
		}
		if at.same && at.size == known.size && at.text == known.text {
			return known, nil
		}
	}
	select {
	case s.projection.turn <- struct{}{}:
		defer func() { <-s.projection.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var out *projected
	err := s.snapshot(ctx, func(tx *sql.Tx) (err error) {
		out, err = bringUp(ctx, tx, s.projection.state.Load())
		return err
	})
	if err != nil {
		// A part may have been added: the next reader begins anew.
		s.projection.state.Store(nil)
		return nil, err
	}
	s.projection.state.Store(out)
	return out, nil
}

// WarmRegister brings the register into memory, or what was added since, and
// computes its flags and statistics, so that no reader need wait for them.
func (s *Service) WarmRegister(ctx context.Context) error {
	if _, err := s.Flags(ctx, 0); err != nil {
		return err
	}
	_, err := s.Statistics(ctx, 0)
	return err
}

// PublishedState names what the published tables hold, in few characters: it
// changes whenever anything is published or erased, or a checkpoint is signed.
func (s *Service) PublishedState(ctx context.Context) (string, error) {
	var entries, texts, cells, editions, signed int64
	err := s.db.QueryRowContext(ctx, `SELECT coalesce((SELECT max(id) FROM entries), 0), coalesce((SELECT max(id) FROM entry_texts), 0),
		coalesce((SELECT max(id) FROM source_cells), 0), (SELECT count(*) FROM editions), coalesce((SELECT max(size) FROM ledger_checkpoint WHERE log = 'register'), 0)`).
		Scan(&entries, &texts, &cells, &editions, &signed)
	if err != nil {
		return "", fmt.Errorf("finding what is published: %w", err)
	}
	return fmt.Sprintf("%d.%d.%d.%d.%d", entries, texts, cells, editions, signed), nil
}

// registerView is the register at a size; see EmptyRegister. A size that the
// register has not reached is fault.NotFound.
func (s *Service) registerView(ctx context.Context, asOf int64) (*index.View, error) {
	p, err := s.registerNow(ctx)
	if err != nil {
		return nil, err
	}
	return p.at(asOf)
}

func (p *projected) at(asOf int64) (*index.View, error) {
	switch {
	case asOf == 0:
		return p.View(), nil
	case asOf < 0:
		return p.At(0), nil
	case asOf > p.Size():
		return nil, fault.New(fault.NotFound, "The register has %d entries, not %d.", p.Size(), asOf)
	}
	return p.At(asOf), nil
}

// ExampleReference is the reference of an agreement that the register has, for
// telling readers what can be searched for; "" where there is none.
func (s *Service) ExampleReference(ctx context.Context, asOf int64) (string, error) {
	v, err := s.registerView(ctx, asOf)
	if err != nil {
		return "", err
	}
	const most = 1000 // of the newest entries are looked at
	for n := v.Size(); n > max(v.Size()-most, 0); n-- {
		if r, _ := v.Row(n); strings.HasPrefix(r.Stem, "NIC-") {
			return r.Stem, nil
		}
	}
	return "", nil
}

// bringUp reads what was added since, all of it from one snapshot. Another
// register under the same address (a database restored, or a copy that stopped
// earlier) is read from its beginning.
func bringUp(ctx context.Context, tx *sql.Tx, known *projected) (*projected, error) {
	if known == nil {
		known = &projected{Index: index.New()}
	}
	at, err := known.position(ctx, tx)
	if err != nil {
		return nil, err
	}
	if !at.same || at.size < known.size {
		return bringUp(ctx, tx, nil)
	}
	out := &projected{Index: known.Index, size: at.size, leaf: known.leaf, text: at.text, names: known.names}
	named := known.text
	if at.text < named { // the last text was erased
		named = 0
	}
	if at.size > known.size {
		erased, err := out.addEntries(ctx, tx, known.size)
		if err != nil {
			return nil, err
		}
		if erased {
			named = 0
		}
		var leaf []byte
		if err := tx.QueryRowContext(ctx, `SELECT leaf FROM entries WHERE id = $1`, at.size).Scan(&leaf); err != nil {
			return nil, err
		}
		out.leaf = sha256.Sum256(leaf)
	}
	if at.text != known.text || named == 0 {
		if named == 0 {
			out.names = nil
		}
		if err := out.addNames(ctx, tx, named); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// indexBatch rows are added at a time.
const indexBatch = 20_000

// addEntries adds the entries after a number, and says whether one of them
// erased a text.
func (p *projected) addEntries(ctx context.Context, tx *sql.Tx, after int64) (erased bool, err error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT e.id, e.kind, e.corrects, e.about, e.recorded_at, e.late, e.event_from, e.event_to, coalesce(d.file_sha256, ''), d.period_from,
			e.row_key, e.source_id, e.reference, e.stem, e.version, e.organisation, e.organisation_type, e.dataset, e.type_of_data, e.sensitivity,
			e.power, e.routes, e.opt_out, e.frequency, e.channel, e.starts, e.ends, e.controllership, e.sub_licensing, e.commercial,
			e.lines, e.support, coalesce(e.relation, ''), e.successor, e.successor_dataset, e.fields
		FROM entries e LEFT JOIN editions d ON d.id = e.edition_entries WHERE e.id > $1 ORDER BY e.id`, after)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	// One batch is added while the next is read.
	batches, added := make(chan []index.Row, 1), make(chan error, 1)
	go func() {
		var err error
		for batch := range batches {
			if err == nil {
				err = p.Add(batch...)
			}
		}
		added <- err
	}()
	lists := readLists{}
	var batch []index.Row
	for rows.Next() && err == nil {
		var r index.Row
		if r, err = scanRow(rows, lists); err != nil {
			break
		}
		erased = erased || r.Kind == register.Tombstone
		if batch = append(batch, r); len(batch) == indexBatch {
			batches <- batch
			batch = make([]index.Row, 0, indexBatch)
		}
	}
	batches <- batch
	close(batches)
	return erased, errors.Join(<-added, err, rows.Err())
}

// readLists are lists of routes by the JSON that they were read from: there are
// few, and nobody writes to them.
type readLists map[string][]terms.Route

func (l readLists) routes(stored []byte) (list []terms.Route, err error) {
	if len(stored) == 0 {
		return nil, nil
	}
	list, known := l[string(stored)]
	if !known {
		err = json.Unmarshal(stored, &list)
		l[string(stored)] = list
	}
	return list, err
}

func scanRow(rows *sql.Rows, lists readLists) (index.Row, error) {
	var r index.Row
	var about sql.NullInt64
	var routes, lines, support, fields []byte
	err := rows.Scan(&r.Number, &r.Kind, &r.Corrects, &about, &r.RecordedAt, &r.Late, &r.EventFrom, &r.EventTo, &r.Edition, &r.EditionFrom,
		&r.RowKey, &r.SourceID, &r.Reference, &r.Stem, &r.Version, &r.Organisation, &r.OrganisationKind, &r.Dataset, &r.TypeOfData, &r.Sensitivity,
		&r.Power, &routes, &r.OptOut, &r.Frequency, &r.Channel, &r.Starts, &r.Ends, &r.Controllership, &r.SubLicensing, &r.Commercial,
		&lines, &support, &r.Relation, &r.Successor, &r.SuccessorDataset, &fields)
	if err != nil {
		return r, err
	}
	r.About = about.Int64
	r.Routes, err = lists.routes(routes)
	for _, list := range []struct {
		stored []byte
		into   any
	}{{lines, &r.Lines}, {support, &r.Support}, {fields, &r.Fields}} {
		if len(list.stored) > 0 {
			err = errors.Join(err, json.Unmarshal(list.stored, list.into))
		}
	}
	if err != nil {
		return r, fmt.Errorf("the lists of entry %d: %w", r.Number, err)
	}
	// The columns of what does not apply hold defaults.
	if !r.AsRelease() {
		r.TypeOfData, r.Sensitivity, r.Power, r.Routes, r.OptOut, r.Frequency, r.Channel = "", "", "", nil, "", "", ""
	}
	if !r.AsAgreement() {
		r.Starts, r.Ends, r.Controllership, r.SubLicensing, r.Commercial, r.Lines, r.Support = terms.Date{}, terms.Date{}, "", "", "", nil, nil
	}
	return r, nil
}

// addNames adds the spellings among the texts after an id.
func (p *projected) addNames(ctx context.Context, tx *sql.Tx, after int64) error {
	rows, err := tx.QueryContext(ctx, `
		SELECT 'organisation', CASE t.field WHEN 'successor' THEN e.successor ELSE e.organisation END, t.text, count(*)
			FROM entry_texts t JOIN entries e ON e.id = t.entry_texts WHERE t.id > $1 AND t.field IN ('organisation', 'successor') GROUP BY 2, 3
		UNION ALL
		SELECT 'dataset', e.dataset, t.text, count(*)
			FROM entry_texts t JOIN entries e ON e.id = t.entry_texts WHERE t.id > $1 AND t.field = 'dataset' GROUP BY 2, 3
		UNION ALL
		SELECT 'dataset_names', '', t.text, count(*) FROM entry_texts t WHERE t.id > $1 AND t.field = 'dataset_names' GROUP BY 3`, after)
	if err != nil {
		return err
	}
	defer rows.Close()
	// Readers have the old ones: nothing of them is written to.
	names := map[index.Facet]map[string][]spelling{index.Organisation: {}, index.Dataset: {}}
	for facet, known := range p.names {
		for id, list := range known {
			names[facet][id] = slices.Clone(list)
		}
	}
	add := func(facet index.Facet, id, text string, entries int) {
		if id == "" {
			return
		}
		list := names[facet][id]
		if i := slices.IndexFunc(list, func(s spelling) bool { return s.text == text }); i >= 0 {
			list[i].entries += entries
			return
		}
		names[facet][id] = append(list, spelling{text, register.NameKey(text), entries})
	}
	for rows.Next() {
		var what, id, text string
		var entries int
		if err := rows.Scan(&what, &id, &text, &entries); err != nil {
			return err
		}
		if what != string(register.DatasetNames) {
			add(index.Facet(what), id, text, entries)
			continue
		}
		var list map[string]string
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			return fmt.Errorf("the names of an agreement's datasets: %w", err)
		}
		for code, name := range list {
			add(index.Dataset, code, name, entries)
		}
	}
	p.names = names
	return rows.Err()
}
