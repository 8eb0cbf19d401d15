package applicant

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

// SignView is the terms as they stand, and who signs them.
type SignView struct {
	Reference, Title, State string
	Frozen                  bool
	SHA256                  string
	IssuedAt                time.Time
	Signatures              []Signatory
	Action, LogIn, JSON     string
	Fresh, Mine             bool // the log-in is fresh enough; a signature of the reader's is missing
	Terms                   []Terms
	Conditions              []string
	Problems                []page.Problem
}

// Signatory is an organisation that signs.
type Signatory struct {
	Organisation, Name, Capacity string
	SignedAt                     time.Time
	Signed, Mine                 bool
}

// Terms are the answers of one step.
type Terms struct {
	Title string
	Block Block
}

var signPage = page.Parse[SignView]("applicant/sign.html", "applicant/parts.html")

func (s *server) terms(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	return s.showTerms(w, r, actor, d, http.StatusOK, nil)
}

func (s *server) showTerms(w http.ResponseWriter, r *http.Request, actor access.Actor, d *release.Draft, status int, problems []page.Problem) error {
	view := SignView{Reference: d.Reference, Title: d.Application.Title, State: d.State.Label(), Frozen: d.TermsSHA256 != "", SHA256: d.TermsSHA256,
		Action: address(d, "sign"), JSON: address(d, "terms.json"), LogIn: login.SignIn + "?" + url.Values{"fresh": {"1"}, "next": {address(d, "sign")}}.Encode(),
		Fresh: s.Clock().Sub(actor.LoggedInAt) <= gate.FreshLogIn, Problems: problems}
	for _, c := range d.Application.Conditions {
		view.Conditions = append(view.Conditions, c.Text)
	}
	if d.IssuedAt != nil {
		view.IssuedAt = *d.IssuedAt
	}
	for _, n := range d.Signatures {
		row := Signatory{Organisation: n.Organisation, Name: n.Name, Capacity: n.Capacity, Signed: n.SignedAt != nil,
			Mine: n.Mine && n.SignedAt == nil && d.State == terms.Issued}
		if n.SignedAt != nil {
			row.SignedAt = *n.SignedAt
		}
		view.Mine = view.Mine || row.Mine
		view.Signatures = append(view.Signatures, row)
	}
	all, err := s.Service.Dictionaries(r.Context(), actor)
	if err != nil {
		return err
	}
	if view.Terms, err = termsOf(d, all); err != nil {
		return err
	}
	title := "The terms of " + d.Reference
	if len(problems) > 0 {
		title = "Error: " + title
	}
	return signPage.Render(s.pages, w, r, page.Page{Title: title, Status: status, Private: true, Trail: trail(d)}, view)
}

// termsOf are all answers in words, as they stand.
func termsOf(d *release.Draft, all []release.Dictionary) ([]Terms, error) {
	var out []Terms
	for _, st := range steps {
		if st.Name == release.StepLines {
			part := Terms{Title: st.Title, Block: Block{Lists: []List{{Row: "Dataset line"}}}}
			for _, l := range d.Application.Lines {
				f := lineForm(l, all)
				values, err := f.values(l)
				if err != nil {
					return nil, err
				}
				row := f.block(named(values, d.Names), "", new(fields))
				row.Title = l.DatasetName
				part.Block.Lists[0].Rows = append(part.Block.Lists[0].Rows, row)
			}
			out = append(out, part)
			continue
		}
		kept, err := d.Application.Section(st.Name)
		if err != nil {
			return nil, err
		}
		f := formOf(st.Name, d)
		values, err := f.values(kept)
		if err != nil {
			return nil, err
		}
		out = append(out, Terms{st.Title, f.block(named(values, d.Names), "", new(fields))})
	}
	return out, nil
}

// frozen are the approved terms, to the byte that their digest is over.
func (s *server) frozen(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	if len(d.Terms) == 0 {
		return fault.New(fault.NotFound, "The terms are not approved yet.")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="terms.json"`)
	w.Header().Set("Cache-Control", "no-store")
	if _, err := w.Write(d.Terms); err != nil {
		return fmt.Errorf("sending the terms: %w", err)
	}
	return nil
}

func (s *server) sign(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	form, err := posted(r)
	if err != nil {
		return err
	}
	if err := s.Service.SignVersion(r.Context(), actor, d.ID, form.Get("organisation"), form.Get("capacity"), form.Get("termsSha256")); err != nil {
		problems, status, err := page.Refused(err, nil)
		if err != nil {
			return err
		}
		return s.showTerms(w, r, actor, d, status, problems)
	}
	http.Redirect(w, r, address(d, "sign"), http.StatusSeeOther)
	return nil
}
