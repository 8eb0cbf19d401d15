// Package mail sends what the register has to say to its people by SMTP: one
// plain text a day to each, with their duties.
package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"data.release/registrar/release/duty"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// How the connection to the server is kept from others.
const (
	StartTLS = "starttls" // begins in the open, and is refused if the server will not encrypt
	TLS      = "tls"      // encrypted from the first byte
	Plain    = "none"     // never encrypted; only to a server on a loopback address
)

// Config is the server that takes mail, and the sender.
type Config struct {
	Address  string      // host and port
	Security string      // StartTLS, TLS or Plain; StartTLS if empty
	From     string      // the sender's address
	User     string      // empty: without a log-in
	Password string      // of the user
	Page     string      // address of a person's duties, which every mail links to
	TLS      *tls.Config // nil: the system's certificates
}

// Sender sends digests. It is safe for concurrent use.
type Sender struct {
	config Config
	host   string
	port   int
	domain string // of the sender
}

// timeout is how long one mail may take.
const timeout = 30 * time.Second

// New makes a Sender. Settings that cannot work, or that would send a password
// or a person's duties where others can read them, are fault.Invalid with every
// reason.
func New(config Config) (*Sender, error) {
	refused := fault.New(fault.Invalid, "Mail cannot be sent with these settings")
	wrong := func(field, message string) {
		refused.With(fault.Reason{Code: "setting", Field: field, Message: message})
	}
	if config.Security == "" {
		config.Security = StartTLS
	}
	s := &Sender{config: config}
	host, port, err := net.SplitHostPort(config.Address)
	if s.port, _ = strconv.Atoi(port); err != nil || host == "" || s.port < 1 || s.port > 65535 {
		wrong("--smtp-address", "must be a host and port, such as smtp.example.org:587")
	}
	s.host = host
	_, domain, found := strings.Cut(config.From, "@")
	if s.domain = domain; !found || mail.NewMsg().From(config.From) != nil {
		wrong("--smtp-from", "must be an e-mail address")
	}
	switch config.Security {
	case StartTLS, TLS:
	case Plain:
		if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
			wrong("--smtp-tls", "none is only for a server on a loopback address of this machine")
		}
		if config.User != "" {
			wrong("--smtp-user", "a password is not sent over a connection that is not encrypted")
		}
	default:
		wrong("--smtp-tls", "must be starttls, tls or none")
	}
	if (config.User == "") != (config.Password == "") {
		wrong("--smtp-user", "needs a password, and a password a user")
	}
	if len(refused.Reasons) > 0 {
		return nil, refused
	}
	return s, nil
}

// Send hands a digest to the server; nil means that the server has taken it.
func (s *Sender) Send(ctx context.Context, digest duty.Digest) error {
	message, err := s.message(digest)
	if err != nil {
		return err
	}
	options := []mail.Option{mail.WithPort(s.port), mail.WithTimeout(timeout), mail.WithHELO(s.domain)}
	switch s.config.Security {
	case TLS:
		options = append(options, mail.WithSSL())
	case StartTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if s.config.TLS != nil {
		options = append(options, mail.WithTLSConfig(s.config.TLS))
	}
	if s.config.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.config.User), mail.WithPassword(s.config.Password))
	}
	client, err := mail.NewClient(s.host, options...)
	if err != nil {
		return fmt.Errorf("preparing for the mail server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := client.DialAndSendWithContext(ctx, message); err != nil {
		return fault.New(fault.Unavailable, "The mail server %s did not take the mail.", s.config.Address).Because(err)
	}
	return nil
}

// message is a digest as mail. Its id is that of the person and the day, so
// that a mail that the server took twice is known as one.
func (s *Sender) message(digest duty.Digest) (*mail.Msg, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP))
	if err := m.FromFormat("Registrar", s.config.From); err != nil {
		return nil, fmt.Errorf("naming the sender: %w", err)
	}
	if err := m.AddToFormat(digest.Person.Name, digest.Person.Email); err != nil {
		return nil, fmt.Errorf("naming the reader: %w", err)
	}
	m.Subject(digest.Subject())
	m.SetMessageIDWithValue(fmt.Sprintf("duties.%s.%s@%s", digest.Day, digest.Person.ID, s.domain))
	m.SetGenHeader("List-Id", "Duties <duties."+s.domain+">")
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's absence note answers
	m.SetBodyString(mail.TypeTextPlain, digest.Body(s.config.Page))
	return m, nil
}

// Page is the address of a person's duties on a site.
func Page(site string) string {
	address, err := url.JoinPath(site, "duties")
	if err != nil {
		return site
	}
	return address
}

// Due is when the digests of a day go out: at seven in London.
func Due(day terms.Date) time.Time {
	return time.Date(day.Year, day.Month, day.Day, 7, 0, 0, 0, terms.London)
}
