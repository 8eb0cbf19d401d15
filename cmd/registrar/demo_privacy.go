package main

import (
	"context"
	"slices"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/privacy"
)

// published is the demonstration's reason to publish texts of the real register
// in which the privacy scan found something.
const published = "Already public: NHS Digital published it in its register of February 2021."

// decidePrivacy lets the made-up Caldicott guardian look at what the import
// withheld: names of people in public roles and small counts of staff, which
// are public since 2021, are published as classes. The rest is left to be seen
// in the team's list.
func (d *demo) decidePrivacy(ctx context.Context, owner *store) error {
	i := slices.IndexFunc(demoUsers, func(u demoUser) bool { return slices.Contains(u.roles, string(access.CaldicottGuardian)) })
	if i < 0 {
		return fault.New(fault.Invalid, "The demonstration has no Caldicott guardian.")
	}
	u := demoUsers[i]
	guardian, err := owner.service.ActorOf(ctx, release.Identity{Issuer: "http://" + d.IssuerAddr, Subject: u.Subject, Email: u.Email, EmailVerified: true, LoggedInAt: time.Now()})
	if err != nil {
		return err
	}
	classes, err := owner.service.WithheldClasses(ctx, guardian)
	if err != nil {
		return err
	}
	decided := 0
	for _, class := range classes {
		if class.Edition == release.OwnEntries || class.Only == 0 || class.Kind != privacy.TitledName && class.Kind != privacy.SmallCount {
			continue
		}
		filter := release.WithheldFilter{Kind: class.Kind, Edition: class.Edition}
		done, err := owner.service.DecideWithheld(ctx, guardian, release.DecideInput{Class: &filter, Expect: class.Only, Decision: release.PublishWithheld, Reason: published})
		if err != nil {
			return err
		}
		decided += done.Published
	}
	left, err := owner.service.WithheldCount(ctx)
	if err != nil {
		return err
	}
	if decided > 0 {
		d.say("%s looked at the texts that the privacy scan held: %d are published, because they are public since 2021; %d wait for a decision.", u.Name, decided, left)
	}
	return nil
}
