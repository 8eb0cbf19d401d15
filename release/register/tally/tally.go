// Package tally counts what stands in the register: releases by month, type of
// data, legal basis, opt-outs, kind of organisation and frequency, and what
// became of entries. Every count says what it counts: a row of a register is a
// file, or the access of a month, and the two are never added up unsaid. Pure.
package tally

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/terms"
)

// Statistics are the counts at one size of the register.
type Statistics struct {
	Size     int64
	Releases int // that stand
	With     int // of these, with opt-outs applied
	Files    int // a row for each file
	Access   int // a row for each dataset and agreement with system access
	Frequent int // a row for each dataset and agreement with a frequent flow

	Months            []Month
	Types             []Count
	Powers            []Count
	OptOuts           []Count
	Kinds             []Count // of organisation, as published
	Frequencies       []Count
	Channels          []Count
	Accesses          []AccessLine
	Entries           []EntryCount
	Late, Corrections int
}

// Month counts the releases of a month, or of the months of an edition that
// does not tell them apart.
type Month struct {
	From, To terms.Date
	Counted
	Access        int // releases of these that are system access
	Types         map[terms.TypeOfData]int
	Organisations int
}

// Counted is releases, and those of them with opt-outs applied, without for a
// stated reason, without a reason, and without an answer.
type Counted struct{ Releases, With, Without, NoReason, NotRecorded int }

func (c *Counted) add(o terms.OptOut) {
	c.Releases++
	switch {
	case o.Applied():
		c.With++
	case o == terms.OptOutNoReason:
		c.NoReason++
	case o == terms.OptOutNotRecorded || o == "":
		c.NotRecorded++
	default:
		c.Without++
	}
}

// Share is the part of the releases with an answer that had opt-outs applied,
// in per cent, one place after the point; empty where no release has an answer.
func (c Counted) Share() string {
	answered := c.Releases - c.NotRecorded
	if answered == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", float64(c.With)/float64(answered)*100)
}

// Count counts releases under one code.
type Count struct {
	Code, Label string // the code of a kind of organisation is its words
	Counted
	Organisations int
}

// AccessLine is system access to one dataset under one agreement in a month:
// the grain at which files are told.
type AccessLine struct {
	From, To                    terms.Date
	Dataset, Stem, Organisation string // ids
	// The names of both, for readers; the register knows them, not this package.
	DatasetName, OrganisationName string
	Rows                          int
}

// EntryCount counts entries of a kind: all, and those that stand.
type EntryCount struct {
	Kind       register.Kind
	All, Stand int
}

// counts gathers by a code.
type counts struct {
	byCode map[string]*Count
	bodies map[string]map[string]bool
}

func (c *counts) add(code, label, organisation string, o terms.OptOut) {
	if c.byCode == nil {
		c.byCode, c.bodies = map[string]*Count{}, map[string]map[string]bool{}
	}
	at := c.byCode[code]
	if at == nil {
		at = &Count{Code: code, Label: label}
		c.byCode[code], c.bodies[code] = at, map[string]bool{}
	}
	at.add(o)
	if organisation != "" {
		c.bodies[code][organisation] = true
	}
}

// sorted are the counts, the largest first.
func (c *counts) sorted() []Count {
	out := make([]Count, 0, len(c.byCode))
	for code, at := range c.byCode {
		at.Organisations = len(c.bodies[code])
		out = append(out, *at)
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(b.Releases, a.Releases), cmp.Compare(a.Code, b.Code)) })
	return out
}

// NotRecorded is the label of what has no code.
const NotRecorded = "Not recorded"

