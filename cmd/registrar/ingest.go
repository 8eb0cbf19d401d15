package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"filippo.io/age"
	"github.com/alecthomas/kong"

	"data.release/registrar/extract/feed"
	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/feed/link"
	"data.release/registrar/extract/feed/rule"
	"data.release/registrar/extract/feed/source"
	"data.release/registrar/extract/feed/synthetic"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/pseudonym"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// ingestCmd lands files in the lake, with the linking worker's rights: an
// activity feed, demographics (which make the person index), or an opt-out
// list. The same file again changes nothing.
type ingestCmd struct {
	Feed         ingestFeedCmd         `cmd:"" help:"Land a file of an activity dataset."`
	Demographics ingestDemographicsCmd `cmd:"" help:"Land demographics and link persons by them."`
	OptOuts      ingestOptOutsCmd      `cmd:"" help:"Land a list of objections."`
	Synthesise   ingestSynthesiseCmd   `cmd:"" help:"Make up demographics and an opt-out list for artificial feeds. For demonstrations and tests."`
}

type ingestFeedCmd struct {
	Dataset  string   `arg:"" help:"Code of the dataset, such as hes_apc."`
	File     string   `arg:"" type:"path" help:"CSV (also gzipped) or Parquet."`
	From     string   `required:"" help:"First day of the file's period."`
	To       string   `required:"" help:"Last day."`
	Site     string   `default:"national" help:"Site of the discloser that lands it."`
	Supplier string   `required:"" help:"Code of who sent it."`
	Rejects  []string `help:"age public key of the supplier, to which failing values are encrypted; else they are encrypted to the extracting worker's."`
	JSON     bool     `name:"json" help:"Report as JSON."`
}

// landing is what every kind of ingest stands on.
type landing struct {
	*store
	identity, activity *lake.Store
	root               *pseudonym.Root
	work               string
}

func openLanding(ctx context.Context, s *Settings) (l *landing, err error) {
	if err := s.need("ingest", map[string]string{"identity-store": s.IdentityStore, "activity-store": s.ActivityStore,
		"root-key-file": s.RootKeyFile, "spill-dir": s.SpillDir, "worker-key-file": s.WorkerKeyFile}); err != nil {
		return nil, err
	}
	l = &landing{work: filepath.Join(s.SpillDir, "landing")}
	if l.root, err = pseudonym.ReadRoot(s.RootKeyFile); err != nil {
		return nil, err
	}
	if l.identity, err = lake.Open(ctx, s.IdentityStore); err != nil {
		return nil, err
	}
	if l.activity, err = lake.Open(ctx, s.ActivityStore); err != nil {
		return nil, err
	}
	if l.store, err = openStore(ctx, s); err != nil {
		return nil, err
	}
	return l, os.MkdirAll(l.work, 0o700)
}

func (l *landing) close() {
	l.store.close()
	_ = errors.Join(l.identity.Close(), l.activity.Close()) // nothing is under way
}

var ingesting = access.Actor{System: "ingest"}

// Run lands and reports.
func (c *ingestFeedCmd) Run(k *kong.Context, s *Settings) error {
	ctx := context.Background()
	period, err := terms.ParsePeriod(c.From, c.To)
	if err != nil {
		return err
	}
	def, ok := definition.Get(c.Dataset)
	rules, ruled := rule.Get(c.Dataset)
	if !ok || !ruled || def.Kind != definition.Activity {
		return fault.New(fault.Invalid, "There is no activity dataset %q.", c.Dataset)
	}
	l, err := openLanding(ctx, s)
	if err != nil {
		return err
	}
	defer l.close()
	digest, err := source.Digest(c.File)
	if err != nil {
		return fault.New(fault.Invalid, "The file %s cannot be read.", c.File).Because(err)
	}
	if _, found, err := l.service.FindSubmission(ctx, digest); err != nil {
		return err
	} else if found {
		fmt.Fprintf(k.Stdout, "%s was landed before; nothing has changed.\n", filepath.Base(c.File))
		return nil
	}
	rejects, err := rejectsTo(c.Rejects, s.WorkerKeyFile)
	if err != nil {
		return err
	}
	report, err := feed.Land(ctx, feed.Landing{Definition: def, Rules: rules, File: c.File, Site: c.Site, Supplier: c.Supplier, Period: period,
		Identity: l.identity, Activity: l.activity, PersonID: l.personID(), Rejects: rejects, Work: l.work, Memory: s.Memory, Threads: s.Threads})
	if err != nil {
		return err
	}
	if err := l.record(ctx, c.File, report); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(k.Stdout).Encode(report)
	}
	fmt.Fprintf(k.Stdout, "%s: %s, %d rows accepted, %d rejected, %d with warnings by %d rules\n", c.Dataset, report.Outcome, report.Accepted, report.Rejected, report.Warned, len(report.Failures))
	return nil
}

