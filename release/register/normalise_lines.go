package register

import (
	"fmt"
	"slices"

	"data.release/registrar/release/terms"
)

// agreedLine is a dataset of an agreement's version, of a sheet of its own.
type agreedLine struct {
	Line
	dataset spelling
	line    int // in the sheet
	entered bool
}

// line reads a row for a dataset of an agreement's version. It comes before
// the agreements, which take their lines, and the releases, which take from
// them how confidence is met.
func (n *normaliser) line(row Row) {
	t := n.source.Lines
	if n.note(t, row) {
		return
	}
	dataset := spelling{n.datasets.add(n.need(t, row, CellDataset), ""), row.Cells[CellDataset]}
	ref, ok := n.reference(t, row)
	if !ok {
		return
	}
	id := ref.String()
	var e Entry
	n.codes(&e, t, row, id)
	e.Power, e.Routes = n.basis(t, row, id, nil)
	l := &agreedLine{dataset: dataset, line: row.Line, Line: Line{
		TypeOfData: e.TypeOfData, Sensitivity: e.Sensitivity, Power: e.Power, Routes: e.Routes,
		OptOut: e.OptOut, Frequency: e.Frequency, Channel: e.Channel,
	}}
	n.lines[id] = append(n.lines[id], l)
	n.allLines = append(n.allLines, l)
}

// linesLeft doubts the lines whose agreement is not in the edition.
func (n *normaliser) linesLeft() {
	for _, l := range n.allLines {
		if !l.entered {
			n.doubt(DoubtLineAlone, "sheet "+n.source.Lines.Sheet, fmt.Sprintf("row %d", l.line))
		}
	}
}

// routesOfLine finds how confidence is met with a release, where its layout
// says so only in the agreement's lines: as all its lines for that dataset and
// type of data agree. A release that no line covers, or that differs from them
// all, is doubted.
func (n *normaliser) routesOfLine(e Entry, dataset spelling, id string) []terms.Route {
	if n.source.Lines.Sheet == "" {
		return nil
	}
	var routes []terms.Route
	found, agree, same := false, true, false
	for _, l := range n.lines[e.Reference] {
		if l.dataset.key != dataset.key {
			continue
		}
		found = true
		if l.TypeOfData != e.TypeOfData {
			continue
		}
		agree = agree && (routes == nil || slices.Equal(routes, l.Routes))
		routes = l.Routes
		same = same || l.Sensitivity == e.Sensitivity && l.Frequency == e.Frequency && l.Power == e.Power
	}
	switch {
	case !found:
		n.doubt(DoubtNoLine, e.Reference+", "+dataset.name, id)
	case !same:
		n.doubt(DoubtLineDiffers, e.Reference+", "+dataset.name, id)
	}
	if !agree {
		return nil
	}
	return routes
}
