package public

import (
	"testing"

	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

func TestLinksKeepTheDay(t *testing.T) {
	past := asOf{Day: terms.NewDate(2026, 11, 1), Size: 5}
	for href, want := range map[string]string{
		"/":                            "/?as-of=2026-11-01",
		"/register":                    "/register?as-of=2026-11-01",
		"/register?q=a+b&type=x":       "/register?as-of=2026-11-01&q=a+b&type=x",
		"/register/7":                  "/register/7?as-of=2026-11-01",
		"/register/7#field":            "/register/7?as-of=2026-11-01#field",
		"/register.csv?kind=release":   "/register.csv?as-of=2026-11-01&kind=release",
		"/organisations/nhs-leeds-ccg": "/organisations/nhs-leeds-ccg?as-of=2026-11-01",
		"/register?as-of=2026-01-01":   "/register?as-of=2026-01-01",
		"/register/7/proof":            "/register/7/proof",
		"/about#missing":               "/about#missing",
		"/log/checkpoint":              "/log/checkpoint",
		"/team":                        "/team",
		"//elsewhere.example/register": "//elsewhere.example/register",
		"https://elsewhere.example/":   "https://elsewhere.example/",
		"/registers":                   "/registers",
		"/register.jsonl":              "/register.jsonl?as-of=2026-11-01",
	} {
		if got := past.Keep(href); got != want {
			t.Errorf("%s: %s, want %s", href, got, want)
		}
		if got := (asOf{}).Keep(href); got != href {
			t.Errorf("%s became %s without a day", href, got)
		}
	}
	head := page.Page{}
	if past.On(&head); head.Keep == nil || !head.NoIndex {
		t.Error("a page of a past day is as one of today")
	}
}
