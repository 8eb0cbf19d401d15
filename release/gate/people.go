package gate

import (
	"slices"

	"data.release/registrar/release/terms"
)

// Who receives, who asks and who approves.

var peopleRules = []Rule{
	{ID: "recipient", Title: "The recipient is named in the version", Class: Law, From: dawn, Moments: onward,
		Authority: "the agreement", Remedy: "name a recipient or controller of the version", check: checkRecipient},
	{ID: "recipient-person", Title: "The person is a recipient now", Class: Law, From: dawn, Moments: atOnce,
		Authority: "the agreement", Remedy: "an operator gives the person the role recipient of the organisation", check: checkPerson},
	{ID: "honorary-contract", Title: "An honorary contract is on record and in date", Class: Policy, From: terms.NewDate(2023, 9, 12), Moments: atOnce,
		Authority: "DARS standard 12, Honorary contract v1.0", Remedy: "record the honorary contract and its end, or the person's employment", check: checkHonorary},
	{ID: "recipient-key", Title: "A public key of the recipient is on file", Class: Policy, From: dawn, Moments: []Moment{MomentStart, MomentRelease},
		Authority: "DARS standard 2a, transfer", Remedy: "a recipient adds a public key on the keys page", check: checkKey},
	{ID: "file-available", Title: "The file has neither expired nor been withdrawn", Class: Law, From: dawn, Moments: atOnce,
		Authority: "the agreement", Remedy: "ask for a new extract", check: checkFile},
	{ID: "purpose-acknowledged", Title: "The purpose has been acknowledged", Class: Policy, From: dawn, Moments: atOnce,
		Authority: "DARS standard 5a", Remedy: "read what the data are for, and acknowledge it", check: checkPurpose},
	{ID: "two-persons", Title: "Who asks and who approves are two persons", Class: Law, From: dawn, Moments: []Moment{MomentApproval, MomentStart, MomentRelease},
		Authority: "the discloser's scheme of delegation", Remedy: "have somebody else approve it", check: checkTwoPersons},
}

func checkRecipient(c Case) finding {
	if c.Recipient == nil || c.Recipient.Organisation == "" {
		return refuse("recipient", "no recipient is named")
	}
	if !c.Recipient.Named {
		return refuse("recipient", "%s is no recipient or controller of the version", c.Recipient.Organisation)
	}
	if to := c.sentTo(); len(to) > 0 && !slices.Contains(to, terms.Fold(c.Recipient.Organisation)) {
		return refuse("version.flows", "the declared flows send line %d to other parties of the version, and not to %s", c.Line.Number, c.Recipient.Organisation)
	}
	return pass("%s is named in the version", c.Recipient.Organisation)
}

// sentTo are the parties of the version to whom its declared flows send the
// line; none where no flow that runs names a party, so that the flows cannot
// say to whom it goes.
func (c Case) sentTo() (parties []string) {
	for _, f := range c.Flows {
		if f.State != terms.FlowCurrent && f.State != terms.FlowProposed || !slices.Contains(f.Lines, c.Line.Number) {
			continue
		}
		for _, p := range c.Parties {
			if to := terms.Fold(f.To); terms.Fold(p.Organisation) == to && !slices.Contains(parties, to) {
				parties = append(parties, to)
			}
		}
	}
	return parties
}

func checkPerson(c Case) finding {
	if c.Recipient == nil || c.Recipient.PersonID == "" {
		return refuse("person", "nobody is named")
	}
	if !c.Recipient.Member {
		return refuse("person", "the person is not, or no longer, a recipient of %s", c.Recipient.Organisation)
	}
	// One person with both the identifiable file of one organisation and the
	// pseudonymised one of another can join them, whoever holds them apart.
	if c.Recipient.AlsoFor != "" {
		return refuse("person", "the person has downloaded files of this agreement for %s; its lines are of different types of data, which nobody may hold together: somebody else downloads for %s", c.Recipient.AlsoFor, c.Recipient.Organisation)
	}
	return pass("the person is a recipient of %s", c.Recipient.Organisation)
}

// checkHonorary asks, of a person who is no employee, for the contract that
// binds them.
func checkHonorary(c Case) finding {
	if c.Recipient == nil || !c.Recipient.Basis.Known() {
		return refuse("person", "on what basis the person belongs to the organisation is not recorded")
	}
	r := c.Recipient
	switch {
	case r.Basis == terms.Employee:
		return notApplicable("the person is an employee")
	case r.Contract == "":
		return refuse("person", "the person is there by %s, and no contract is on record", honoraryWords(r.Basis))
	case r.ContractEnds.IsZero():
		return refuse("person", "the contract %s has no end on record", r.Contract)
	case terms.Today(c.At).Compare(r.ContractEnds) > 0:
		return refuse("person", "the contract %s ended on %s", r.Contract, r.ContractEnds.Words())
	}
	return pass("%s, to %s", r.Contract, r.ContractEnds.Words())
}

func honoraryWords(b terms.EmploymentBasis) string {
	if b == terms.Honorary {
		return "honorary contract"
	}
	return "a contract for services"
}

func checkKey(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations need no key")
	}
	if c.Recipient == nil || c.Recipient.Keys == 0 {
		return refuse("recipient.key", "no public key is on file: a recipient adds one on the keys page")
	}
	if n := c.Recipient.RevokedKeys; n > 0 {
		return refuse("recipient.key", "the files are encrypted to %d keys that have been revoked since, such as because somebody else may have them: run the extract again", n)
	}
	return pass("%d public keys on file", c.Recipient.Keys)
}

func checkFile(c Case) finding {
	switch {
	case c.Recipient == nil:
		return refuse("file", "nothing is known of the file")
	case c.Recipient.FileWithdraw:
		return refuse("file", "the file was withdrawn")
	case c.Recipient.FileExpired:
		return refuse("file", "the file has expired")
	}
	return pass("the file is available")
}

func checkPurpose(c Case) finding {
	if c.Recipient == nil || !c.Recipient.Acknowledged {
		return refuse("purpose", "read what the data are for, and acknowledge it first")
	}
	return pass("the purpose was acknowledged")
}

func checkTwoPersons(c Case) finding {
	if c.Approver == "" {
		return refuse("approver", "nobody has approved it")
	}
	if c.Moment == MomentApproval {
		if c.Version.WrittenBy == "" || c.Version.SubmittedBy == "" {
			return refuse("approver", "who wrote or submitted the version is not known")
		}
		if c.Approver == c.Version.WrittenBy || c.Approver == c.Version.SubmittedBy {
			return refuse("approver", "who approves wrote or submitted the version")
		}
		return pass("who approves neither wrote nor submitted the version")
	}
	if c.Request == nil || c.Request.Requester == "" {
		return refuse("requester", "who asked for it is not known")
	}
	if c.Approver == c.Request.Requester {
		return refuse("approver", "who approves asked for it")
	}
	return pass("asked for and approved by two persons")
}
