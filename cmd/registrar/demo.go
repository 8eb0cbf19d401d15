package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"
	"github.com/alecthomas/kong"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/localpg"
	"data.release/registrar/web/issuer"
)

// demoCmd sets everything up on this machine, does the main job on real input
// (the register of February 2021; artificial HES), from application to
// published register, and leaves the site running until Ctrl-C. A second run
// goes on with the same data.
type demoCmd struct {
	TestData   string `name:"testdata" default:"testdata" type:"path" help:"Where the real input stands."`
	IssuerAddr string `name:"issuer-addr" env:"REGISTRAR_DEMO_ISSUER_ADDR" default:"127.0.0.1:8081" help:"Address of the demonstration's log-in, on loopback."`
	Once       bool   `help:"Stop when the main job is done, instead of leaving the site running."`
}

// demo is a running demonstration.
type demo struct {
	*demoCmd
	settings Settings
	dir      string
	self     string
	began    time.Time
	keys     keyFiles
	database *localpg.Server
	urls     map[string]string // database by role; "" is the owner's
	issuer   *issuer.Issuer
	caller   caller
	children []*child
	failed   chan error
	chain    chain
}

const clientID = "registrar-demo"

// Run demonstrates.
func (c *demoCmd) Run(k *kong.Context, s *Settings) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	dir, err := filepath.Abs(s.Data)
	if err != nil {
		return fmt.Errorf("finding the data: %w", err)
	}
	d := &demo{demoCmd: c, settings: *s, dir: dir, self: self, began: time.Now(), keys: keyFiles{filepath.Join(dir, "keys")}, failed: make(chan error, 8)}
	err = d.run(ctx)
	if stopped := d.stop(); err == nil {
		err = stopped
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // Ctrl-C is how it ends
	}
	return err
}

func (d *demo) say(format string, args ...any) {
	fmt.Printf("%6.1fs  %s\n", time.Since(d.began).Seconds(), fmt.Sprintf(format, args...))
}

func (d *demo) run(ctx context.Context) error {
	if err := d.prepare(ctx); err != nil {
		return err
	}
	if err := d.start(ctx); err != nil {
		return err
	}
	if d.chain.Done {
		d.say("The main job was done before; going on with the same data.")
	} else if err := d.feed(ctx); err != nil {
		return err
	} else if err := d.runChain(ctx); err != nil {
		return err
	} else if err := d.download(ctx); err != nil {
		return err
	}
	if !d.chain.Cases {
		if err := d.runCases(ctx); err != nil {
			return err
		}
	}
	if err := d.verify(ctx); err != nil {
		return err
	}
	d.tell()
	if d.Once {
		return nil
	}
	select {
	case <-ctx.Done():
		fmt.Println("\nStopping.")
		return nil
	case err := <-d.failed:
		return err
	}
}

