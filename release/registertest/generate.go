// Package registertest makes large registers for benchmarks: every entry
// invented, but with codes, names and lengths like those of the real ones, with
// real leaves, commitments and hashes. They are written in bulk, past the
// triggers and without the use cases, and are for reading alone.
package registertest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Size says how large a register is to be.
type Size struct {
	Agreements, Versions, Releases int
	// Words is the length of each statement of purposes, all its texts together;
	// 400 if it is 0. Real ones have some 3,000.
	Words int
}

// Large is the register that the product is measured with.
var Large = Size{Agreements: 10_000, Versions: 5, Releases: 600_000}

// Began is when the first entry was recorded. A thousandth of the entries is
// recorded each twelve hours.
var Began = time.Date(2025, time.January, 6, 9, 0, 0, 0, time.UTC)

// edition is a month of the invented publisher.
type edition struct {
	period terms.Period
	sha256 string
}

// generator makes the same register each time.
type generator struct {
	Size
	random        *rand.Rand
	organisations []named
	datasets      []named
	editions      []edition
	words         []string
}

type named struct{ name, id, kind string }

func newGenerator(size Size) *generator {
	if size.Words == 0 {
		size.Words = 400
	}
	g := &generator{Size: size, random: rand.New(rand.NewPCG(2019, 7))}
	for _, kind := range organisationKinds {
		for _, place := range places {
			name := strings.ReplaceAll(kind.pattern, "*", place)
			g.organisations = append(g.organisations, named{name, register.Slug(name), kind.kind})
		}
	}
	for _, family := range families {
		for _, part := range parts {
			name := strings.TrimSpace(family + " " + part)
			g.datasets = append(g.datasets, named{name: name, id: register.Slug(name)})
		}
	}
	for month := range 60 {
		from := terms.NewDate(2021, time.Month(7+month), 1)
		sum := sha256.Sum256(fmt.Appendf(nil, "invented edition of %s", from))
		g.editions = append(g.editions, edition{terms.Period{From: from, To: terms.NewDate(2021, time.Month(8+month), 0)}, hex.EncodeToString(sum[:])})
	}
	for _, first := range syllables {
		for _, second := range syllables {
			for _, third := range endings {
				g.words = append(g.words, first+second+third)
			}
		}
	}
	g.random.Shuffle(len(g.words), func(i, j int) { g.words[i], g.words[j] = g.words[j], g.words[i] })
	g.words = append(append([]string(nil), common...), g.words...)
	return g
}

// all gives the register's entries: of each version its statement, followed by
// its releases.
func (g *generator) all() iter.Seq[register.Entry] {
	return func(yield func(register.Entry) bool) {
		versions := g.Agreements * g.Versions
		total := versions + g.Releases
		number := int64(0)
		next := func(e register.Entry) bool {
			number++
			e.Number = number
			e.RecordedAt = Began.Add(time.Duration(number*1000/int64(total)) * 12 * time.Hour)
			return yield(e)
		}
		released := 0
		for i := range versions {
			v := g.version(i)
			if !next(g.statement(v)) {
				return
			}
			for upTo := g.Releases * (i + 1) / versions; released < upTo; released++ {
				if !next(g.release(v, released)) {
					return
				}
			}
		}
	}
}

// version is one version of an agreement.
type version struct {
	stem, version, reference string
	organisation             named
	edition                  int
	lines                    []register.Line
	datasets                 []named
}

func (g *generator) version(i int) version {
	a, n := i/g.Versions, i%g.Versions
	// What versions share follows from the agreement alone.
	own := rand.New(rand.NewPCG(uint64(a), 11))
	v := version{
		stem: fmt.Sprintf("NIC-%d-%s", 10_000+a*37, suffix(own)), version: fmt.Sprintf("v%d.%d", n, own.IntN(10)),
		organisation: g.organisations[skewed(own, len(g.organisations))],
		edition:      min((a*7/g.Agreements)*6+n*6+own.IntN(6), len(g.editions)-1),
	}
	v.reference = "DARS-" + v.stem + "-" + v.version
	for range 1 + own.IntN(6) {
		dataset := g.datasets[skewed(own, len(g.datasets))]
		line := lineKinds[skewed(own, len(lineKinds))]
		line.Dataset = dataset.id
		v.lines, v.datasets = append(v.lines, line), append(v.datasets, dataset)
	}
	return v
}

