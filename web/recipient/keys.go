package recipient

import (
	"errors"
	"net/http"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/page"
)

// KeysView is the page of public keys.
type KeysView struct {
	Organisations []release.Named
	Keys          []release.Key
	Problem       string // what is wrong with the key that was sent
}

var keysPage = page.Parse[KeysView]("recipient/keys.html")

func (s *server) keys(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	return s.showKeys(w, r, actor, http.StatusOK, "")
}

func (s *server) showKeys(w http.ResponseWriter, r *http.Request, actor access.Actor, status int, problem string) error {
	view := KeysView{Problem: problem}
	var err error
	if view.Organisations, err = s.Service.RecipientOrganisations(r.Context(), actor); err != nil {
		return err
	}
	if view.Keys, err = s.Service.RecipientKeys(r.Context(), actor); err != nil {
		return err
	}
	title := "Your public keys"
	if problem != "" {
		title = "Error: " + title
	}
	return keysPage.Render(s.pages, w, r, page.Page{Title: title, Status: status, Private: true, Trail: []page.Link{{Text: "Your files", Href: Home}}}, view)
}

// addKey puts a key on file. What was sent is never shown again: by mistake it
// may have been the private half.
func (s *server) addKey(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	_, err := s.Service.AddRecipientKey(r.Context(), actor, r.PostFormValue("organisation"), strings.TrimSpace(r.PostFormValue("key")))
	var told *fault.Error
	if errors.As(err, &told) && (errors.Is(err, fault.Invalid) || errors.Is(err, fault.Conflict)) {
		message := told.Message
		if errors.Is(err, fault.Conflict) {
			message = "This key is on file already."
		}
		return s.showKeys(w, r, actor, http.StatusBadRequest, message)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, Home+"/keys", http.StatusSeeOther)
	return nil
}

func (s *server) revokeKey(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := id(r, "There is no such key.")
	if err != nil {
		return err
	}
	if err := s.Service.RevokeRecipientKey(r.Context(), actor, id, "taken off by the recipient"); err != nil {
		return err
	}
	http.Redirect(w, r, Home+"/keys", http.StatusSeeOther)
	return nil
}
