package main

import (
	"context"
	"net/http"
	"strings"

	"data.release/registrar/extract/delivery"
	"data.release/registrar/web"
	"data.release/registrar/web/applicant"
	"data.release/registrar/web/duties"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
	"data.release/registrar/web/recipient"
	"data.release/registrar/web/team"
)

// members adds what people see who log in.
func members(_ context.Context, s *Settings, opened *store, files *delivery.Store, config *web.Config) error {
	secret := ""
	if s.ClientSecretFile != "" {
		text, err := readSecret(s.ClientSecretFile, "client's secret")
		if err != nil {
			return err
		}
		secret = strings.TrimSpace(text)
	}
	in, err := login.New(login.Config{Issuer: s.Issuer, ClientID: s.ClientID, ClientSecret: secret, PublicURL: s.publicURL(),
		Directory: opened.service, DB: opened.db, Log: config.Log})
	if err != nil {
		return err
	}
	config.Session, config.Viewer, config.SignIn = in.Session, in.Viewer, login.SignIn
	config.Members = func(mux *http.ServeMux, pages *page.Renderer) {
		in.Routes(mux, pages)
		recipient.Mount(mux, pages, recipient.Config{Service: opened.service, Files: files})
		duties.Mount(mux, pages, duties.Config{Service: opened.service})
		applicant.Mount(mux, pages, applicant.Config{Service: opened.service})
		team.Mount(mux, pages, team.Config{Service: opened.service})
	}
	return nil
}

func trimmed(text string) string { return strings.TrimSpace(text) }
