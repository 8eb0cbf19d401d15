package flag_test

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/flag"
	"data.release/registrar/release/terms"
)

// rows is a register of a few rows that stand.
type rows []flag.Row

func (all rows) Standing() iter.Seq[flag.Row] { return slices.Values(all) }

func (all rows) Row(number int64) (flag.Row, bool) {
	i := slices.IndexFunc(all, func(r flag.Row) bool { return r.Number == number })
	if i < 0 {
		return flag.Row{}, false
	}
	return all[i], true
}

var today = terms.NewDate(2026, 11, 25)

// february2021 reads the releases of the real register.
func february2021(t *testing.T) (all rows, source map[int64]string) {
	t.Helper()
	f, err := excelize.OpenFile("../../../testdata/register/releaseregister_20210201_20210228.xlsx", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet, err := f.GetRows("DataReleases")
	if err != nil {
		t.Fatal(err)
	}
	source = map[int64]string{}
	for i, cells := range sheet[1:] {
		for len(cells) < 12 {
			cells = append(cells, "")
		}
		r := flag.Row{Number: int64(i + 1), Kind: register.Release, Edition: "2021-02", From: terms.NewDate(2021, 2, 1), To: terms.NewDate(2021, 2, 28),
			Organisation: register.Slug(cells[1]), Dataset: register.Slug(cells[2])}
		r.OrganisationName, r.DatasetName = flag.NameOf(r.Organisation), flag.NameOf(r.Dataset)
		ref, err := terms.ParseReference(cells[8])
		if err != nil {
			t.Fatal(err)
		}
		r.Reference, r.Stem, r.Versioned = ref.String(), ref.Stem(), ref.Versioned
		var ok [6]bool
		r.Type, ok[0] = terms.ParseTypeOfData(cells[3])
		r.Sensitivity, ok[1] = terms.ParseSensitivity(cells[4])
		r.Power, r.BasisRoutes, ok[2] = terms.ParseBasis(cells[5])
		r.Frequency, ok[3] = terms.ParseFrequency(cells[7])
		r.OptOut, ok[4] = terms.ParseOptOut(cells[10])
		r.Routes, ok[5] = terms.ParseRoutes(cells[11])
		if slices.Contains(ok[:], false) {
			t.Fatalf("%s has an unknown string: %q", cells[0], cells)
		}
		all, source[r.Number] = append(all, r), cells[0]
	}
	if len(all) != 5079 {
		t.Fatalf("%d rows", len(all))
	}
	return all, source
}

// TestFebruary2021 holds the known answers of domain §1.5 and governance §2.
func TestFebruary2021(t *testing.T) {
	all, source := february2021(t)
	found := flag.Compute(all, today)
	for id, want := range map[flag.RuleID]int{
		flag.MixedOptOuts: 138, flag.M1: 12, flag.M2: 5, flag.M3: 4, flag.M4: 0, flag.NoFlowUpheld: 5, flag.ConsentNoFlow: 2,
		flag.M5: 4, flag.M6: 16, flag.M8: 82, flag.M9: 563, flag.BlankCell: 7, flag.NoReason: 0, flag.UnlistedWords: 0,
		flag.OutsideDates: 0, flag.LapsedApproval: 0, flag.LineDiffers: 0, flag.OverdueDestruction: 0,
	} {
		if f, ok := found.Rule(id); !ok || f.Flags() != want {
			t.Errorf("%s: %d flags, want %d", id, f.Flags(), want)
		}
	}
	if n := found.Contradicting(); n != 16 {
		t.Errorf("%d rows contradict themselves, want 16", n)
	}
	for id, want := range map[flag.RuleID]string{
		flag.M2: "DSfC0173 DSfC0544 DSfC2033 DSfC2378 DSfC2531", flag.M3: "DSfC2033 DSfC2283 DSfC2378 DSfC2531", flag.ConsentNoFlow: "FILE0118312 FILE0118319",
	} {
		f, _ := found.Rule(id)
		var got []string
		for _, n := range f.Entries {
			got = append(got, source[n])
		}
		if slices.Sort(got); strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", id, got, want)
		}
	}

	mixed, _ := found.Rule(flag.MixedOptOuts)
	organisations, sameReference := map[string]bool{}, 0
	for _, g := range mixed.Groups {
		organisations[g.Organisation] = true
		sameReference += len(g.References)
		if g.With+g.Without != len(g.Entries) || g.With == 0 || g.Without == 0 {
			t.Errorf("%+v", g)
		}
	}
	if len(organisations) != 114 {
		t.Errorf("%d organisations, want 114", len(organisations))
	}
	if sameReference != 102 {
		t.Errorf("%d pairs of one reference and dataset, want 102", sameReference)
	}
	unexplained := 0
	for _, g := range mixed.Groups {
		reason := found.GroupReason(flag.MixedOptOuts, g)
		if g.Explained != (reason.Explanation != "") || reason.Words == "" {
			t.Errorf("%+v", reason)
		}
		if !g.Explained {
			unexplained++
		}
	}
	// Counted here: type and legal basis explain 129; in seven of the other nine
	// both sides are identifiable, in two the data with opt-outs are
	// pseudonymised.
	if unexplained != 9 || mixed.Explained != 129 {
		t.Errorf("%d explained and %d not, want 129 and 9", mixed.Explained, unexplained)
	}

	// The words name the cell that the rule goes by, and the other beside it.
	for id, want := range map[flag.RuleID]string{
		flag.M5: "The legal basis names COPI Regulations 2002, regulation 3, which does not ask for it; the column of the common law says: statutory exemption.",
		flag.M9: "The legal basis names how the duty of confidence is met, COPI Regulations 2002, regulation 3, and no power.",
	} {
		f, _ := found.Rule(id)
		if !slices.ContainsFunc(all, func(r flag.Row) bool {
			reason, is := found.Reason(id, r)
			return is && slices.Contains(f.Entries, r.Number) && strings.Contains(reason.Words, want)
		}) {
			t.Errorf("no flag of %s says %q", id, want)
		}
	}

	// Of dates nothing can be told of that layout, and it is counted.
	for _, id := range []flag.RuleID{flag.OutsideDates, flag.LineDiffers} {
		if f, _ := found.Rule(id); f.CannotTell != 5079 {
			t.Errorf("%s cannot be told of %d rows", id, f.CannotTell)
		}
	}
	// Every flagged row has words by every rule that flags it, and its counts
	// add up by organisation, dataset and agreement.
	counts := [3]map[flag.RuleID]int{{}, {}, {}}
	for about, ids := range [3]func(flag.Row) string{func(r flag.Row) string { return r.Organisation }, func(r flag.Row) string { return r.Dataset }, func(r flag.Row) string { return r.Stem }} {
		seen := map[string]bool{}
		for _, r := range all {
			if id := ids(r); !seen[id] {
				seen[id] = true
				for _, c := range found.Counts(flag.About(about), id) {
					counts[about][c.Rule.ID] += c.Entries
				}
			}
		}
	}
	for _, f := range found.All() {
		for about := range counts {
			if counts[about][f.Rule.ID] != len(f.Entries) {
				t.Errorf("%s: %d entries, counted %d by %d", f.Rule.ID, len(f.Entries), counts[about][f.Rule.ID], about)
			}
		}
	}
	for _, r := range all {
		reasons := found.Reasons(r)
		if len(reasons) != len(found.Mask(r.Number).Rules()) {
			t.Fatalf("%s: %d reasons", source[r.Number], len(reasons))
		}
		for _, reason := range reasons {
			if reason.Words == "" || opinion.MatchString(reason.Words+reason.Explanation) {
				t.Fatalf("%s by %s: %q", source[r.Number], reason.Rule.ID, reason.Words)
			}
		}
	}
}

