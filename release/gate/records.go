package gate

import (
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// What was delivered and landed before, and what should have been destroyed.

var recordRules = []Rule{
	{ID: "one-off", Title: "A one-off line is delivered once", Class: Advice, From: dawn, Moments: asking,
		Authority: "the agreement: one delivery, of any number of files, with corrections and retries", Remedy: "say why it is delivered again, such as a correction; a line for more deliveries is ongoing", check: checkOneOff},
	{ID: "submissions", Title: "What was landed is complete", Class: Policy, From: dawn, Moments: asking,
		Authority: "flex and freeze dates of the feeds; the line where it says final data", Remedy: "wait for the feeds that are missing, or ask for a shorter period", check: checkSubmissions},
	{ID: "destruction", Title: "No destruction of earlier data is overdue", Class: Policy, From: dawn, Moments: asking,
		Authority: "the agreement and framework contract: destroy on expiry and certify it", Remedy: "the holder certifies destruction, and an access officer closes the version; or a live version takes the data over", check: checkDestruction},
}

func checkOneOff(c Case) finding {
	if c.Line.Frequency != terms.OneOff {
		return notApplicable("the line is delivered more than once")
	}
	if !c.HistoryKnown {
		return refuse("line.frequency", "whether the line was delivered before is not known")
	}
	if len(c.Deliveries) == 0 {
		return pass("not delivered before")
	}
	var words []string
	for _, d := range c.Deliveries {
		words = append(words, fmt.Sprintf("to %s on %s", d.To, d.On.Words()))
	}
	return warn("delivered before: %s", strings.Join(words, ", "))
}

// checkSubmissions looks for days asked for that no supplier's feed covers, and
// for suppliers that fell silent. It warns; a line of final data refuses.
func checkSubmissions(c Case) finding {
	if c.Request == nil || c.Request.Period.From.IsZero() || c.Request.Period.To.IsZero() {
		return refuse("request.period", "the period asked for is not known")
	}
	if c.Submissions == nil {
		return refuse("request.period", "what was landed of %s is not known", c.Line.DatasetName)
	}
	if len(c.Submissions.Landed) == 0 {
		return incomplete(c, "nothing of %s has been landed for a dated period", c.Line.DatasetName)
	}
	bySupplier := map[string][]terms.Period{}
	for _, l := range c.Submissions.Landed {
		bySupplier[l.Supplier] = append(bySupplier[l.Supplier], l.Period)
	}
	var missing []string
	for _, supplier := range sortedKeys(bySupplier) {
		if day, all := firstNotGranted(c.Request.Period, bySupplier[supplier]); !all {
			missing = append(missing, fmt.Sprintf("%s from %s", supplier, day.Words()))
		}
	}
	if len(missing) > 0 {
		return incomplete(c, "not landed for the whole period: %s", strings.Join(missing, "; "))
	}
	return pass("landed for the whole period by %d suppliers", len(bySupplier))
}

func incomplete(c Case, format string, args ...any) finding {
	if c.Line.FinalData {
		return refuse("line.finalData", format+"; the line says final data", args...)
	}
	return warn(format, args...)
}

// checkDestruction refuses while data of the same agreement are held after
// their end, or of another agreement under a hold; others of the same
// controller warn (governance §2, rule 9).
func checkDestruction(c Case) finding {
	if !c.HistoryKnown {
		return refuse("agreement", "whether a destruction is overdue is not known")
	}
	var bad, others []string
	for _, o := range c.Overdue {
		words := fmt.Sprintf("%s, which ended on %s", o.Reference, o.Ended.Words())
		switch {
		case o.SameStem:
			bad = append(bad, words)
		case o.OnHold:
			bad = append(bad, words+" and is on hold")
		default:
			others = append(others, words+" ("+o.Holder+")")
		}
	}
	slices.Sort(bad)
	slices.Sort(others)
	switch {
	case len(bad) > 0:
		return refuse("agreement", "data are held, and their destruction is not certified: %s", strings.Join(bad, "; "))
	case len(others) > 0:
		return warn("a controller holds data of other agreements whose destruction is not certified: %s", strings.Join(others, "; "))
	}
	return pass("no destruction is overdue")
}
