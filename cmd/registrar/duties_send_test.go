package main

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/emersion/go-smtp"

	"data.release/registrar/extract/worker"
	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/recipient/recipienttest"

	"entgo.io/ent/privacy"
)

// catcher is a mail server that keeps what it is sent.
type catcher struct {
	mu    sync.Mutex
	mails []string
}

func (c *catcher) NewSession(*smtp.Conn) (smtp.Session, error) { return c, nil }
func (*catcher) Reset()                                        {}
func (*catcher) Logout() error                                 { return nil }
func (*catcher) Mail(string, *smtp.MailOptions) error          { return nil }
func (*catcher) Rcpt(string, *smtp.RcptOptions) error          { return nil }
func (c *catcher) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mails = append(c.mails, string(text))
	return err
}

// TestDutiesCommand shows and sends, as typed, over a real record and a real
// mail server, in the database role that serves: a second run sends nothing.
func TestDutiesCommand(t *testing.T) {
	db := migrationstest.New(t)
	clock := func() time.Time { return time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) }
	arranged := recipienttest.Arrange(t, recipienttest.Config{DB: db.DB, Files: recipienttest.Store(t), Issuer: "test", Clock: clock, Planner: worker.Planner{}})
	// The command's clock is the machine's: a date thirty days from now.
	if err := arranged.Service.Read().Organisation.Update().SetIcoTo(terms.Today(time.Now()).AddDays(30)).Exec(privacy.DecisionContext(t.Context(), privacy.Allow)); err != nil {
		t.Fatal(err)
	}
	caught := &catcher{}
	server := smtp.NewServer(caught)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }() // ends with an error when it is closed
	t.Cleanup(func() { _ = server.Close() })
	dsn := db.As(t, migrations.Serve).DSN
	says := func(words ...string) string {
		t.Helper()
		app := struct {
			Settings
			Duties dutiesCmd `cmd:""`
		}{}
		var out bytes.Buffer
		parser, err := kong.New(&app, kong.Name("registrar"), kong.Bind(&app.Settings), kong.Writers(&out, io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.Parse(append([]string{"--smtp-address", listener.Addr().String(), "--smtp-from", "registrar@example.org", "--smtp-tls", "none", "duties"}, words...))
		if err != nil {
			t.Fatal(err)
		}
		app.DatabaseURL = dsn
		if err := parsed.Run(); err != nil {
			t.Fatalf("%q: %v", words, err)
		}
		return out.String()
	}
	fee := terms.DutyFeeEnd.Label()
	if said := says(); !strings.Contains(said, "<olu.officer@example.org>") || !strings.Contains(said, fee) {
		t.Errorf("what would go out today: %s", said)
	}
	if said := says("--on", "2027-10-01"); !strings.Contains(said, terms.DutyAgreementEnd.Label()) {
		t.Errorf("thirty days before the agreement's end: %s", said)
	}
	if len(caught.mails) > 0 {
		t.Fatal("showing sends")
	}
	if said := says("send"); !strings.HasPrefix(said, "sent ") || strings.HasPrefix(said, "sent 0") || len(caught.mails) == 0 || !strings.Contains(caught.mails[0], fee) {
		t.Errorf("the first run: %s%v", said, caught.mails)
	}
	first := len(caught.mails)
	if said := says("send"); !strings.HasPrefix(said, "sent 0") || len(caught.mails) != first {
		t.Errorf("the second run: %s%d mails", said, len(caught.mails)-first)
	}
}
