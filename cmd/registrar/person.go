package main

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// personCmd gives roles from the command line: above all to the first
// operator, whom nobody else can have made.
type personCmd struct {
	Grant personGrantCmd `cmd:"" help:"Give a role to a person, who need not have logged in yet."`
	Leave personLeaveCmd `cmd:"" help:"End every role of a person in an organisation, at once."`
}

type personGrantCmd struct {
	Email        string `arg:"" help:"E-mail address that the issuer vouches for."`
	Role         string `arg:"" help:"Role, such as operator."`
	Name         string `required:"" help:"Name of the person."`
	Organisation string `required:"" help:"Name of the organisation; recorded if it is not."`
	Directorate  string `help:"Directorate, in the discloser."`
	Basis        string `help:"employee, honorary or contractor." enum:"employee,honorary,contractor" default:"employee"`
	Contract     string `help:"Reference of an honorary contract."`
	ContractTo   string `help:"Last day of the contract, such as 2027-03-31; the role ends with it."`
	To           string `help:"Last day of the role."`
}

// Run grants.
func (c *personGrantCmd) Run(k *kong.Context, s *Settings) error {
	ctx := context.Background()
	var role access.Role
	if err := role.UnmarshalGQL(c.Role); err != nil {
		return err
	}
	grant := release.Grant{Email: c.Email, Name: c.Name, Role: role, Directorate: c.Directorate, Basis: terms.EmploymentBasis(c.Basis), ContractReference: c.Contract}
	var err error
	if grant.ContractTo, err = optionalDay(c.ContractTo); err != nil {
		return err
	}
	if grant.To, err = optionalDay(c.To); err != nil {
		return err
	}
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	system := access.Actor{System: "person grant"}
	if grant.Organisation, err = opened.service.EnsureOrganisation(ctx, system, c.Organisation); err != nil {
		return err
	}
	if _, err := opened.service.GrantRole(ctx, system, grant); err != nil {
		return err
	}
	fmt.Fprintf(k.Stdout, "%s is %s of %s, from the first log-in on.\n", c.Email, role.Label(), c.Organisation)
	return nil
}

// optionalDay reads a day of an option that may be left out.
func optionalDay(raw string) (*terms.Date, error) {
	if raw == "" {
		return nil, nil
	}
	d, err := terms.ParseDate(raw)
	return &d, err
}

type personLeaveCmd struct {
	Email        string `arg:"" help:"E-mail address of the person."`
	Organisation string `required:"" help:"Name of the organisation."`
	Reason       string `required:"" help:"Why; it stands in the history."`
}

// Run ends the roles.
func (c *personLeaveCmd) Run(k *kong.Context, s *Settings) error {
	ctx := context.Background()
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	if err := opened.service.EndMemberships(ctx, access.Actor{System: "person leave"}, c.Email, register.Slug(c.Organisation), c.Reason); err != nil {
		return err
	}
	fmt.Fprintf(k.Stdout, "%s has no role in %s any more.\n", c.Email, c.Organisation)
	return nil
}