// Compute counts entries, which come in the order of their numbers; rows is
// ranged over twice. body gives the one id of an organisation's names.
func Compute(rows iter.Seq[index.Row], body func(organisation string) string) *Statistics {
	s := &Statistics{}
	kinds := kindsOf(rows, body)
	var types, powers, optOuts, organisationKinds, frequencies, channels counts
	months, bodies := map[[2]terms.Date]*Month{}, map[[2]terms.Date]map[string]bool{}
	accesses := map[AccessLine]int{}
	entries := map[register.Kind]*EntryCount{}
	for row := range rows {
		s.Size = row.Number
		s.entry(entries, row)
		if !row.AsRelease() || !row.Stands() {
			continue
		}
		organisation := body(row.Organisation)
		s.Releases++
		if row.OptOut.Applied() {
			s.With++
		}
		access := row.Frequency == terms.SystemAccess || row.Channel == terms.ChannelSystemAccess
		switch {
		case access:
			s.Access++
		case row.Frequency == terms.FrequentAdHoc:
			s.Frequent++
		default:
			s.Files++
		}
		types.add(string(row.TypeOfData), row.TypeOfData.Label(), organisation, row.OptOut)
		powers.add(string(row.Power), row.Power.Label(), organisation, row.OptOut)
		optOuts.add(string(row.OptOut), row.OptOut.Label(), organisation, row.OptOut)
		frequencies.add(string(row.Frequency), row.Frequency.Label(), organisation, row.OptOut)
		channel := cmp.Or(string(row.Channel), "not_recorded")
		channels.add(channel, channelLabel(row.Channel), organisation, row.OptOut)
		kind := cmp.Or(kinds[organisation], NotRecorded)
		organisationKinds.add(kind, kind, organisation, row.OptOut)

		last := row.EventTo
		if last.IsZero() { // what has no end is its first day
			last = row.EventFrom
		}
		key := [2]terms.Date{month(row.EventFrom), monthEnd(last)}
		m := months[key]
		if m == nil {
			m = &Month{From: key[0], To: key[1], Types: map[terms.TypeOfData]int{}}
			months[key], bodies[key] = m, map[string]bool{}
		}
		m.add(row.OptOut)
		m.Types[row.TypeOfData]++
		bodies[key][organisation] = true
		if access {
			m.Access++
			accesses[AccessLine{From: key[0], To: key[1], Dataset: row.Dataset, Stem: row.Stem, Organisation: organisation}]++
		}
	}
	s.Types, s.Powers, s.OptOuts, s.Kinds, s.Frequencies, s.Channels = types.sorted(), powers.sorted(), optOuts.sorted(), organisationKinds.sorted(), frequencies.sorted(), channels.sorted()
	for key, m := range months {
		m.Organisations = len(bodies[key])
		s.Months = append(s.Months, *m)
	}
	slices.SortFunc(s.Months, func(a, b Month) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	for line, n := range accesses {
		line.Rows = n
		s.Accesses = append(s.Accesses, line)
	}
	slices.SortFunc(s.Accesses, func(a, b AccessLine) int {
		return cmp.Or(b.From.Compare(a.From), b.To.Compare(a.To), cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Stem, b.Stem), cmp.Compare(a.Organisation, b.Organisation))
	})
	for _, kind := range register.Kind("").Values() {
		if c := entries[register.Kind(kind)]; c != nil {
			s.Entries = append(s.Entries, *c)
		}
	}
	return s
}

func (s *Statistics) entry(entries map[register.Kind]*EntryCount, row index.Row) {
	c := entries[row.Kind]
	if c == nil {
		c = &EntryCount{Kind: row.Kind}
		entries[row.Kind] = c
	}
	c.All++
	if row.Stands() {
		c.Stand++
	}
	if row.Late {
		s.Late++
	}
	if row.Kind == register.Correction {
		s.Corrections++
	}
}

// kindsOf is each organisation's kind as the newest of its agreements that
// stand has it, by the day of what they record.
func kindsOf(rows iter.Seq[index.Row], body func(string) string) map[string]string {
	type told struct {
		kind string
		from terms.Date
	}
	all := map[string]told{}
	for row := range rows {
		if row.OrganisationKind == "" || !row.Stands() {
			continue
		}
		organisation := body(row.Organisation)
		known, seen := all[organisation]
		// Of two of one day the first by letters: the order of imports tells nothing.
		if later := row.EventFrom.Compare(known.from); !seen || later > 0 || later == 0 && row.OrganisationKind < known.kind {
			all[organisation] = told{row.OrganisationKind, row.EventFrom}
		}
	}
	out := make(map[string]string, len(all))
	for organisation, t := range all {
		out[organisation] = t.kind
	}
	return out
}

func channelLabel(c terms.Channel) string {
	if c == "" {
		return NotRecorded
	}
	return c.Label()
}

// month is the first day of a day's month, and monthEnd its last.
func month(d terms.Date) terms.Date {
	if d.IsZero() {
		return d
	}
	return terms.NewDate(d.Year, d.Month, 1)
}

func monthEnd(d terms.Date) terms.Date {
	if d.IsZero() {
		return d
	}
	return terms.NewDate(d.Year, d.Month+1, 1).AddDays(-1)
}

// Label is such as "Feb 2021", or "Sep to Nov 2017" of an edition of months
// that it does not tell apart.
func (m Month) Label() string { return Months(m.From, m.To) }

// Single says whether it is one month, and known.
func (m Month) Single() bool { return !m.From.IsZero() && m.To == monthEnd(m.From) }

// Months are the months of a span in short words.
func Months(from, to terms.Date) string {
	short := func(m time.Month) string { return m.String()[:3] }
	switch {
	case from.IsZero():
		return NotRecorded
	case to.IsZero() || from.Year == to.Year && from.Month == to.Month:
		return fmt.Sprintf("%s %d", short(from.Month), from.Year)
	case from.Year == to.Year:
		return fmt.Sprintf("%s to %s %d", short(from.Month), short(to.Month), to.Year)
	}
	return fmt.Sprintf("%s %d to %s %d", short(from.Month), from.Year, short(to.Month), to.Year)
}
