package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/extract/worker"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/gate"
	"data.release/registrar/web/recipient/recipienttest"

	"entgo.io/ent/privacy"
)

// gateSays runs a gate command as it is typed, over a database.
func gateSays(t *testing.T, dsn string, words ...string) (string, error) {
	t.Helper()
	app := struct {
		Settings
		Gate gateCmd `cmd:""`
	}{}
	var out bytes.Buffer
	parser, err := kong.New(&app, kong.Name("registrar"), kong.Bind(&app.Settings), kong.Writers(&out, io.Discard), kong.Exit(func(int) { t.Fatal("it ends") }))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(append([]string{"gate"}, words...))
	if err != nil {
		return "", err
	}
	app.DatabaseURL = dsn
	err = parsed.Run()
	return out.String(), err
}

// TestGateCommand asks about a real record in every way that is typed: with
// and without the word check, now and on another day, in words and as JSON.
func TestGateCommand(t *testing.T) {
	db := migrationstest.New(t)
	clock := func() time.Time { return time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) }
	arranged := recipienttest.Arrange(t, recipienttest.Config{DB: db.DB, Files: recipienttest.Store(t), Issuer: "test", Clock: clock, Planner: worker.Planner{}})
	v, err := arranged.Service.Read().AgreementVersion.Query().Where(agreementversion.NumberNEQ("")).WithAgreement().First(privacy.DecisionContext(t.Context(), privacy.Allow))
	if err != nil {
		t.Fatal(err)
	}
	stem, dataset := v.Edges.Agreement.Stem, "Hospital Episode Statistics Outpatients"
	for _, words := range [][]string{{stem, "--dataset", dataset}, {"check", "DARS-" + stem + "-" + v.Number}, {stem, "--line", "1", "--as-of", "2026-12-01", "--moment", "release", "--recipient", "Example University"}} {
		said, err := gateSays(t, db.DSN, words...)
		if err != nil || !strings.Contains(said, "Line 1, "+dataset) || !strings.Contains(said, "records as they stand now") || !strings.Contains(said, gate.PolicyVersion) {
			t.Errorf("%q: %v\n%s", words, err, said)
		}
	}
	said, err := gateSays(t, db.DSN, stem, "--as-of", "2027-11-01")
	if err != nil || !strings.Contains(said, "Refused: The version is in force at this moment (in-force, law)") || !strings.Contains(said, "What would have to change: ask under a version") {
		t.Errorf("after its term: %v\n%s", err, said)
	}
	for _, line := range strings.Split(said, "\n") {
		if len([]rune(line)) > textWidth {
			t.Errorf("a line of %d: %q", len([]rune(line)), line)
		}
	}
	said, err = gateSays(t, db.DSN, stem, "--json")
	var answer struct{ Answers []release.GateAnswer }
	if err != nil || json.Unmarshal([]byte(said), &answer) != nil || len(answer.Answers) != 1 {
		t.Errorf("as JSON: %v\n%s", err, said)
	}
	for _, words := range [][]string{{"NIC-99999-ZZZZZ"}, {stem, "--dataset", "none"}, {stem, "--as-of", "soon"}, {"what?"}, {stem, "--moment", "never"}, {"replay"}, {"replay", "x"}} {
		if said, err := gateSays(t, db.DSN, words...); err == nil {
			t.Errorf("%q passes: %s", words, said)
		}
	}
	if said, err := gateSays(t, db.DSN, "changed"); err != nil || !strings.HasPrefix(said, "No stored answer") {
		t.Errorf("changed: %v\n%s", err, said)
	}
	id, err := arranged.Service.Read().Decision.Query().FirstID(privacy.DecisionContext(t.Context(), privacy.Allow))
	if err != nil {
		t.Fatal(err)
	}
	if said, err := gateSays(t, db.DSN, "replay", id.String()); err != nil || !strings.HasSuffix(said, "The stored decision says the same.\n") {
		t.Errorf("replay: %v\n%s", err, said)
	}
}

// TestGateReplaysTheRegister: the imported register of February 2021 in words
// that accuse nobody, with its known totals.
func TestGateReplaysTheRegister(t *testing.T) {
	db := migrationstest.New(t)
	content, err := os.ReadFile("../../testdata/register/releaseregister_20210201_20210228.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	service := release.New(release.Config{DB: db.DB})
	if _, err := service.ImportEdition(t.Context(), access.Actor{System: "import"}, release.EditionFile{Name: "releaseregister_20210201_20210228.xlsx", Content: content}); err != nil {
		t.Fatal(err)
	}
	said, err := gateSays(t, db.DSN, "replay", "--register")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"5079 rows", "DSfC0173", "DSfC2033", "FILE0118312", "16 distinct rows", "  M1            12 ", "  M9             0       0         563", "cells contradict each other"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, word := range []string{"refuse", "illegal", "violat", "breach"} {
		if strings.Contains(strings.ToLower(said), word) {
			t.Errorf("over history it says %q", word)
		}
	}
	said, err = gateSays(t, db.DSN, "replay", "--register", "--json")
	var replay release.RegisterReplay
	if err != nil || json.Unmarshal([]byte(said), &replay) != nil || replay.Contradicting != 16 {
		t.Errorf("as JSON: %v, %+v", err, replay.Totals)
	}
}

func TestGatePolicyCommand(t *testing.T) {
	said, err := gateSays(t, "", "policy")
	if err != nil || !strings.HasPrefix(said, "THE GATE'S POLICY, VERSION "+gate.PolicyVersion) {
		t.Errorf("%v\n%.300s", err, said)
	}
	said, err = gateSays(t, "", "policy", "--json")
	var policy struct {
		Version string
		Rules   []gate.Rule
	}
	if err != nil || json.Unmarshal([]byte(said), &policy) != nil || policy.Version != gate.PolicyVersion || len(policy.Rules) != len(gate.Rules()) {
		t.Errorf("as JSON: %v", err)
	}
}