// opinion is words of verdict or opinion, which no flag may say.
var opinion = regexp.MustCompile(`(?i)\b(un|il)?law(ful|less|fully|fulness)\b|\billegal|\bbreach|violat|\bwrong|\bmistake|\bguilt|\babuse|\bmisuse|\bscandal|\bunsafe|suspicio|\bimproper|alarm|\bworry|\bbad\b|\bpoor\b|\billicit|offen[cs]e|\bfraud|\bcareless|\bneglig|\bfail|\brefuse|\bsold\b|\bsecret|\bshould\b|\bunfair|\bconcerning\b|\bquestionable`)

func TestNoVerdicts(t *testing.T) {
	seen := map[flag.RuleID]bool{}
	for _, r := range flag.Rules() {
		if seen[r.ID] || r.Title == "" || r.Words == "" || r.Authority == "" || r.Counts == "" || r.CountsMany == "" || !slices.Contains(flag.Sorts(), r.Sort) {
			t.Errorf("%+v", r)
		}
		seen[r.ID] = true
		if found := opinion.FindString(strings.Join([]string{r.Title, r.Words, r.Known, r.CannotTell, r.NoColumn, r.Counts}, " ")); found != "" {
			t.Errorf("%s says %q", r.ID, found)
		}
		if got, ok := flag.Of(r.ID); !ok || got.ID != r.ID {
			t.Errorf("%s is not found", r.ID)
		}
	}
	if len(flag.Rules()) > 32 {
		t.Error("a Mask holds 32 rules")
	}
}

