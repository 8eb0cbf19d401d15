package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"

	"data.release/registrar/release/fault"
)

// Settings are read, in this order of strength, from flags, the environment
// and a TOML file whose keys are the flags' names. A key that is no flag is
// refused. Secrets are never given as values: they stand in files, which only
// their owner may read.
type Settings struct {
	Config string `name:"config" env:"REGISTRAR_CONFIG" placeholder:"FILE" help:"TOML file of settings; its keys are these flags' names."`
	Data   string `name:"data" env:"REGISTRAR_DATA" default:".registrar" placeholder:"DIR" help:"Where the demo keeps its data."`

	DatabaseURL     string `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL of this process, without a password (which belongs into a file)."`
	DatabaseURLFile string `name:"database-url-file" env:"REGISTRAR_DATABASE_URL_FILE" placeholder:"FILE" help:"File with the whole database URL, if it holds a password."`

	Addr      string `name:"addr" env:"REGISTRAR_ADDR" default:"127.0.0.1:8080" help:"Address that serve listens on."`
	PublicURL string `name:"public-url" env:"REGISTRAR_PUBLIC_URL" placeholder:"URL" help:"Where the public finds the register; default http://ADDR."`
	Owner     string `name:"owner" env:"REGISTRAR_OWNER" help:"Whose register it is, as readers know the body."`

	Issuer           string `name:"oidc-issuer" env:"REGISTRAR_OIDC_ISSUER" placeholder:"URL" help:"OpenID Connect issuer that people log in at."`
	ClientID         string `name:"oidc-client-id" env:"REGISTRAR_OIDC_CLIENT_ID" help:"Client id at the issuer."`
	ClientSecretFile string `name:"oidc-client-secret-file" env:"REGISTRAR_OIDC_CLIENT_SECRET_FILE" placeholder:"FILE" help:"File with the client's secret; none for a public client with PKCE."`

	IdentityStore   string `name:"identity-store" env:"REGISTRAR_IDENTITY_STORE" placeholder:"URL" help:"Identity area of the lake (file:///…); the linking worker's alone."`
	ActivityStore   string `name:"activity-store" env:"REGISTRAR_ACTIVITY_STORE" placeholder:"URL" help:"Activity area of the lake."`
	DeliveryStore   string `name:"delivery-store" env:"REGISTRAR_DELIVERY_STORE" placeholder:"URL" help:"Encrypted files for recipients."`
	AttachmentStore string `name:"attachment-store" env:"REGISTRAR_ATTACHMENT_STORE" placeholder:"URL" help:"Documents of applications (file:///…); without it none can be added."`
	HandoverDir     string `name:"handover-dir" env:"REGISTRAR_HANDOVER_DIR" placeholder:"DIR" help:"Encrypted person maps between the two workers; swept at start, kept out of backups."`
	SpillDir        string `name:"spill-dir" env:"REGISTRAR_SPILL_DIR" placeholder:"DIR" help:"Encrypted spill of large runs."`

	RootKeyFile     string `name:"root-key-file" env:"REGISTRAR_ROOT_KEY_FILE" placeholder:"FILE" help:"Root of all pseudonym keys; the linking worker's alone."`
	LogKeyFile      string `name:"log-key-file" env:"REGISTRAR_LOG_KEY_FILE" placeholder:"FILE" help:"Key that signs the log's checkpoints; the extracting worker's alone."`
	VerifierKeyFile string `name:"verifier-key-file" env:"REGISTRAR_VERIFIER_KEY_FILE" placeholder:"FILE" help:"Its public half, which serve publishes."`
	ManifestKeyFile string `name:"manifest-key-file" env:"REGISTRAR_MANIFEST_KEY_FILE" placeholder:"FILE" help:"Key that signs manifests; the extracting worker's alone."`
	WorkerKeyFile   string `name:"worker-key-file" env:"REGISTRAR_WORKER_KEY_FILE" placeholder:"FILE" help:"age identity of the extracting worker; the linking worker reads its public half, FILE.pub."`

	SMTPAddress      string `name:"smtp-address" env:"REGISTRAR_SMTP_ADDRESS" placeholder:"HOST:PORT" help:"Mail server that serve sends people's duties by, daily from seven in London; none: they are only shown."`
	SMTPFrom         string `name:"smtp-from" env:"REGISTRAR_SMTP_FROM" placeholder:"EMAIL" help:"Address that mail comes from."`
	SMTPUser         string `name:"smtp-user" env:"REGISTRAR_SMTP_USER" help:"Log-in at the mail server, if it asks for one."`
	SMTPPasswordFile string `name:"smtp-password-file" env:"REGISTRAR_SMTP_PASSWORD_FILE" placeholder:"FILE" help:"File with its password."`
	SMTPTLS          string `name:"smtp-tls" env:"REGISTRAR_SMTP_TLS" default:"starttls" enum:"starttls,tls,none" help:"How the connection is encrypted; none only to a loopback address."`

	Threads  int    `name:"threads" env:"REGISTRAR_THREADS" default:"2" help:"Threads of the engine."`
	Memory   string `name:"memory" env:"REGISTRAR_MEMORY" default:"2GB" help:"Memory of the engine."`
	LogLevel string `name:"log-level" env:"REGISTRAR_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"What is logged."`
}

