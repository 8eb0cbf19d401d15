package gate

// Who receives, who asks and who approves.

func checkRecipient(c Case) finding {
	if c.Recipient == nil || c.Recipient.Organisation == "" {
		return refuse("recipient", "no recipient is named")
	}
	if !c.Recipient.Named {
		return refuse("recipient", "%s is no recipient or controller of the version", c.Recipient.Organisation)
	}
	return pass("%s is named in the version", c.Recipient.Organisation)
}

func checkPerson(c Case) finding {
	if c.Recipient == nil || c.Recipient.PersonID == "" {
		return refuse("person", "nobody is named")
	}
	if !c.Recipient.Member {
		return refuse("person", "the person is not, or no longer, a recipient of %s", c.Recipient.Organisation)
	}
	return pass("the person is a recipient of %s", c.Recipient.Organisation)
}

func checkKey(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations need no key")
	}
	if c.Recipient == nil || c.Recipient.Keys == 0 {
		return refuse("recipient.key", "no public key is on file: a recipient adds one on the keys page")
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