func rejectsTo(keys []string, worker string) ([]age.Recipient, error) {
	if len(keys) == 0 {
		text, err := os.ReadFile(worker + ".pub")
		if err != nil {
			return nil, fault.New(fault.Invalid, "The worker's public key %s.pub cannot be read.", worker).Because(err)
		}
		keys = []string{trimmed(string(text))}
	}
	recipients := make([]age.Recipient, len(keys))
	for i, key := range keys {
		r, err := age.ParseX25519Recipient(key)
		if err != nil {
			return nil, fault.New(fault.Invalid, "%q is no age public key.", key)
		}
		recipients[i] = r
	}
	return recipients, nil
}

// personID keys ids for the lake. Hashers are not for several goroutines at
// once, so each call takes its own; landing is bound by other things.
func (l *landing) personID() feed.PersonID {
	key := l.root.Lake()
	return func(kind, canonical string) string {
		id, err := key.Hasher().Pseudonym(kind, canonical)
		if err != nil {
			panic(err) // kind and canonical are never empty there
		}
		return id
	}
}

func (l *landing) record(ctx context.Context, file string, report feed.Report) error {
	outcome := map[feed.Outcome]string{feed.Accept: "accepted", feed.AcceptWithWarnings: "accepted_with_warnings", feed.Refuse: "refused"}[report.Outcome]
	text, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("keeping the report: %w", err)
	}
	_, err = l.service.RecordSubmission(ctx, ingesting, release.Landed{Dataset: report.Dataset, Site: report.Site, Supplier: report.Supplier, Period: report.Period,
		FileName: filepath.Base(file), SHA256: report.SHA256, Outcome: outcome, Accepted: report.Accepted, Rejected: report.Rejected, Warned: report.Warned,
		Report: text, Parts: releaseParts(report.Parts...)})
	return err
}

func releaseParts(parts ...lake.Part) []release.Part {
	out := make([]release.Part, len(parts))
	for i, p := range parts {
		out[i] = release.Part{Area: p.Area, Dataset: p.Dataset, Site: p.Site, Supplier: p.Supplier, Period: p.Period, Key: p.Key, SHA256: p.SHA256, Rows: p.Rows}
	}
	return out
}

type ingestDemographicsCmd struct {
	File string `arg:"" type:"path" help:"Demographics file."`
	Site string `default:"national" help:"Site of the discloser that lands it."`
	JSON bool   `name:"json" help:"Report as JSON."`
}

// Run links and reports.
func (c *ingestDemographicsCmd) Run(k *kong.Context, s *Settings) error {
	ctx := context.Background()
	l, err := openLanding(ctx, s)
	if err != nil {
		return err
	}
	defer l.close()
	part, _, report, err := link.Index(ctx, link.Job{Demographics: c.File, Site: c.Site, Identity: l.identity, Person: l.root.Lake().Hasher().Pseudonym, Work: l.work})
	if err != nil {
		return err
	}
	if err := l.service.RecordPersonIndex(ctx, ingesting, releaseParts(part)); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(k.Stdout).Encode(report)
	}
	fmt.Fprintf(k.Stdout, "persons: %d ids of feeds are %d people, %d of them in several feeds; %d ids have no NHS number, %d one that is not valid\n",
		report.IDs, report.People, report.Several, report.NoNumber, report.Invalid)
	return nil
}

type ingestOptOutsCmd struct {
	File string `arg:"" type:"path" help:"List of objections."`
	AsOf string `name:"as-of" required:"" help:"Day on which the objections were in force."`
	Site string `default:"national" help:"Site of the discloser that lands it."`
}

// Run lands the list.
func (c *ingestOptOutsCmd) Run(k *kong.Context, s *Settings) error {
	ctx := context.Background()
	asOf, err := terms.ParseDate(c.AsOf)
	if err != nil {
		return err
	}
	l, err := openLanding(ctx, s)
	if err != nil {
		return err
	}
	defer l.close()
	part, file, err := link.OptOuts(ctx, link.Job{Site: c.Site, Identity: l.identity, Work: l.work}, c.File)
	if err != nil {
		return err
	}
	err = l.service.RecordOptOutList(ctx, ingesting, filepath.Base(c.File), file.SHA256, release.OptOutListFile{AsOf: asOf, Key: part.Key, SHA256: part.SHA256, Rows: part.Rows})
	if err != nil {
		return err
	}
	fmt.Fprintf(k.Stdout, "opt-outs: a list of %s is landed\n", asOf.Words())
	return nil
}

type ingestSynthesiseCmd struct {
	Out   string   `required:"" type:"path" help:"Directory for the two files."`
	Feeds []string `arg:"" help:"DATASET=FILE of each artificial feed."`
}

// Run makes people up.
func (c *ingestSynthesiseCmd) Run(k *kong.Context) error {
	var feeds []synthetic.Feed
	for _, f := range c.Feeds {
		dataset, file, ok := cut(f)
		if !ok {
			return fault.New(fault.Invalid, "%q is not DATASET=FILE.", f)
		}
		feeds = append(feeds, synthetic.Feed{Dataset: dataset, File: file})
	}
	made, err := synthetic.Generate(c.Out, feeds)
	if err != nil {
		return err
	}
	fmt.Fprintf(k.Stdout, "made up: %d people with %d ids, %d of whom opted out (%s, %s)\n", made.People, made.IDs, made.OptedOut, synthetic.DemographicsFile, synthetic.OptOutsFile)
	return nil
}
