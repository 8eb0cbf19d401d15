package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/duty"
	"data.release/registrar/release/terms"
)

// TestDigestsAreSentDaily, from seven in London: at once by a process that
// starts later, and again after a failure, but never in the night.
func TestDigestsAreSentDaily(t *testing.T) {
	for name, c := range map[string]struct {
		start time.Duration // after the midnight at which a bubble begins
		fails int
		want  []string
	}{
		"from the morning": {5 * time.Hour, 0, []string{"01 07:00", "02 07:00"}},
		"from the noon":    {12 * time.Hour, 0, []string{"01 12:00", "02 07:00"}},
		"a failure":        {5 * time.Hour, 2, []string{"01 07:00", "01 07:15", "01 07:30", "02 07:00"}},
		"a late failure":   {23*time.Hour + 50*time.Minute, 1, []string{"01 23:50", "02 07:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				time.Sleep(c.start)
				var at []string
				fails := c.fails
				go sendDaily(ctx, slog.New(slog.DiscardHandler), func(context.Context) (release.DutiesSent, error) {
					at = append(at, time.Now().UTC().Format("02 15:04"))
					if fails > 0 {
						fails--
						return release.DutiesSent{Failed: 1}, errors.New("down")
					}
					return release.DutiesSent{}, nil
				})
				time.Sleep(44*time.Hour - c.start)
				synctest.Wait()
				stop()
				synctest.Wait()
				if !slices.Equal(at, c.want) {
					t.Errorf("sent at %v, not %v", at, c.want)
				}
			})
		})
	}
}

func TestDutiesAreShown(t *testing.T) {
	day := terms.NewDate(2027, 1, 31)
	facts := []duty.Fact{
		{Kind: terms.DutyAgreementEnd, ID: "1", Due: day.AddDays(30), About: duty.About{Reference: "NIC-000001-AAAAA v1.0"}},
		{Kind: terms.DutyFeeEnd, ID: "2", Due: day.AddDays(29), About: duty.About{Organisation: "Example University"}},
	}
	digests := []duty.Digest{
		{Person: duty.Person{ID: uuid.New(), Name: "Olu Officer", Email: "olu@example.org"}, Day: day, Duties: duty.On(facts, day, day.AddDays(-1))},
		{Person: duty.Person{ID: uuid.New(), Name: "Ann Applicant", Email: "ann@example.org"}, Day: day, Duties: duty.On(facts[1:], day, day.AddDays(-1))},
	}
	shown := func(c dutiesShowCmd) string {
		var b bytes.Buffer
		if err := c.print(&b, digests); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if got := shown(dutiesShowCmd{}); got != "Olu Officer <olu@example.org>: 1 duty\n  2027-03-02  in 30 days               The agreement ends: NIC-000001-AAAAA v1.0\n" {
		t.Errorf("would go out: %q", got)
	}
	if got := shown(dutiesShowCmd{All: true}); strings.Count(got, "\n") != 5 || !strings.Contains(got, "Ann Applicant") {
		t.Errorf("all: %q", got)
	}
	if got := shown(dutiesShowCmd{JSON: true}); !strings.HasPrefix(got, `[{"person":{"id":"`) || strings.Contains(got, "fee_end") {
		t.Errorf("as JSON: %q", got)
	}
	digests = nil
	if got := shown(dutiesShowCmd{JSON: true}); got != "[]\n" {
		t.Errorf("none, as JSON: %q", got)
	}
	if got := shown(dutiesShowCmd{}); got != "Nothing would go out to anybody.\n" {
		t.Errorf("none: %q", got)
	}
}

func TestMailSettings(t *testing.T) {
	none, err := (&Settings{SMTPTLS: "starttls"}).sender()
	if none != nil || err != nil {
		t.Errorf("no settings: %v, %v", none, err)
	}
	if _, err := (&Settings{SMTPFrom: "a@example.org", SMTPTLS: "starttls"}).sender(); err == nil {
		t.Error("a sender without a server passes")
	}
	open := t.TempDir() + "/password"
	if err := os.WriteFile(open, []byte("p"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := (&Settings{SMTPAddress: "smtp.example.org:587", SMTPFrom: "a@example.org", SMTPUser: "u", SMTPPasswordFile: open}).sender(); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Errorf("a password that others can read: %v", err)
	}
}