// start runs the issuer here, and serve and both workers as children.
func (d *demo) start(ctx context.Context) error {
	site, log := d.settings.publicURL(), d.settings.logger()
	var err error
	d.issuer, err = issuer.New(issuer.Config{URL: "http://" + d.IssuerAddr, KeyFile: filepath.Join(d.dir, "demo", "issuer.key"), ClientID: clientID,
		RedirectURIs: []string{site + "/login/callback"}, SignedOutURIs: []string{site + "/signed-out"}, Users: issuerUsers(), Log: log})
	if err != nil {
		return err
	}
	listener, err := d.issuer.Listen()
	if err != nil {
		return err
	}
	go func() {
		if err := d.issuer.Serve(ctx, listener); err != nil && ctx.Err() == nil {
			d.failed <- err
		}
	}()
	d.caller = caller{d.issuer, site}
	for _, c := range []struct {
		name string
		args []string
		env  map[string]string
	}{
		{"linking worker", []string{"work", "--as", "linking"}, d.linkingEnv()},
		{"extracting worker", []string{"work", "--as", "extracting"}, map[string]string{
			"DATABASE_URL": d.urls[migrations.Extracting], "REGISTRAR_ACTIVITY_STORE": d.storeURL("lake/activity"), "REGISTRAR_DELIVERY_STORE": d.storeURL("delivery"),
			"REGISTRAR_HANDOVER_DIR": filepath.Join(d.dir, "handover"), "REGISTRAR_SPILL_DIR": filepath.Join(d.dir, "spill"),
			"REGISTRAR_LOG_KEY_FILE": d.keys.log(), "REGISTRAR_MANIFEST_KEY_FILE": d.keys.manifest(), "REGISTRAR_WORKER_KEY_FILE": d.keys.worker()}},
		{"serve", []string{"serve"}, map[string]string{
			"DATABASE_URL": d.urls[migrations.Serve], "REGISTRAR_DELIVERY_STORE": d.storeURL("delivery"), "REGISTRAR_ATTACHMENT_STORE": d.storeURL("attachments"), "REGISTRAR_VERIFIER_KEY_FILE": d.keys.log() + ".pub",
			"REGISTRAR_ADDR": d.settings.Addr, "REGISTRAR_PUBLIC_URL": site, "REGISTRAR_OWNER": "Demonstration",
			"REGISTRAR_OIDC_ISSUER": "http://" + d.IssuerAddr, "REGISTRAR_OIDC_CLIENT_ID": clientID}},
	} {
		if err := d.spawn(c.name, c.args, c.env); err != nil {
			return err
		}
	}
	return eventually(ctx, "the site at "+site, time.Minute, func() (bool, error) {
		select {
		case err := <-d.failed:
			return false, err
		default:
		}
		response, err := http.Get(site + "/readyz")
		if err != nil {
			return false, nil // not listening yet
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK, nil
	})
}

func (d *demo) linkingEnv() map[string]string {
	return map[string]string{"DATABASE_URL": d.urls[migrations.Linking], "REGISTRAR_IDENTITY_STORE": d.storeURL("lake/identity"),
		"REGISTRAR_ACTIVITY_STORE": d.storeURL("lake/activity"), "REGISTRAR_HANDOVER_DIR": filepath.Join(d.dir, "handover"),
		"REGISTRAR_SPILL_DIR": filepath.Join(d.dir, "spill"), "REGISTRAR_ROOT_KEY_FILE": d.keys.root(), "REGISTRAR_WORKER_KEY_FILE": d.keys.worker()}
}

func (d *demo) storeURL(sub string) string { return "file://" + filepath.Join(d.dir, sub) }

// feed generates the identifiers that the artificial files lack, and lands the
// feeds, as the operator would with `registrar ingest`.
func (d *demo) feed(ctx context.Context) error {
	for _, args := range d.ingestArgs() {
		if err := d.runHere(ctx, args, d.linkingEnv()); err != nil {
			return err
		}
	}
	return nil
}

// runHere runs a subcommand to its end, and says what it says.
func (d *demo) runHere(ctx context.Context, args []string, env map[string]string) error {
	command := exec.CommandContext(ctx, d.self, args...)
	command.Env = environment(env)
	out, err := command.CombinedOutput()
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if line != "" {
			d.say("%s", line)
		}
	}
	if err != nil {
		return fmt.Errorf("registrar %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// verify checks the register from outside, with the log's key alone, once the
// beat has signed all that there is.
func (d *demo) verify(ctx context.Context) error {
	newest := int64(0)
	for _, entry := range d.chain.Entries {
		newest = max(newest, entry)
	}
	err := eventually(ctx, "the checkpoint over the newest entry", 30*time.Second, func() (bool, error) {
		size, err := d.signedSize(ctx)
		return size >= newest, err
	})
	if err != nil {
		return err
	}
	return d.runHere(ctx, []string{"register", "verify", "--url", d.settings.publicURL(), "--key", d.keys.log() + ".pub", "--remember", filepath.Join(d.dir, "demo", "checkpoint")}, nil)
}

// signedSize is the size of the log's last checkpoint: its second line (C2SP
// tlog-checkpoint).
func (d *demo) signedSize(ctx context.Context) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.settings.publicURL()+"/log/checkpoint", nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var origin string
	var size int64
	if _, err := fmt.Fscanln(response.Body, &origin); err != nil {
		return 0, nil // not signed yet
	}
	_, err = fmt.Fscanln(response.Body, &size)
	return size, err
}

// recipientKey is a demonstration recipient's public age key; the private one
// stands in the demo's directory, where a real recipient's would be at home.
func (d *demo) recipientKey(user string) (string, error) {
	path := d.identityPath(user)
	if text, err := os.ReadFile(path); err == nil {
		identity, err := age.ParseX25519Identity(strings.TrimSpace(string(text)))
		if err != nil {
			return "", fmt.Errorf("reading %s: %w", path, err)
		}
		return identity.Recipient().String(), nil
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return "", fmt.Errorf("making a key: %w", err)
	}
	if err := os.WriteFile(path, []byte(identity.String()+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keeping a key: %w", err)
	}
	return identity.Recipient().String(), nil
}

func (d *demo) identityPath(user string) string { return filepath.Join(d.dir, "demo", user+".key") }

func (d *demo) statePath() string { return filepath.Join(d.dir, "demo", "state.json") }

func (d *demo) keep() error {
	text, err := json.MarshalIndent(d.chain, "", " ")
	if err != nil {
		return fmt.Errorf("keeping the state: %w", err)
	}
	if err := os.WriteFile(d.statePath(), text, 0o600); err != nil {
		return fmt.Errorf("keeping the state: %w", err)
	}
	return nil
}

// tell prints where to look.
func (d *demo) tell() {
	site := d.settings.publicURL()
	fmt.Printf(`
Registrar is running. Look at:

  %[1]s/                                  the public register
  %[1]s/register/%[3]d                       a release of today, with how to verify it
  %[1]s/agreements/%[2]s     the demonstration agreement
  %[1]s/agreements/NIC-110660-G9W6M       one of the 576 imported agreements
  %[1]s/agreements/NIC-386685-K2B6G       one with two versions, and what changed between them
  %[1]s/register.xlsx                     the whole register
  %[1]s/log/checkpoint                    the log's last signed checkpoint
  %[1]s/graphql                           the API (POST)

Once signed in as Ada, for example:

  %[1]s/team                              the queue
  %[1]s/team/versions/%[4]s/flows   data flows of an enquiry of 2014, in picture and words
  %[1]s/team/versions/%[5]s/flows   those of NIC-69431-K1K8R
  %[1]s/team/versions/%[6]s/diff/%[7]s   what the amendment in draft changes

Sign in at %[1]s/login as:

`, site, d.chain.Stem, d.chain.Entries[0], d.chain.Enquiry, d.chain.Seed, d.chain.Version, d.chain.Amendment)
	for _, u := range demoUsers {
		fmt.Printf("  %-26s %s\n", u.Name, u.Says)
	}
	fmt.Printf(`
Ravi Receive has two files waiting at %s/recipient; what they download opens with
  age -d -i %s -o OUT.csv FILE

Stop with Ctrl-C; `+"`make demo`"+` then goes on with the same data (in %s).
`, site, d.identityPath("ravi"), d.dir)
}
