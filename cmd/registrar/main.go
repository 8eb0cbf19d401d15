// Command registrar records data sharing agreements, gates and generates the
// extracts that they allow, and publishes a register that nobody can quietly
// change. See README.md.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5/pgconn"

	"data.release/registrar/release/fault"
)

type cli struct {
	Settings

	Demo     demoCmd     `cmd:"" help:"Set everything up on this machine, do the main job on real input, and leave the site running."`
	Serve    serveCmd    `cmd:"" help:"Answer HTTP: the public pages, the log, GraphQL, and the pages of those who log in."`
	Work     workCmd     `cmd:"" help:"Run jobs, as the linking or the extracting worker."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database to this binary's version."`
	Import   importCmd   `cmd:"" help:"Import a published register workbook."`
	Ingest   ingestCmd   `cmd:"" help:"Land a feed file, or an opt-out list, in the lake."`
	Extract  extractCmd  `cmd:"" help:"Look at extracts."`
	Gate     gateCmd     `cmd:"" help:"Ask the gate about an agreement, read its policy, replay its decisions and the register."`
	Register registerCmd `cmd:"" help:"Verify a register from outside."`
	Keys     keysCmd     `cmd:"" help:"Make the machine keys that workers hold."`
	Person   personCmd   `cmd:"" help:"Give roles to persons."`
	Duties   dutiesCmd   `cmd:"" help:"Show, or send, what people have to do by when."`
	Privacy  privacyCmd  `cmd:"" help:"Look for what may say something about single people."`
	Check    checkCmd    `cmd:"" help:"Check that database, log and decisions are whole."`
}

type registerCmd struct {
	Verify RegisterVerifyCmd `cmd:"" help:"Verify a proof file or a whole register, trusting nobody who publishes it."`
}

func main() {
	var app cli
	parser, err := kong.New(&app,
		kong.Name("registrar"),
		kong.Description("Data sharing agreements, the extracts they allow, and a public register of both."),
		kong.UsageOnError(),
		kong.Bind(&app.Settings),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err == nil {
		err = configure(parser, os.Args[1:])
	}
	var ctx *kong.Context
	if err == nil {
		ctx, err = parser.Parse(os.Args[1:])
	}
	if err == nil {
		err = ctx.Run()
	}
	if err != nil {
		complain(err)
		os.Exit(1)
	}
}

// complain prints an error for the person at the terminal: a fault with every
// reason on its own line, anything else as it is.
func complain(err error) {
	var known *fault.Error
	var denied *pgconn.PgError
	if errors.As(err, &denied) && denied.Code == "42501" {
		fmt.Fprintf(os.Stderr, "registrar: the database log-in that was given may not do this (%s); run it with the one that may, see README, Running it for real\n", denied.Message)
		return
	}
	if !errors.As(err, &known) {
		fmt.Fprintf(os.Stderr, "registrar: %v\n", err)
		return
	}
	fmt.Fprintf(os.Stderr, "registrar: %s\n", known.Message)
	for _, reason := range known.Reasons {
		if reason.Field != "" {
			fmt.Fprintf(os.Stderr, "  - %s: %s\n", reason.Field, reason.Message)
		} else {
			fmt.Fprintf(os.Stderr, "  - %s\n", reason.Message)
		}
	}
}
