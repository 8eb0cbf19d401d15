package release

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/ledger"
	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// streamWindow is how many entries one statement reads. Between statements the
// connection is free for others of the same snapshot.
const streamWindow = 5_000

// streamColumns are those that an entryDecoder reads, in its order; texts come
// as three lists beside their entry.
const streamColumns = `e.id, e.kind, e.recorded_at, e.about, e.late, e.event_from, e.event_to, e.source_id, e.reference, e.stem,
	e.version, e.organisation, e.dataset, e.type_of_data, e.sensitivity, e.power, e.routes::text, e.opt_out, e.frequency,
	e.organisation_type, e.rows_band, e.files::text, e.leaf, d.file_sha256, d.period_from, e.row_key, e.sheet::bigint, e.line::bigint, e.channel,
	e.starts, e.ends, e.controllership, e.sub_licensing, e.commercial, e.lines::text, e.support::text, e.corrects, e.relation, e.successor,
	e.successor_dataset, e.fields::text, t.fields, t.texts, t.salts`

// The whole of a range is read in the order of two indexes that are merged;
// where few of it are wanted, each is looked up.
const (
	streamRange = `SELECT ` + streamColumns + ` FROM entries e LEFT JOIN editions d ON d.id = e.edition_entries LEFT JOIN (
			SELECT entry_texts, array_agg(field::text) AS fields, array_agg(text) AS texts, array_agg(salt) AS salts
			FROM entry_texts WHERE entry_texts BETWEEN $1 AND $2 GROUP BY entry_texts) t ON t.entry_texts = e.id
		WHERE e.id BETWEEN $1 AND $2 ORDER BY e.id`
	streamList = `SELECT ` + streamColumns + ` FROM entries e LEFT JOIN editions d ON d.id = e.edition_entries LEFT JOIN (
			SELECT entry_texts, array_agg(field::text) AS fields, array_agg(text) AS texts, array_agg(salt) AS salts
			FROM entry_texts WHERE entry_texts = ANY($1) GROUP BY entry_texts) t ON t.entry_texts = e.id
		WHERE e.id = ANY($1) ORDER BY e.id`
)

// streamed is an entry with the leaf that the log has of it.
type streamed struct {
	register.Entry
	leaf  []byte
	place *proof.Place // for a windowReader to fill in
}

// windowReader is given the numbers of a window and its connection before its
// entries are read. What it returns is then given each of them, in order.
type windowReader func(context.Context, pgxQueryer, []int64) (func(*streamed), error)

// stream reads the entries of ascending numbers with their texts, a window at a
// time, in one snapshot and in memory that does not grow with their number. It
// reads ahead of visit while visit works; window, which may be nil, works where
// it reads.
//
// The driver's own values are decoded here, which is several times as fast as
// by way of database/sql.
func (s *Service) stream(ctx context.Context, numbers []int64, window windowReader, visit func(*streamed) error) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("reading the register: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return conn.Raw(func(driver any) error {
		pg, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("reading the register: a %T is no connection of PostgreSQL", driver)
		}
		return streamFrom(ctx, pg.Conn(), numbers, window, visit)
	})
}

// pgxQueryer is a connection or a transaction of the driver.
type pgxQueryer interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}

func streamFrom(ctx context.Context, conn *pgx.Conn, numbers []int64, window windowReader, visit func(*streamed) error) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("reading the register: %w", err)
	}
	batches := make(chan []*streamed, 2)
	read := make(chan error, 1)
	go func() {
		defer close(batches)
		read <- readWindows(ctx, tx, numbers, window, batches)
	}()
	var failed error
	for batch := range batches {
		for _, e := range batch {
			if failed == nil {
				if failed = visit(e); failed != nil {
					stop()
				}
			}
		}
	}
	err = <-read
	if failed != nil {
		err = failed // what reading then says is only that it was stopped
	}
	// The context may have ended; the connection must be given back all the same.
	ending, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	if end := tx.Rollback(ending); end != nil && err == nil {
		err = end
	}
	return err
}

// batchSize is how many entries go from the reader to the writer at once.
const batchSize = 250

func readWindows(ctx context.Context, tx pgxQueryer, numbers []int64, window windowReader, batches chan<- []*streamed) error {
	if len(numbers) == 0 {
		return nil
	}
	d := &entryDecoder{codes: map[string]string{}}
	if err := d.readTombstones(ctx, tx); err != nil {
		return fmt.Errorf("reading the register: %w", err)
	}
	for part := range slices.Chunk(numbers, streamWindow) {
		each := func(*streamed) {}
		if window != nil {
			var err error
			if each, err = window(ctx, tx, part); err != nil {
				return err
			}
		}
		first, last := part[0], part[len(part)-1]
		query, args := streamRange, []any{first, last}
		if last-first+1 > 4*int64(len(part)) {
			query, args = streamList, []any{part}
		}
		if err := d.readWindow(ctx, tx, part, each, query, args, batches); err != nil {
			return fmt.Errorf("reading the register: %w", err)
		}
	}
	return nil
}

