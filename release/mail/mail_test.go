package mail_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/uuid"

	"data.release/registrar/release/duty"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/mail"
	"data.release/registrar/release/terms"
)

// catcher is a mail server that keeps what it is sent.
type catcher struct {
	mu      sync.Mutex
	mails   []string
	to      []string
	refuses bool
	logins  []string
}

func (c *catcher) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{c}, nil }

type session struct{ *catcher }

func (session) Reset()                               {}
func (session) Logout() error                        { return nil }
func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (s session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuses {
		return &smtp.SMTPError{Code: 451, Message: "not now"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, string(text))
	return err
}

func (s session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.logins = append(s.logins, user)
		if password != "secret" {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func serve(t *testing.T, c *catcher, certificate *tls.Config, encrypted bool) string {
	t.Helper()
	server := smtp.NewServer(c)
	server.Domain, server.TLSConfig, server.AllowInsecureAuth = "localhost", certificate, false
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if encrypted {
		listener = tls.NewListener(listener, certificate)
	}
	go func() { _ = server.Serve(listener) }() // ends with an error when it is closed
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

func digest() duty.Digest {
	day := terms.NewDate(2027, 1, 31)
	return duty.Digest{
		Person: duty.Person{ID: uuid.MustParse("018f0000-0000-7000-8000-000000000001"), Name: "Zoë Officer", Email: "zoe@example.org"}, Day: day,
		Duties: duty.On([]duty.Fact{{Kind: terms.DutyAgreementEnd, ID: "1", Due: day.AddDays(7), About: duty.About{Reference: "NIC-000001-AAAAA v1.0"}}}, day, day.AddDays(-1)),
	}
}

func TestADigestArrives(t *testing.T) {
	c := &catcher{}
	s, err := mail.New(mail.Config{Address: serve(t, c, nil, false), Security: mail.Plain, From: "registrar@example.org", Page: mail.Page("https://register.example.org/")})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Send(t.Context(), digest()); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.mails) != 2 || c.to[0] != "zoe@example.org" {
		t.Fatalf("%d mails, to %v", len(c.mails), c.to)
	}
	read, err := netmail.ReadMessage(strings.NewReader(c.mails[0]))
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{
		"Subject": "1 duty", "List-Id": "Duties <duties.example.org>", "Auto-Submitted": "auto-generated",
		"Message-Id": "<duties.2027-01-31.018f0000-0000-7000-8000-000000000001@example.org>", "From": `"Registrar" <registrar@example.org>`,
	} {
		if got := read.Header.Get(header); got != want {
			t.Errorf("%s: %q, not %q", header, got, want)
		}
	}
	if got := read.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/plain") {
		t.Errorf("it is %s", got)
	}
	body := func(raw string) string { _, b, _ := strings.Cut(raw, "\r\n\r\n"); return b }
	if body(c.mails[0]) != body(c.mails[1]) {
		t.Error("the same digest has two texts")
	}
	for _, part := range []string{"NIC-000001-AAAAA v1.0", "https://register.example.org/duties", "in 7 days"} {
		if !strings.Contains(body(c.mails[0]), part) {
			t.Errorf("it does not say %q: %s", part, body(c.mails[0]))
		}
	}
}

// TestEncryptedWithALogIn sends by both ways of encrypting, with a password that
// is right and one that is wrong.
func TestEncryptedWithALogIn(t *testing.T) {
	certified := httptest.NewTLSServer(nil)
	t.Cleanup(certified.Close)
	own := &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12}
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	trusting := &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}
	for _, security := range []string{mail.StartTLS, mail.TLS} {
		c := &catcher{}
		config := mail.Config{Address: serve(t, c, own, security == mail.TLS), Security: security, From: "registrar@example.org", User: "registrar", Password: "secret", TLS: trusting}
		send := func() error {
			s, err := mail.New(config)
			if err != nil {
				t.Fatal(err)
			}
			return s.Send(t.Context(), digest())
		}
		if err := send(); err != nil || len(c.mails) != 1 || len(c.logins) != 1 || c.logins[0] != "registrar" {
			t.Errorf("%s: %v, %d mails, log-ins %v", security, err, len(c.mails), c.logins)
		}
		config.Password = "another"
		if err := send(); !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s, a wrong password: %v", security, err)
		}
		config.TLS = nil
		if err := send(); !errors.Is(err, fault.Unavailable) || len(c.logins) != 2 {
			t.Errorf("%s, a certificate of nobody's: %v, log-ins %v", security, err, c.logins)
		}
	}
}

func TestAServerThatRefuses(t *testing.T) {
	c := &catcher{refuses: true}
	s, err := mail.New(mail.Config{Address: serve(t, c, nil, false), Security: mail.Plain, From: "registrar@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), digest()); !errors.Is(err, fault.Unavailable) {
		t.Errorf("refused: %v", err)
	}
	starttls, err := mail.New(mail.Config{Address: serve(t, &catcher{}, nil, false), From: "registrar@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if err := starttls.Send(t.Context(), digest()); !errors.Is(err, fault.Unavailable) {
		t.Errorf("a server that will not encrypt was given the mail: %v", err)
	}
}

func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		config mail.Config
		fields []string
	}{
		"nothing":                   {mail.Config{}, []string{"--smtp-address", "--smtp-from"}},
		"no port":                   {mail.Config{Address: "smtp.example.org", From: "a@example.org"}, []string{"--smtp-address"}},
		"port of letters":           {mail.Config{Address: "smtp.example.org:smtp", From: "a@example.org"}, []string{"--smtp-address"}},
		"open over the network":     {mail.Config{Address: "smtp.example.org:25", From: "a@example.org", Security: mail.Plain}, []string{"--smtp-tls"}},
		"a password in the open":    {mail.Config{Address: "127.0.0.1:25", From: "a@example.org", Security: mail.Plain, User: "u", Password: "p"}, []string{"--smtp-user"}},
		"a user without a password": {mail.Config{Address: "smtp.example.org:587", From: "a@example.org", User: "u"}, []string{"--smtp-user"}},
		"unknown security":          {mail.Config{Address: "smtp.example.org:587", From: "a@example.org", Security: "some"}, []string{"--smtp-tls"}},
		"no address":                {mail.Config{Address: "smtp.example.org:587", From: "a"}, []string{"--smtp-from"}},
		"right":                     {mail.Config{Address: "smtp.example.org:587", From: "a@example.org", User: "u", Password: "p"}, nil},
		"right, encrypted at once":  {mail.Config{Address: "smtp.example.org:465", From: "a@example.org", Security: mail.TLS}, nil},
	} {
		_, err := mail.New(c.config)
		var told *fault.Error
		if c.fields == nil {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !errors.As(err, &told) || len(told.Reasons) != len(c.fields) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, field := range c.fields {
			if told.Reasons[i].Field != field {
				t.Errorf("%s: %s, not %s", name, told.Reasons[i].Field, field)
			}
		}
	}
}

func TestSevenInLondon(t *testing.T) {
	for day, want := range map[terms.Date]int{terms.NewDate(2026, 11, 25): 7, terms.NewDate(2026, 7, 1): 6, terms.NewDate(2026, 3, 29): 6, terms.NewDate(2026, 10, 25): 7} {
		if got := mail.Due(day); !got.Equal(time.Date(day.Year, day.Month, day.Day, want, 0, 0, 0, time.UTC)) {
			t.Errorf("on %s: %s", day, got.UTC())
		}
	}
}
