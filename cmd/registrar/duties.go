package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/duty"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/mail"
	"data.release/registrar/release/terms"
)

// dutiesCmd shows and sends what people have to do by when.
type dutiesCmd struct {
	Show dutiesShowCmd `cmd:"" default:"withargs" help:"Show what would go out to whom on a day; nothing is sent."`
	Send dutiesSendCmd `cmd:"" help:"Send today's digests that have not gone out."`
}

type dutiesShowCmd struct {
	On   string `placeholder:"DATE" help:"The day, such as 2027-01-31; today if it is left out."`
	All  bool   `help:"Show every duty that stands, not only those of the day's mails."`
	JSON bool   `name:"json" help:"As JSON."`
}

// sending is the machine that reads and sends everybody's duties.
var sending = access.Actor{System: "duties"}

// Run shows.
func (c *dutiesShowCmd) Run(k *kong.Context, s *Settings) error {
	var day terms.Date
	if c.On != "" {
		var err error
		if day, err = terms.ParseDate(c.On); err != nil {
			return err
		}
	}
	ctx := context.Background()
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	digests, err := opened.service.DutiesOn(ctx, sending, day)
	if err != nil {
		return err
	}
	return c.print(k.Stdout, digests)
}

// print writes each person's digest, or what would be no mail where all is
// asked for.
func (c *dutiesShowCmd) print(out io.Writer, digests []duty.Digest) error {
	shown := []duty.Digest{}
	for _, d := range digests {
		if !c.All {
			d.Duties = d.Told()
		}
		if len(d.Duties) > 0 {
			shown = append(shown, d)
		}
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(shown)
	}
	if len(shown) == 0 {
		_, err := fmt.Fprintln(out, "Nothing would go out to anybody.")
		return err
	}
	var b strings.Builder
	for _, d := range shown {
		fmt.Fprintf(&b, "%s <%s>: %s\n", d.Person.Name, d.Person.Email, d.Subject())
		for _, duty := range d.Duties {
			fmt.Fprintf(&b, "  %s  %-24s %s: %s\n", duty.Due, duty.When(), duty.Kind.Label(), duty.About)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

type dutiesSendCmd struct {
	JSON bool `name:"json" help:"As JSON."`
}

// Run sends.
func (c *dutiesSendCmd) Run(k *kong.Context, s *Settings) error {
	sender, err := s.sender()
	if err != nil {
		return err
	}
	if sender == nil {
		return fault.New(fault.Invalid, "No mail server is set: give --smtp-address and --smtp-from.")
	}
	ctx := context.Background()
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	done, err := opened.service.SendDuties(ctx, sending, sender.Send)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(k.Stdout).Encode(done)
	}
	fmt.Fprintf(k.Stdout, "sent %d, sent before %d, nothing to say to %d\n", done.Sent, done.Already, done.Nothing)
	return nil
}

// sender sends mail by the settings; nil where no server is set.
func (s *Settings) sender() (*mail.Sender, error) {
	if s.SMTPAddress == "" && s.SMTPFrom == "" {
		return nil, nil
	}
	config := mail.Config{Address: s.SMTPAddress, From: s.SMTPFrom, User: s.SMTPUser, Security: s.SMTPTLS, Page: mail.Page(s.publicURL())}
	if s.SMTPPasswordFile != "" {
		text, err := readSecret(s.SMTPPasswordFile, "mail server's password")
		if err != nil {
			return nil, err
		}
		config.Password = strings.TrimSpace(text)
	}
	return mail.New(config)
}

// retry is how long after a digest failed it is tried again.
const retry = 15 * time.Minute

// sendDaily sends the digests of each day from seven in London on, until ctx
// ends. What failed is tried again; several processes may do this at once. A
// start after seven sends what has not gone out yet.
func sendDaily(ctx context.Context, log *slog.Logger, send func(context.Context) (release.DutiesSent, error)) {
	next := mail.Due(terms.Today(time.Now()))
	for {
		timer := time.NewTimer(time.Until(next))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		done, err := send(ctx)
		if ctx.Err() != nil {
			return
		}
		today := terms.Today(time.Now())
		if err != nil {
			log.ErrorContext(ctx, "duties were not sent to all", "failed", done.Failed, "error", err)
			next = time.Now().Add(retry)
			if morning := mail.Due(terms.Today(next)); next.Before(morning) {
				next = morning
			}
			continue
		}
		log.InfoContext(ctx, "duties sent", "sent", done.Sent, "before", done.Already)
		next = mail.Due(today.AddDays(1))
	}
}
