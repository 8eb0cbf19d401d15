package main

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
)

// personCmd gives roles from the command line: above all to the first
// operator, whom nobody else can have made.
type personCmd struct {
	Grant personGrantCmd `cmd:"" help:"Give a role to a person, who need not have logged in yet."`
}

type personGrantCmd struct {
	Email        string `arg:"" help:"E-mail address that the issuer vouches for."`
	Role         string `arg:"" help:"Role, such as operator."`
	Name         string `required:"" help:"Name of the person."`
	Organisation string `required:"" help:"Name of the organisation; recorded if it is not."`
	Directorate  string `help:"Directorate, in the discloser."`
}

// Run grants.
func (c *personGrantCmd) Run(k *kong.Context, s *Settings) error {
	ctx := context.Background()
	var role access.Role
	if err := role.UnmarshalGQL(c.Role); err != nil {
		return err
	}
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	system := access.Actor{System: "person grant"}
	slug, err := opened.service.EnsureOrganisation(ctx, system, c.Organisation)
	if err != nil {
		return err
	}
	if _, err := opened.service.GrantRole(ctx, system, release.Grant{Email: c.Email, Name: c.Name, Role: role, Organisation: slug, Directorate: c.Directorate}); err != nil {
		return err
	}
	fmt.Fprintf(k.Stdout, "%s is %s of %s, from the first log-in on.\n", c.Email, role.Label(), c.Organisation)
	return nil
}