// suffix is the five letters and digits of a reference.
func suffix(random *rand.Rand) string {
	const letters, digits = "ABCDEFGHJKLMNPQRSTVWXYZ", "0123456789"
	out := make([]byte, 5)
	for i := range out {
		if i%2 == 0 {
			out[i] = letters[random.IntN(len(letters))]
		} else {
			out[i] = digits[random.IntN(len(digits))]
		}
	}
	return string(out)
}

// skewed picks small numbers more often than large ones.
func skewed(random *rand.Rand, n int) int {
	x := random.Float64()
	return int(x * x * float64(n))
}

func (g *generator) statement(v version) register.Entry {
	starts := g.editions[v.edition].period.From
	e := register.Entry{
		Kind: register.Agreement, EventFrom: starts, EventTo: g.editions[v.edition].period.To, Edition: g.editions[v.edition].sha256,
		EditionFrom: starts, SourceID: v.reference, RowKey: v.reference, Reference: v.reference, Stem: v.stem, Version: v.version,
		Starts: starts, Ends: starts.AddDays(364), Controllership: terms.SoleController, SubLicensing: terms.No, Commercial: terms.No, Lines: v.lines,
	}
	if g.random.IntN(20) == 0 {
		e.Commercial = terms.Yes
	}
	if g.random.IntN(25) == 0 {
		e.SubLicensing = terms.Yes
	}
	e.With(register.OrganisationName, v.organisation.name)
	e.With(register.OrganisationID, v.organisation.id)
	e.With(register.OrganisationType, v.organisation.kind)
	e.With(register.Title, g.text(7))
	e.With(register.Objective, g.text(g.Words*2/5))
	e.With(register.Processing, g.text(g.Words*3/10))
	e.With(register.Outputs, g.text(g.Words*3/20))
	e.With(register.Benefits, g.text(g.Words*3/20))
	return e
}

func (g *generator) release(v version, n int) register.Entry {
	i := n % len(v.lines)
	line, dataset := v.lines[i], v.datasets[i]
	released := g.editions[min(v.edition+g.random.IntN(6), len(g.editions)-1)]
	e := register.Entry{
		Kind: register.Release, EventFrom: released.period.From, EventTo: released.period.To, Edition: released.sha256, EditionFrom: released.period.From,
		SourceID: fmt.Sprintf("FILE%07d", n+1), Reference: v.reference, Stem: v.stem, Version: v.version,
		Dataset: dataset.id, TypeOfData: line.TypeOfData, Sensitivity: line.Sensitivity, Power: line.Power, Routes: line.Routes,
		OptOut: line.OptOut, Frequency: line.Frequency, Channel: line.Channel,
	}
	e.RowKey = e.SourceID
	e.With(register.OrganisationName, v.organisation.name)
	e.With(register.OrganisationID, v.organisation.id)
	e.With(register.DatasetName, dataset.name)
	cells, err := json.Marshal(map[register.Cell]string{
		register.CellSourceID: e.SourceID, register.CellReference: v.reference, register.CellDataset: dataset.name, register.CellType: line.TypeOfData.Label(),
		register.CellSensitivity: line.Sensitivity.Label(), register.CellOptOut: line.OptOut.Label(), register.CellBasis: line.Power.Label(),
		register.CellFrequency: line.Frequency.Label(),
	})
	if err != nil { // strings always marshal
		panic(err)
	}
	e.With(register.AsPublished, string(cells))
	return e
}

// text is some words, common ones more often than rare ones, in sentences.
func (g *generator) text(words int) string {
	var out strings.Builder
	for i := range words {
		x := g.random.Float64()
		word := g.words[int(x*x*x*float64(len(g.words)))]
		switch {
		case i == 0:
		case i%17 == 0:
			out.WriteString(". ")
		default:
			out.WriteByte(' ')
		}
		out.WriteString(word)
	}
	return out.String()
}

// salted gives every text a salt that follows from its place: a benchmark needs
// no secret.
func salted(e *register.Entry) {
	for i := range e.Texts {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d %d", e.Number, i))
		e.Texts[i].Salt = sum[:proof.SaltSize]
	}
}