// readWindow reads the entries of part, passing over others that lie between.
func (d *entryDecoder) readWindow(ctx context.Context, tx pgxQueryer, part []int64, each func(*streamed), query string, args []any, batches chan<- []*streamed) error {
	rows, err := tx.Query(ctx, query, append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	batch := make([]*streamed, 0, batchSize)
	send := func() error {
		select {
		case batches <- batch:
			batch = make([]*streamed, 0, batchSize)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for rows.Next() {
		raw := rows.RawValues()
		number := int64(binary.BigEndian.Uint64(raw[0]))
		for len(part) > 0 && part[0] < number {
			part = part[1:]
		}
		if len(part) == 0 || part[0] != number {
			continue
		}
		e, err := d.entry(raw)
		if err != nil {
			return err
		}
		each(e)
		if batch = append(batch, e); len(batch) == batchSize {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(batch) > 0 {
		return send()
	}
	return nil
}

// entryDecoder reads rows of streamColumns in PostgreSQL's binary form.
type entryDecoder struct {
	raw        [][]byte
	at         int
	err        error
	codes      map[string]string // one string for all that say the same
	tombstones map[int64][]register.Field
}

// readTombstones learns which texts were erased, of which there are few.
func (d *entryDecoder) readTombstones(ctx context.Context, tx pgxQueryer) error {
	rows, err := tx.Query(ctx, `SELECT about, jsonb_array_elements_text(fields) FROM entries WHERE kind = 'tombstone' AND about IS NOT NULL`)
	if err != nil {
		return err
	}
	defer rows.Close()
	d.tombstones = map[int64][]register.Field{}
	for rows.Next() {
		var about int64
		var field string
		if err := rows.Scan(&about, &field); err != nil {
			return err
		}
		d.tombstones[about] = append(d.tombstones[about], register.Field(field))
	}
	return rows.Err()
}

func (d *entryDecoder) next() []byte {
	v := d.raw[d.at]
	d.at++
	return v
}

func (d *entryDecoder) text() string { return string(d.next()) }

// maxCodes bounds what is remembered of codes.
const maxCodes = 50_000

// code is a text that many entries share.
func (d *entryDecoder) code() string {
	v := d.next()
	if known, ok := d.codes[string(v)]; ok {
		return known
	}
	text := string(v)
	if len(d.codes) < maxCodes {
		d.codes[text] = text
	}
	return text
}

func (d *entryDecoder) number() int64 {
	v := d.next()
	if len(v) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(v))
}

func (d *entryDecoder) yes() bool {
	v := d.next()
	return len(v) == 1 && v[0] == 1
}

// The days and moments of PostgreSQL count from 2000.
var postgresEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (d *entryDecoder) date() terms.Date {
	v := d.next()
	if len(v) != 4 {
		return terms.Date{}
	}
	year, month, day := postgresEpoch.AddDate(0, 0, int(int32(binary.BigEndian.Uint32(v)))).Date()
	return terms.NewDate(year, month, day)
}

func (d *entryDecoder) moment() time.Time {
	v := d.next()
	if len(v) != 8 {
		return time.Time{}
	}
	return time.UnixMicro(postgresEpoch.UnixMicro() + int64(binary.BigEndian.Uint64(v))).UTC()
}

func (d *entryDecoder) json(into any) {
	v := d.next()
	if len(v) == 0 || string(v) == "[]" {
		return
	}
	if err := json.Unmarshal(v, into); err != nil && d.err == nil {
		d.err = fmt.Errorf("column %d: %w", d.at, err)
	}
}

// list reads an array of one dimension; its elements are good until the next
// row.
func (d *entryDecoder) list() [][]byte {
	v := d.next()
	if len(v) < 20 {
		return nil
	}
	out := make([][]byte, 0, binary.BigEndian.Uint32(v[12:]))
	for v = v[20:]; len(v) >= 4; {
		n := int(int32(binary.BigEndian.Uint32(v)))
		v = v[4:]
		if n < 0 || n > len(v) {
			d.err = errors.New("an array that cannot be read")
			return nil
		}
		out, v = append(out, v[:n]), v[n:]
	}
	return out
}

func (d *entryDecoder) entry(raw [][]byte) (*streamed, error) {
	d.raw, d.at, d.err = raw, 0, nil
	var e entryRow
	e.Number, e.Kind, e.RecordedAt, e.Entry.About, e.Late = d.number(), register.Kind(d.code()), d.moment(), d.number(), d.yes()
	e.EventFrom, e.EventTo, e.SourceID, e.Reference, e.Stem = d.date(), d.date(), d.text(), d.text(), d.code()
	e.Version, e.organisation, e.Dataset = d.code(), d.code(), d.code()
	e.TypeOfData, e.Sensitivity, e.Power = terms.TypeOfData(d.code()), terms.Sensitivity(d.code()), terms.Power(d.code())
	d.json(&e.Routes)
	e.OptOut, e.Frequency = terms.OptOut(d.code()), terms.Frequency(d.code())
	e.organisationType, e.RowsBand = d.code(), d.code()
	d.json(&e.Files)
	e.leaf = bytes.Clone(d.next())
	e.Edition, e.EditionFrom, e.RowKey = d.code(), d.date(), d.text()
	e.Sheet, e.Line, e.Channel = int(d.number()), int(d.number()), terms.Channel(d.code())
	e.Starts, e.Ends = d.date(), d.date()
	e.Controllership, e.SubLicensing, e.Commercial = terms.Controllership(d.code()), terms.Answer(d.code()), terms.Answer(d.code())
	d.json(&e.Lines)
	d.json(&e.Support)
	e.Corrects, e.Relation, e.successor = register.Kind(d.code()), terms.Relation(d.code()), d.code()
	e.SuccessorDataset = d.code()
	d.json(&e.Fields)
	fields, texts, salts := d.list(), d.list(), d.list()
	if d.err != nil || len(texts) != len(fields) || len(salts) != len(fields) {
		return nil, fmt.Errorf("entry %d: %w", e.Number, errors.Join(errors.New("it cannot be read"), d.err))
	}
	e.Texts = make([]register.Text, len(fields), len(fields)+1)
	for i, field := range fields {
		name, known := d.codes[string(field)]
		if !known {
			name = string(field)
			d.codes[name] = name
		}
		e.Texts[i] = register.Text{Field: register.Field(name), Text: string(texts[i]), Salt: bytes.Clone(salts[i])}
	}
	return d.complete(&e)
}

// complete does what entryRow.complete and markErased do, quickly where the
// leaf commits to as many texts as there are.
func (d *entryDecoder) complete(e *entryRow) (*streamed, error) {
	missing := commitments(e.leaf) != len(e.Texts)
	if missing {
		if err := e.complete(nil); err != nil {
			return nil, err
		}
	}
	for i := range e.Texts {
		t := &e.Texts[i]
		switch {
		case t.Withheld:
			t.Erased = slices.Contains(d.tombstones[e.Number], t.Field)
			t.Withheld = !t.Erased
		case t.Field == register.OrganisationID:
			t.Text = e.organisation
		case t.Field == register.SuccessorID:
			t.Text = e.successor
		case t.Field == register.OrganisationType:
			t.Text = e.organisationType
		}
	}
	slices.SortFunc(e.Texts, func(a, b register.Text) int { return compareText(a.Field, b.Field) })
	return &streamed{Entry: e.Entry, leaf: e.leaf}, nil
}

// commitments counts those of a leaf, whose form is RFC 8785's: no string in it
// holds a quotation mark that is not escaped.
func commitments(leaf []byte) int {
	_, rest, found := bytes.Cut(leaf, []byte(`"commitments":{`))
	if !found {
		return 0
	}
	list, _, _ := bytes.Cut(rest, []byte("}"))
	return bytes.Count(list, []byte(`":"`))
}

// readHashes reads hashes of the register's log by their places in it, in the
// order that is asked for.
func readHashes(ctx context.Context, tx pgxQueryer, ids []int64) ([]tlog.Hash, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `
		SELECT wanted.place, stored.hash FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted (id, place)
		JOIN ledger_hash stored ON stored.log = $1 AND stored.id = wanted.id`, string(ledger.Register), ids)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out, found := make([]tlog.Hash, len(ids)), 0
	for rows.Next() {
		var place int64
		var hash []byte
		if err := rows.Scan(&place, &hash); err != nil {
			return nil, err
		}
		copy(out[place-1][:], hash)
		found++
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if found != len(ids) {
		return nil, fmt.Errorf("%d of %d hashes of the log are missing", len(ids)-found, len(ids))
	}
	return out, nil
}