// publicURL is where the public finds the register.
func (s *Settings) publicURL() string {
	if s.PublicURL != "" {
		return strings.TrimRight(s.PublicURL, "/")
	}
	return "http://" + s.Addr
}

// databaseURL is the database of this process.
func (s *Settings) databaseURL() (string, error) {
	if s.DatabaseURLFile == "" {
		if s.DatabaseURL == "" {
			return "", fault.New(fault.Invalid, "No database is given: set DATABASE_URL or --database-url, or use registrar demo, which starts its own.")
		}
		return s.DatabaseURL, nil
	}
	text, err := readSecret(s.DatabaseURLFile, "database URL")
	return strings.TrimSpace(text), err
}

// readSecret reads a file that only its owner may read.
func readSecret(path, what string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fault.New(fault.Invalid, "The file of the %s, %s, cannot be read.", what, path).Because(err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fault.New(fault.Invalid, "The file of the %s, %s, can be read by others (mode %04o): set it to 0600.", what, path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fault.New(fault.Invalid, "The file of the %s, %s, cannot be read.", what, path).Because(err)
	}
	return string(text), nil
}

// need refuses a process that lacks settings, naming every one at once.
func (s *Settings) need(process string, settings map[string]string) error {
	refused := fault.New(fault.Invalid, "%s needs more settings", process)
	names := make([]string, 0, len(settings))
	for name := range settings {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if settings[name] == "" {
			refused.With(fault.Reason{Code: "setting", Field: "--" + name, Message: "is not set"})
		}
	}
	if len(refused.Reasons) > 0 {
		return refused
	}
	return nil
}

func (s *Settings) logger() *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // kong has checked it
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	slog.SetDefault(log)
	return log
}

// configure finds the settings' file among arguments and environment and makes
// the parser read it.
func configure(parser *kong.Kong, args []string) error {
	path := os.Getenv("REGISTRAR_CONFIG")
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--config="); ok {
			path = value
		} else if arg == "--config" && i+1 < len(args) {
			path = args[i+1]
		}
	}
	if path == "" {
		return nil
	}
	values := map[string]any{}
	if _, err := toml.DecodeFile(filepath.Clean(path), &values); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fault.New(fault.Invalid, "There is no settings file %s.", path).Because(err)
		}
		return fault.New(fault.Invalid, "The settings file %s is no TOML: %v", path, err).Because(err)
	}
	known := map[string]bool{}
	for _, flag := range parser.Model.Flags {
		known[flag.Name] = true
	}
	refused := fault.New(fault.Invalid, "The settings file %s cannot be used", path)
	for key := range values {
		if !known[key] || key == "config" {
			refused.With(fault.Reason{Code: "setting-unknown", Field: key, Message: "is no setting; see registrar --help"})
		}
	}
	if len(refused.Reasons) > 0 {
		slices.SortFunc(refused.Reasons, func(a, b fault.Reason) int { return strings.Compare(a.Field, b.Field) })
		return refused
	}
	return kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if value, ok := values[flag.Name]; ok && !setInEnvironment(flag) {
			return fmt.Sprint(value), nil
		}
		return nil, nil
	})).Apply(parser)
}

// setInEnvironment says whether the environment, which is stronger than the
// file, sets the flag.
func setInEnvironment(flag *kong.Flag) bool {
	return slices.ContainsFunc(flag.Envs, func(name string) bool { _, set := os.LookupEnv(name); return set })
}
