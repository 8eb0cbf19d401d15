package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// importCmd imports a published register, all or nothing: every raw
// cell is kept beside its normalised value, nothing is dropped, and importing
// the same file again changes nothing. The report says what was normalised and
// what is doubtful.
type importCmd struct {
	File      string `arg:"" type:"path" help:"Workbook (xlsx), CSV or JSON."`
	From      string `placeholder:"2021-02-01" help:"First day that the edition covers, where neither its title sheet nor its name says so."`
	To        string `placeholder:"2021-02-28" help:"Last day, included."`
	Publisher string `placeholder:"NAME" help:"Whose register it is, in a layout that many publish in."`
	DryRun    bool   `name:"dry-run" help:"Report what an import would do, and do nothing."`
	JSON      bool   `name:"json" help:"Report as JSON."`
}

// Run imports and reports.
func (c *importCmd) Run(k *kong.Context, s *Settings) error {
	ctx := context.Background()
	var period terms.Period // that a day is missing is said with all else that is wrong
	for _, day := range []struct {
		flag, raw string
		into      *terms.Date
	}{{"--from", c.From, &period.From}, {"--to", c.To, &period.To}} {
		if err := day.into.UnmarshalText([]byte(day.raw)); err != nil {
			return fmt.Errorf("%s: %w", day.flag, err)
		}
	}
	content, err := os.ReadFile(c.File)
	if err != nil {
		return fault.New(fault.Invalid, "The file %s cannot be read.", c.File).Because(err)
	}
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	run := opened.service.ImportEdition
	if c.DryRun {
		run = opened.service.PlanEdition
	}
	report, err := run(ctx, access.Actor{System: "import"},
		release.EditionFile{Name: filepath.Base(c.File), Content: content, Period: period, Publisher: c.Publisher})
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(k.Stdout).Encode(report)
	}
	return report.WriteText(k.Stdout)
}
