package release

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/datasetline"
	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
)

// Lack is something that an imported version needs before the gate can pass
// it.
type Lack string

// The lacks, in the order in which they are mended.
const (
	LacksLines          Lack = "lines"
	LacksTitle          Lack = "title"
	LacksController     Lack = "controller"
	LacksControllership Lack = "controllership"
	LacksContract       Lack = "contract"
	LacksAssurance      Lack = "assurance"
	LacksFee            Lack = "fee"
	LacksTerm           Lack = "term"
	LacksTerritory      Lack = "territory"
	LacksDiscloser      Lack = "discloser"
	LacksType           Lack = "type"
	LacksPower          Lack = "power"
	LacksRoute          Lack = "route"
	LacksApproval       Lack = "approval"
	LacksOptOut         Lack = "opt_out"
	LacksArticle6       Lack = "article6"
	LacksArticle9       Lack = "article9"
	LacksPeriods        Lack = "periods"
	LacksFields         Lack = "fields"
	LacksPurposes       Lack = "purposes"
)

var lackLabels = map[Lack]string{
	LacksLines: "Dataset lines", LacksTitle: "Title", LacksController: "Controller", LacksControllership: "How the controllers stand to each other",
	LacksContract: "Framework contract in force", LacksAssurance: "Security assurance in force", LacksFee: "Data protection fee",
	LacksTerm: "Term", LacksTerritory: "Territory", LacksDiscloser: "Discloser", LacksType: "Type of data", LacksPower: "Power to disclose",
	LacksRoute: "Confidentiality route", LacksApproval: "Approval for section 251", LacksOptOut: "Opt-outs, or why not", LacksArticle6: "Article 6 condition",
	LacksArticle9: "Article 9 condition", LacksPeriods: "Periods of the data", LacksFields: "Fields", LacksPurposes: "Purpose",
}

// Lacks lists the lacks in order.
func Lacks() []Lack {
	return []Lack{LacksLines, LacksTitle, LacksController, LacksControllership, LacksContract, LacksAssurance, LacksFee, LacksTerm, LacksTerritory,
		LacksDiscloser, LacksType, LacksPower, LacksRoute, LacksApproval, LacksOptOut, LacksArticle6, LacksArticle9, LacksPeriods, LacksFields, LacksPurposes}
}

// Label is the lack in words: what is missing.
func (l Lack) Label() string { return lackLabels[l] }

// lacksOf says what a version lacks on a day. It asks what the gate's rules ask
// of the records; whether the answers pass is the gate's.
func lacksOf(v *ent.AgreementVersion, today terms.Date) []Lack {
	missing := map[Lack]bool{
		LacksLines: len(v.Edges.Lines) == 0, LacksTitle: v.Title == "", LacksTerm: v.Starts == nil || v.Ends == nil,
		LacksTerritory: v.Territory == terms.TerritoryNotRecorded,
	}
	var controllers, others []*ent.Organisation
	for _, p := range v.Edges.Parties {
		switch p.Role {
		case terms.Controller:
			controllers = append(controllers, p.Edges.Organisation)
		case terms.Processor:
			others = append(others, p.Edges.Organisation)
		}
	}
	missing[LacksController] = len(controllers) == 0
	missing[LacksControllership] = v.Controllership == terms.ControllershipNotRecorded || v.Controllership == terms.ControllershipUnresolved
	if applicant := v.Edges.Agreement.Edges.Applicant; len(controllers) == 0 && applicant != nil {
		controllers = append(controllers, applicant) // who will be one, as the register has it
	}
	for _, o := range controllers {
		missing[LacksContract] = missing[LacksContract] || o.ContractNumber == "" || !heldOn(o.ContractFrom, o.ContractTo, today)
		missing[LacksFee] = missing[LacksFee] || (o.IcoExemption == "" && (o.IcoNumber == "" || !heldOn(nil, o.IcoTo, today)))
	}
	for _, o := range slices.Concat(controllers, others) {
		missing[LacksAssurance] = missing[LacksAssurance] || o.AssuranceStatus == "" || !heldOn(nil, o.AssuranceTo, today)
	}
	for _, l := range v.Edges.Lines {
		lacksOfLine(l, v.Edges.Approvals, missing)
	}
	var lacks []Lack
	for _, l := range Lacks() {
		if missing[l] {
			lacks = append(lacks, l)
		}
	}
	return lacks
}

func lacksOfLine(l *ent.DatasetLine, approvals []*ent.Approval, missing map[Lack]bool) {
	line := lineTerms(l)
	for lack, is := range map[Lack]bool{
		LacksDiscloser: line.Discloser == "", LacksType: line.Type == terms.TypeNotRecorded,
		LacksPower: line.Power == terms.PowerNotRecorded || line.Power == terms.HSCA2012, LacksRoute: line.Route == terms.RouteNotRecorded,
		LacksOptOut:  line.OptOut == terms.OptOutNotRecorded || (line.Type == terms.Identifiable && line.OptOut == terms.OptOutNotIdentifiable),
		LacksPeriods: len(line.Periods) == 0, LacksPurposes: len(line.Purposes) == 0,
		LacksFields:   line.RecordLevel() && len(line.Fields) == 0 && line.Channel == terms.ChannelFile,
		LacksArticle6: line.RecordLevel() && len(line.Article6) == 0, LacksArticle9: line.RecordLevel() && len(line.Article9) == 0,
	} {
		missing[lack] = missing[lack] || is
	}
	if line.Route != terms.RouteSection251 {
		return
	}
	covered := slices.ContainsFunc(approvals, func(a *ent.Approval) bool { return slices.Contains(a.Datasets, line.Dataset) })
	missing[LacksApproval] = missing[LacksApproval] || !covered
}