func day(s string) terms.Date {
	d, err := terms.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func releaseOf(number int64, reference, from, to string, edit func(*flag.Row)) flag.Row {
	r := flag.Row{Number: number, Kind: register.Release, Reference: reference, Versioned: true, Stem: strings.SplitN(reference, "-v", 2)[0], Organisation: "o", Dataset: "d",
		From: day(from), To: day(to), Type: terms.Pseudonymised, Sensitivity: terms.NonSensitive, Power: terms.S261_1_2bii, Routes: []terms.Route{terms.RouteNone},
		OptOut: terms.OptOutNotIdentifiable, Frequency: terms.Ongoing}
	if edit != nil {
		edit(&r)
	}
	return r
}

func agreementOf(number int64, reference, starts, ends string, edit func(*flag.Row)) flag.Row {
	r := flag.Row{Number: number, Kind: register.Agreement, Reference: reference, Versioned: true, Stem: strings.SplitN(reference, "-v", 2)[0], Organisation: "o", From: day("2020-01-01"), To: day("2020-01-31")}
	if starts != "" {
		r.Starts = day(starts)
	}
	if ends != "" {
		r.Ends = day(ends)
	}
	if edit != nil {
		edit(&r)
	}
	return r
}

// TestRules holds what each rule flags, explains, cannot tell, and leaves alone.
func TestRules(t *testing.T) {
	identifiable := func(r *flag.Row) {
		r.Type, r.Power, r.Routes, r.OptOut = terms.Identifiable, terms.S261_7, []terms.Route{terms.RouteSection251}, terms.OptOutApplied
	}
	imported := func(r *flag.Row) { r.Edition = "e" }
	support := func(ends string) func(*flag.Row) {
		return func(r *flag.Row) {
			r.Support = []register.Support{{Route: terms.RouteSection251, Reference: "CAG 1-01/2019", Ends: "2019-01-01"}, {Route: terms.RouteSection251, Ends: ends}}
		}
	}
	lines := func(all ...register.Line) func(*flag.Row) { return func(r *flag.Row) { r.Lines = all } }
	same := register.Line{Dataset: "d", TypeOfData: terms.Pseudonymised, Sensitivity: terms.NonSensitive, Power: terms.S261_1_2bii, Routes: []terms.Route{terms.RouteNone}, Frequency: terms.Ongoing}
	with := func(edit func(*register.Line)) register.Line { l := same; edit(&l); return l }
	type want struct{ flags, explained, cannotTell, noColumn int }
	for name, c := range map[string]struct {
		rule flag.RuleID
		rows rows
		want want
	}{
		"one side only":         {flag.MixedOptOuts, rows{releaseOf(1, "A-v1", "2021-02-01", "2021-02-28", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{}},
		"both sides, explained": {flag.MixedOptOuts, rows{releaseOf(1, "A-v1", "2021-02-03", "2021-02-03", identifiable), releaseOf(2, "B-v1", "2021-02-20", "2021-02-20", nil)}, want{flags: 1, explained: 1}},
		"the same type":         {flag.MixedOptOuts, rows{releaseOf(1, "A-v1", "2021-02-01", "2021-02-28", identifiable), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", func(r *flag.Row) { identifiable(r); r.OptOut = terms.OptOutStatutory })}, want{flags: 1}},
		"no support behind it": {flag.MixedOptOuts, rows{releaseOf(1, "A-v1", "2021-02-01", "2021-02-28", func(r *flag.Row) {
			identifiable(r)
			r.Power, r.Routes = terms.S261_5d, []terms.Route{terms.RouteStatutory}
		}), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{flags: 1}},
		"a type not recorded":    {flag.MixedOptOuts, rows{releaseOf(1, "A-v1", "2021-02-01", "2021-02-28", identifiable), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", func(r *flag.Row) { r.Type = terms.TypeNotRecorded })}, want{flags: 1}},
		"another month":          {flag.MixedOptOuts, rows{releaseOf(1, "A-v1", "2021-02-01", "2021-02-28", identifiable), releaseOf(2, "A-v1", "2021-03-01", "2021-03-31", nil)}, want{}},
		"an answer not recorded": {flag.MixedOptOuts, rows{releaseOf(1, "A-v1", "2021-02-01", "2021-02-28", identifiable), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", func(r *flag.Row) { r.OptOut = terms.OptOutNotRecorded })}, want{}},

		"within the dates":                  {flag.OutsideDates, rows{agreementOf(1, "A-v1", "2021-02-28", "2022-01-01", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{}},
		"on the last day":                   {flag.OutsideDates, rows{agreementOf(1, "A-v1", "2020-01-01", "2021-02-01", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{}},
		"before the start":                  {flag.OutsideDates, rows{agreementOf(1, "A-v1", "2021-03-01", "2022-01-01", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{flags: 1}},
		"after the end":                     {flag.OutsideDates, rows{agreementOf(1, "A-v1", "2020-03-01", "2021-01-31", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{flags: 1}},
		"another version has it":            {flag.OutsideDates, rows{agreementOf(1, "A-v1", "2020-03-01", "2021-01-31", nil), agreementOf(2, "A-v2", "2021-02-01", "2022-01-31", nil), releaseOf(3, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{flags: 1, explained: 1}},
		"terminated before":                 {flag.OutsideDates, rows{agreementOf(1, "A-v1", "2020-03-01", "2022-01-31", nil), {Number: 2, Kind: register.Termination, Stem: "A", Reference: "A-v1", Versioned: true, TerminatedOn: day("2021-01-15")}, releaseOf(3, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{flags: 1}},
		"another terminated":                {flag.OutsideDates, rows{agreementOf(1, "A-v1", "2020-03-01", "2022-01-31", nil), {Number: 2, Kind: register.Termination, Stem: "A", Reference: "A-v2", Versioned: true, TerminatedOn: day("2021-01-15")}, releaseOf(3, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{}},
		"no agreement":                      {flag.OutsideDates, rows{releaseOf(1, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{cannotTell: 1}},
		"no dates":                          {flag.OutsideDates, rows{agreementOf(1, "A-v1", "", "", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{cannotTell: 1}},
		"only an end":                       {flag.OutsideDates, rows{agreementOf(1, "A-v1", "", "2021-01-31", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{flags: 1}},
		"no version":                        {flag.OutsideDates, rows{agreementOf(1, "A", "2020-01-01", "2020-01-31", func(r *flag.Row) { r.Versioned = false }), releaseOf(2, "A", "2021-02-01", "2021-02-28", func(r *flag.Row) { r.Versioned = false })}, want{cannotTell: 1}},
		"ours before an imported statement": {flag.OutsideDates, rows{agreementOf(1, "A-v1", "2020-01-01", "2022-01-31", nil), agreementOf(2, "A-v1", "2020-01-01", "2020-01-31", func(r *flag.Row) { r.Edition, r.From = "e", day("2021-01-01") }), releaseOf(3, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{}},
		"the later edition's statement":     {flag.OutsideDates, rows{agreementOf(1, "A-v1", "2020-01-01", "2022-01-31", func(r *flag.Row) { r.Edition, r.From = "f", day("2021-01-01") }), agreementOf(2, "A-v1", "2020-01-01", "2020-01-31", imported), releaseOf(3, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{}},

		"support in date":          {flag.LapsedApproval, rows{agreementOf(1, "A-v1", "", "", support("2021-02-01")), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", identifiable)}, want{}},
		"support lapsed":           {flag.LapsedApproval, rows{agreementOf(1, "A-v1", "", "", support("2021-01-31")), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", identifiable)}, want{flags: 1}},
		"lapsed, pseudonymised":    {flag.LapsedApproval, rows{agreementOf(1, "A-v1", "", "", support("2021-01-31")), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", func(r *flag.Row) { r.Routes = []terms.Route{terms.RouteSection251} })}, want{flags: 1, explained: 1}},
		"a mixture, pseudonymised": {flag.LapsedApproval, rows{agreementOf(1, "A-v1", "", "", support("2021-01-31")), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", func(r *flag.Row) { r.Routes = []terms.Route{terms.RouteSection251, terms.RouteNone} })}, want{}},
		"an end not recorded":      {flag.LapsedApproval, rows{agreementOf(1, "A-v1", "", "", support("")), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", identifiable)}, want{cannotTell: 1}},
		"no support recorded":      {flag.LapsedApproval, rows{agreementOf(1, "A-v1", "", "", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", identifiable)}, want{cannotTell: 1}},
		"rests on consent":         {flag.LapsedApproval, rows{agreementOf(1, "A-v1", "", "", support("2021-01-31")), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", func(r *flag.Row) { r.Routes = []terms.Route{terms.RouteConsent} })}, want{}},

		"its line":               {flag.LineDiffers, rows{agreementOf(1, "A-v1", "", "", lines(with(func(l *register.Line) { l.TypeOfData = terms.Identifiable }), same)), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{}},
		"another type":           {flag.LineDiffers, rows{agreementOf(1, "A-v1", "", "", lines(with(func(l *register.Line) { l.TypeOfData = terms.Identifiable }))), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{flags: 1}},
		"no line of it":          {flag.LineDiffers, rows{agreementOf(1, "A-v1", "", "", lines(with(func(l *register.Line) { l.Dataset = "e" }))), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{flags: 1}},
		"what is not recorded":   {flag.LineDiffers, rows{agreementOf(1, "A-v1", "", "", lines(register.Line{Dataset: "d"})), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{}},
		"no lines recorded":      {flag.LineDiffers, rows{agreementOf(1, "A-v1", "", "", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{cannotTell: 1}},
		"opt-outs by the answer": {flag.LineDiffers, rows{agreementOf(1, "A-v1", "", "", lines(with(func(l *register.Line) { l.OptOut = terms.OptOutNoReason }))), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{}},

		"ended, nothing recorded": {flag.OverdueDestruction, rows{agreementOf(1, "A-v1", "2020-01-01", "2021-12-31", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{flags: 1}},
		"destroyed":               {flag.OverdueDestruction, rows{agreementOf(1, "A-v1", "2020-01-01", "2021-12-31", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil), {Number: 3, Kind: register.Destruction, Stem: "A", CertifiedOn: day("2022-01-31")}}, want{}},
		"destroyed before":        {flag.OverdueDestruction, rows{agreementOf(1, "A-v1", "2020-01-01", "2021-12-31", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil), {Number: 3, Kind: register.Destruction, Stem: "A", CertifiedOn: day("2021-01-31")}}, want{flags: 1}},
		"a later version":         {flag.OverdueDestruction, rows{agreementOf(1, "A-v1", "2020-01-01", "2021-12-31", nil), agreementOf(2, "A-v2", "2022-01-01", "2028-12-31", nil), releaseOf(3, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{}},
		"nothing released":        {flag.OverdueDestruction, rows{agreementOf(1, "A-v1", "2020-01-01", "2021-12-31", nil)}, want{}},
		"imported":                {flag.OverdueDestruction, rows{agreementOf(1, "A-v1", "2020-01-01", "2021-12-31", imported), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", imported)}, want{noColumn: 1}},
		"no end":                  {flag.OverdueDestruction, rows{agreementOf(1, "A-v1", "2020-01-01", "", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{cannotTell: 1}},
		"ends today":              {flag.OverdueDestruction, rows{agreementOf(1, "A-v1", "2020-01-01", "2026-11-25", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil)}, want{}},
		"terminated":              {flag.OverdueDestruction, rows{agreementOf(1, "A-v1", "2020-01-01", "2028-11-25", nil), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", nil), {Number: 3, Kind: register.Termination, Stem: "A", Reference: "A-v1", Versioned: true, TerminatedOn: day("2022-01-15")}}, want{flags: 1}},

		"No alone, in an edition of Yes and No": {flag.NoReason, rows{releaseOf(1, "A-v1", "2021-02-01", "2021-02-28", func(r *flag.Row) { imported(r); r.OptOut = terms.OptOutNoReason })}, want{flags: 1, explained: 1}},
		"No alone, in an edition of reasons":    {flag.NoReason, rows{releaseOf(1, "A-v1", "2021-02-01", "2021-02-28", func(r *flag.Row) { imported(r); r.OptOut = terms.OptOutNoReason }), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", imported)}, want{flags: 1}},
		"a blank cell":                          {flag.BlankCell, rows{releaseOf(1, "A-v1", "2021-02-01", "2021-02-28", imported), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", func(r *flag.Row) { imported(r); r.Sensitivity = terms.SensitivityNotRecorded })}, want{flags: 1}},
		"a column that is not there":            {flag.BlankCell, rows{releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", func(r *flag.Row) { imported(r); r.Sensitivity = terms.SensitivityNotRecorded })}, want{}},
		"words are no blank": {flag.BlankCell, rows{releaseOf(1, "A-v1", "2021-02-01", "2021-02-28", imported), releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", func(r *flag.Row) {
			imported(r)
			r.Sensitivity, r.Unlisted = terms.SensitivityNotRecorded, []register.Cell{register.CellSensitivity}
		})}, want{}},
		"words of no list": {flag.UnlistedWords, rows{releaseOf(2, "A-v1", "2021-02-01", "2021-02-28", func(r *flag.Row) {
			imported(r)
			r.Sensitivity, r.Unlisted = terms.SensitivityNotRecorded, []register.Cell{register.CellSensitivity}
		})}, want{flags: 1}},
		"before the directions":   {flag.M4, rows{releaseOf(1, "A-v1", "2016-04-28", "2016-04-28", func(r *flag.Row) { identifiable(r); r.OptOut = terms.OptOutNotIdentifiable })}, want{}},
		"after them":              {flag.M4, rows{releaseOf(1, "A-v1", "2016-04-29", "2016-04-29", func(r *flag.Row) { identifiable(r); r.OptOut = terms.OptOutNotIdentifiable })}, want{flags: 1}},
		"no reason under support": {flag.M4, rows{releaseOf(1, "A-v1", "2017-09-01", "2017-11-30", func(r *flag.Row) { identifiable(r); r.OptOut = terms.OptOutNoReason })}, want{cannotTell: 1}},
	} {
		found := flag.Compute(c.rows, today)
		f, _ := found.Rule(c.rule)
		if got := (want{f.Flags(), f.Explained, f.CannotTell, f.NoColumn}); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		for _, n := range f.Entries {
			row, _ := c.rows.Row(n)
			reason, ok := found.Reason(c.rule, row)
			if !ok || reason.Words == "" || opinion.MatchString(reason.Words+reason.Explanation) || (reason.Explanation != "") != (found.Explained(n).Has(c.rule)) {
				t.Errorf("%s: %+v", name, reason)
			}
		}
	}
}

// TestOrderOfImports: flags do not depend on the order in which rows were
// entered, but for their numbers; and each entry's flags are those of a register
// that has it once.
func TestOrderOfImports(t *testing.T) {
	anyRow := rapid.Custom(func(t *rapid.T) flag.Row {
		pick := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(t, label) }
		if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
			return agreementOf(0, pick("reference", "A-v1", "A-v2", "B-v1"), pick("starts", "", "2020-01-01", "2021-03-01"), pick("ends", "", "2021-01-31", "2030-01-01"), func(r *flag.Row) { r.From = day(pick("edition", "2020-01-01", "2020-02-01")) })
		}
		return releaseOf(0, pick("reference", "A-v1", "A-v2", "B-v1"), "2021-02-01", "2021-02-28", func(r *flag.Row) {
			r.Edition, r.Organisation, r.Dataset = pick("edition", "", "e", "f"), pick("organisation", "o", "p"), pick("dataset", "d", "e")
			r.Type, r.OptOut = terms.TypeOfData(pick("type", "identifiable", "pseudonymised", "not_recorded")), terms.OptOut(pick("opt-out", "applied", "not_identifiable", "no_reason", "not_recorded"))
			r.Power = terms.Power(pick("power", string(terms.S261_7), string(terms.S261Other), "not_recorded"))
			r.Routes = []terms.Route{terms.Route(pick("route", "none", "section_251", "not_recorded"))}
		})
	})
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.SliceOfN(anyRow, 0, 12).Draw(t, "rows")
		// One statement for a reference in one edition; which of two counts would
		// turn on their numbers.
		seen := map[string]bool{}
		first = slices.DeleteFunc(first, func(r flag.Row) bool {
			key := r.Reference + r.From.String()
			again := r.Kind == register.Agreement && seen[key]
			seen[key] = seen[key] || r.Kind == register.Agreement
			return again
		})
		second := rapid.Permutation(first).Draw(t, "order")
		tell := func(all rows) []string {
			var numbered rows
			for i, r := range all {
				r.Number = int64(i + 1)
				numbered = append(numbered, r)
			}
			found := flag.Compute(numbered, today)
			var out []string
			for _, r := range numbered {
				var words []string
				for _, reason := range found.Reasons(r) {
					words = append(words, string(reason.Rule.ID)+": "+numbers.ReplaceAllString(reason.Words+reason.Explanation, ""))
				}
				r.Number = 0
				out = append(out, r.Reference+r.Organisation+r.Dataset+string(r.Type)+string(r.OptOut)+string(r.Power)+fmt.Sprint(r.Routes)+r.Edition+r.Starts.String()+r.Ends.String()+r.From.String()+strings.Join(words, "|"))
			}
			slices.Sort(out)
			return out
		}
		if a, b := tell(first), tell(second); !slices.Equal(a, b) {
			t.Fatalf("%q\n%q", a, b)
		}
	})
}

var numbers = regexp.MustCompile(`entry \d+`)
