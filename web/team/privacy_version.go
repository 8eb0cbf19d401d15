package team

import (
	"net/http"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/privacy"
	"data.release/registrar/release/register"
	"data.release/registrar/web/page"
)

// PublicTextView is a text that the register will publish, and in which the
// privacy scan found something.
type PublicTextView struct {
	Title   string
	Kinds   string
	Windows []privacy.Window
	Cleared string // by whom, when and why; empty: approval waits for it
	Clear   *Form  // nil: it is cleared, or the viewer may not
}

// publicReach is how much of a sentence stands around a finding, in bytes.
const publicReach = 160

// publicTexts are those of a version, each with the form to clear it.
func (s *server) publicTexts(r *http.Request, actor access.Actor, v *release.WholeVersion) (out []PublicTextView, _ error) {
	texts, err := s.Service.PublicTexts(r.Context(), actor, v.ID)
	if err != nil {
		return nil, err
	}
	for _, t := range texts {
		view := PublicTextView{Title: fieldWords(t.Field), Kinds: kindWords(t.Findings), Windows: privacy.Windows(t.Text, t.Findings, publicReach)}
		switch {
		case t.Cleared != nil:
			by := t.Cleared.Name
			if by == "" {
				by = "somebody"
			}
			view.Cleared = by + ", " + page.Moment(t.Cleared.At) + ": " + t.Cleared.Reason
		case access.Check(actor, access.DecidePrivacy) == nil && v.State.Open():
			view.Clear = (&Form{ID: "clear-" + string(t.Field), Title: "It may be published", Button: "Record that it may",
				Href: Home + "/versions/" + v.ID.String() + "/clear/" + string(t.Field),
				Fields: []*page.Field{{Name: "sha256", Label: "Digest of the text", Kind: "hidden", Value: t.SHA256},
					{Name: "reason", Label: "Why it may be published as it is", Hint: "Of: " + fieldWords(t.Field), Kind: "text", Wide: true}}}).named()
		}
		out = append(out, view)
	}
	return out, nil
}

// clearText records that a text of a version may be published.
func (s *server) clearText(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := versionID(r, "id")
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return unreadable(err)
	}
	form := "clear-" + r.PathValue("field")
	sent := &answers{r: r, id: form}
	err = s.Service.ClearText(r.Context(), actor, release.ClearInput{Version: id, Field: register.Field(strings.TrimSpace(r.PathValue("field"))),
		SHA256: sent.text("sha256"), Reason: sent.text("reason")})
	if err != nil {
		return s.showVersion(w, r, actor, id, form, err)
	}
	http.Redirect(w, r, Home+"/versions/"+id.String()+"#public-texts", http.StatusSeeOther)
	return nil
}
