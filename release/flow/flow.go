// Package flow shows data flows to readers: as a picture in columns, from
// where data come from to who has them in the end, and as sentences that say
// all that the picture says. Pure, and the same bytes for the same flows.
//
// The layout is that of Sugiyama: places in columns, orders by the mean of
// neighbours, heights by least squares. Every label and every bend of a line
// has a place of its own in the columns, so that nothing overlaps and no line
// crosses a box.
package flow

import (
	"fmt"
	"strconv"
	"strings"

	"data.release/registrar/release/terms"
)

// Told is one flow in words.
type Told struct {
	Number int
	Text   string
	Notes  []string // footnotes of the source
}

// Tell says each flow in a sentence, in their order.
func Tell(flows []terms.Flow) []Told {
	numbers := number(flows)
	told := make([]Told, len(flows))
	for i, f := range flows {
		told[i] = Told{Number: numbers[i], Text: sentence(f), Notes: f.Footnotes}
	}
	return told
}

// number is the flows' own numbers, or 1, 2, 3 … where those are not one to
// each.
func number(flows []terms.Flow) []int {
	numbers, seen := make([]int, len(flows)), map[int]bool{}
	for i, f := range flows {
		if f.Number < 1 || seen[f.Number] {
			for j := range numbers {
				numbers[j] = j + 1
			}
			return numbers
		}
		numbers[i], seen[f.Number] = f.Number, true
	}
	return numbers
}

func sentence(f terms.Flow) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From %s", place(f.From, f.FromNode))
	if f.Through != "" {
		fmt.Fprintf(&b, " through %s", place(f.Through, f.ThroughNode))
	}
	fmt.Fprintf(&b, " to %s: %s", place(f.To, f.ToNode), orElse(strings.TrimSpace(f.Description), "not described"))
	parts := []string{b.String(), typeWords(f.Type), "Identifiers: " + Identifiers(f)}
	if f.Basis != "" {
		parts = append(parts, "Basis: "+f.Basis)
	}
	switch f.Route {
	case "", terms.RouteNotRecorded:
		parts = append(parts, "Confidentiality: not recorded")
	default:
		parts = append(parts, "Confidentiality: "+f.Route.Label())
	}
	if f.OptOuts {
		parts = append(parts, "Opt-outs are applied in this step")
	}
	if f.Pseudonymised {
		parts = append(parts, "Pseudonymised in this step")
	}
	if len(f.Lines) > 0 {
		parts = append(parts, "Dataset lines: "+ranges(f.Lines))
	}
	if len(f.Datasets) > 0 {
		parts = append(parts, "Without a line of their own: "+strings.Join(f.Datasets, "; "))
	}
	parts = append(parts, State(f))
	for i, p := range parts {
		parts[i] = strings.TrimRight(p, ". ") + "."
	}
	return strings.Join(parts, " ")
}

func place(name string, kind terms.FlowNode) string {
	if kind == "" {
		return named(name)
	}
	return fmt.Sprintf("%s (%s)", named(name), kindWords(kind))
}

func kindWords(kind terms.FlowNode) string {
	if kind == "" {
		return "kind not recorded"
	}
	if kind == terms.NodeDSCRO {
		return "regional centre, DSCRO"
	}
	return strings.ToLower(kind.Label())
}

func named(name string) string { return orElse(strings.TrimSpace(name), "a place not named") }

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// typeWords is short, for labels of a picture; the whole label is long.
func typeWords(t terms.TypeOfData) string {
	switch t {
	case terms.Pseudonymised:
		return "Pseudonymised"
	case terms.AggregateSuppressed:
		return "Aggregate, small numbers suppressed"
	case terms.AggregateUnsuppressed:
		return "Aggregate, small numbers not suppressed"
	case "", terms.TypeNotRecorded:
		return "Type of data not recorded"
	}
	return t.Label()
}

// Identifiers says by what a flow names persons.
func Identifiers(f terms.Flow) string {
	labels := make([]string, len(f.Identifiers))
	for i, c := range f.Identifiers {
		labels[i] = c.Label()
	}
	listed := strings.Join(labels, ", ")
	switch {
	case f.IdentifiersAs == terms.IdentifiersToBeConfirmed && listed != "":
		return "to be confirmed; so far " + listed
	case f.IdentifiersAs == terms.IdentifiersToBeConfirmed:
		return "to be confirmed"
	case listed != "":
		return listed
	case f.IdentifiersAs == terms.IdentifiersNone:
		return "none"
	}
	return "not recorded"
}

// State says whether a flow runs, since when not, and why.
func State(f terms.Flow) string {
	words := f.State.Label()
	switch {
	case f.State == "":
		words = "State not recorded"
	case f.State == terms.FlowStopped && f.StoppedOn.IsZero():
		words += ", date not recorded"
	case f.State == terms.FlowPrevious && !f.StoppedOn.IsZero():
		words += ", until " + f.StoppedOn.Words()
	case !f.StoppedOn.IsZero():
		words += " on " + f.StoppedOn.Words()
	}
	if why := strings.TrimSpace(f.Why); why != "" {
		words += ". Why: " + why
	}
	return words
}

// ranges writes sorted numbers short: 1-3, 5.
func ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		switch {
		case j == i:
			parts = append(parts, strconv.Itoa(numbers[i]))
		case j == i+1:
			parts = append(parts, strconv.Itoa(numbers[i]), strconv.Itoa(numbers[j]))
		default:
			parts = append(parts, fmt.Sprintf("%d-%d", numbers[i], numbers[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