// heldOn says whether a day is within a span; an end that is not recorded
// holds nothing.
func heldOn(from, to *terms.Date, day terms.Date) bool {
	return to != nil && to.Compare(day) >= 0 && (from == nil || from.Compare(day) <= 0)
}

// TakeOnFilter narrows the worklist; what is empty narrows nothing.
type TakeOnFilter struct {
	Kind      string             // of the applying organisation, as the register has it
	Lack      Lack               // versions that lack this
	State     terms.VersionState // recorded, or draft once taken on
	Applicant string             // slug
	Search    string             // part of a reference or of an organisation's name
}

// TakeOnRow is a version in the worklist.
type TakeOnRow struct {
	Version       uuid.UUID
	Stem, Number  string
	State         terms.VersionState
	Applicant     string // name
	ApplicantSlug string
	Kind          string // of the applicant
	Releases      int    // in the register under this reference
	Lines         int
	Lacks         []Lack
}

// TakeOnWorklist is what is left to take on.
type TakeOnWorklist struct {
	Rows    []TakeOnRow  // by reference; those that the filter leaves
	ByLack  map[Lack]int // of those that the filter would leave without its Lack
	ByKind  map[string]int
	ByState map[terms.VersionState]int
	All     int // before any filter
}

// takingOn are the states in which a version is in the worklist.
var takingOn = []terms.VersionState{terms.Recorded, terms.Draft, terms.Returned, terms.Deferred, terms.NotRecommended}

// TakeOnWorklist lists imported versions that are not under way yet, with what
// each lacks today.
func (s *Service) TakeOnWorklist(ctx context.Context, actor access.Actor, filter TakeOnFilter) (TakeOnWorklist, error) {
	var list TakeOnWorklist
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return list, err
	}
	ctx, read := seeAll(ctx), s.Read()
	versions, err := read.AgreementVersion.Query().
		Where(agreementversion.KindEQ(terms.VersionImported), agreementversion.StateIn(takingOn...)).
		Select(agreementversion.FieldID, agreementversion.FieldNumber, agreementversion.FieldMajor, agreementversion.FieldMinor, agreementversion.FieldState,
			agreementversion.FieldTitle, agreementversion.FieldStarts, agreementversion.FieldEnds, agreementversion.FieldTerritory, agreementversion.FieldControllership).
		WithAgreement(func(q *ent.AgreementQuery) { q.WithApplicant() }).
		WithParties(func(q *ent.PartyQuery) { q.WithOrganisation() }).WithApprovals().
		WithLines(func(q *ent.DatasetLineQuery) { q.Order(datasetline.ByNumber()) }).All(ctx)
	if err != nil {
		return list, fmt.Errorf("reading what to take on: %w", err)
	}
	releases, err := s.releaseCounts(ctx)
	if err != nil {
		return list, err
	}
	list.ByLack, list.ByKind, list.ByState, list.All = map[Lack]int{}, map[string]int{}, map[terms.VersionState]int{}, len(versions)
	today := terms.Today(s.clock())
	for _, v := range versions {
		row := TakeOnRow{Version: v.ID, Stem: v.Edges.Agreement.Stem, Number: v.Number, State: v.State, Lines: len(v.Edges.Lines),
			Releases: releases[v.Edges.Agreement.Stem+"\x00"+v.Number], Lacks: lacksOf(v, today)}
		if applicant := v.Edges.Agreement.Edges.Applicant; applicant != nil {
			row.Applicant, row.ApplicantSlug, row.Kind = applicant.Name, applicant.Slug, applicant.Kind
		}
		list.add(row, filter)
	}
	slices.SortFunc(list.Rows, func(a, b TakeOnRow) int {
		return cmp.Or(strings.Compare(a.Stem, b.Stem), strings.Compare(a.Number, b.Number))
	})
	return list, nil
}

// add counts a row under every choice of one filter that the others leave it,
// and keeps it if all do.
func (list *TakeOnWorklist) add(row TakeOnRow, f TakeOnFilter) {
	words := strings.ToLower(row.Stem + " " + row.Applicant)
	kind, state := f.Kind == "" || row.Kind == f.Kind, f.State == "" || row.State == f.State
	lack := f.Lack == "" || slices.Contains(row.Lacks, f.Lack)
	if (f.Applicant != "" && row.ApplicantSlug != f.Applicant) || !strings.Contains(words, strings.ToLower(strings.TrimSpace(f.Search))) {
		return
	}
	if kind && state {
		for _, l := range row.Lacks {
			list.ByLack[l]++
		}
	}
	if lack && state {
		list.ByKind[row.Kind]++
	}
	if lack && kind {
		list.ByState[row.State]++
	}
	if lack && kind && state {
		list.Rows = append(list.Rows, row)
	}
}

// releaseCounts is how many releases the register has under each reference (by
// stem, NUL, number).
func (s *Service) releaseCounts(ctx context.Context) (map[string]int, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT stem, version, count(*) FROM entries WHERE kind = 'release' GROUP BY stem, version`)
	if err != nil {
		return nil, fmt.Errorf("counting releases: %w", err)
	}
	defer func() { _ = rows.Close() }()
	counts := map[string]int{}
	for rows.Next() {
		var stem, number string
		var n int
		if err := rows.Scan(&stem, &number, &n); err != nil {
			return nil, fmt.Errorf("counting releases: %w", err)
		}
		counts[stem+"\x00"+number] = n
	}
	return counts, rows.Err()
}
