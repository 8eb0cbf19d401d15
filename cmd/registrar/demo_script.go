package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"data.release/registrar/release/fault"
	"data.release/registrar/web/issuer"
)

// caller calls GraphQL as a demonstration user.
type caller struct {
	issuer *issuer.Issuer
	url    string
}

// answer is a GraphQL answer.
type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string `json:"message"`
		Extensions struct {
			Code    string         `json:"code"`
			Reasons []fault.Reason `json:"reasons"`
			Subject string         `json:"subject"`
		} `json:"extensions"`
	} `json:"errors"`
}

// refused is what the API would not do, as the person who asked sees it.
type refused struct {
	code, subject string
	message       *fault.Error
}

func (r refused) Error() string { return r.message.Error() }

// as sends one operation as a user and reads the data into out. What the API
// refuses is a refused error.
func (c caller) as(ctx context.Context, user, operation string, variables map[string]any, out any) error {
	token, err := c.issuer.Token(user)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"query": operation, "variables": variables})
	if err != nil {
		return fmt.Errorf("writing the request: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("writing the request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("calling GraphQL: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("calling GraphQL: %w", err)
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return fmt.Errorf("GraphQL answered %s, not JSON: %.300s", response.Status, text)
	}
	if len(a.Errors) > 0 {
		e := a.Errors[0]
		return refused{e.Extensions.Code, e.Extensions.Subject, fault.New(fault.Refused, "%s", e.Message).With(e.Extensions.Reasons...)}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(a.Data, out)
}

// do runs a mutation and returns its one answer.
func do[T any](ctx context.Context, c caller, user, operation string, variables map[string]any) (value T, err error) {
	out := map[string]T{}
	if err := c.as(ctx, user, operation, variables, &out); err != nil {
		return value, err
	}
	for _, v := range out {
		return v, nil
	}
	return value, fmt.Errorf("GraphQL answered nothing")
}

// eventually asks until what it asks for is there.
func eventually(ctx context.Context, what string, patience time.Duration, try func() (bool, error)) error {
	deadline := time.Now().Add(patience)
	for {
		done, err := try()
		if done || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fault.New(fault.Unavailable, "%s did not come about within %s.", what, patience)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// demoUser is one of them: what they are, and where they begin.
type demoUser struct {
	issuer.User
	organisation, directorate string
	roles                     []string
}

// demoUsers are the made-up people of the demonstration with their roles.
var demoUsers = []demoUser{
	{issuer.User{Subject: "ada", Name: "Ada Access (made up)", Email: "ada@discloser.example", Says: "access officer of the discloser: logs applications, runs agreements, records organisations and incidents"}, discloser, "Access", []string{"access_officer"}},
	{issuer.User{Subject: "rene", Name: "Rene Review (made up)", Email: "rene@discloser.example", Says: "independent reviewer: advises on what is submitted"}, discloser, "Advice", []string{"reviewer"}},
	{issuer.User{Subject: "iris", Name: "Iris Approve (made up)", Email: "iris@discloser.example", Says: "approver and senior information risk owner (SIRO): approves, waives policy rules, lifts holds"}, discloser, "Risk", []string{"approver", "siro"}},
	{issuer.User{Subject: "dan", Name: "Dan Sign (made up)", Email: "dan@discloser.example", Says: "signs for the discloser"}, discloser, "Contracts", []string{"signatory"}},
	{issuer.User{Subject: "remy", Name: "Remy Release (made up)", Email: "remy@discloser.example", Says: "release officer: releases what has run, sets and lifts holds"}, discloser, "Production", []string{"release_officer"}},
	{issuer.User{Subject: "olga", Name: "Olga Audit (made up)", Email: "olga@discloser.example", Says: "auditor: reads everything, changes nothing"}, discloser, "Audit", []string{"auditor"}},
	{issuer.User{Subject: "una", Name: "Una Apply (made up)", Email: "una@university.example", Says: "applicant and signatory of the university: has an amendment in draft"}, university, "", []string{"applicant", "signatory"}},
	{issuer.User{Subject: "ravi", Name: "Ravi Receive (made up)", Email: "ravi@university.example", Says: "recipient at the university: has files waiting"}, university, "", []string{"recipient"}},
	{issuer.User{Subject: "tess", Name: "Tess Trust (made up)", Email: "tess@trust.example", Says: "signatory and recipient of the trust"}, trust, "", []string{"signatory", "recipient"}},
	{issuer.User{Subject: "cal", Name: "Cal Caldicott (made up)", Email: "cal@discloser.example", Says: "Caldicott Guardian: confirms waivers, lifts holds"}, discloser, "Guardian", []string{"caldicott_guardian"}},
	{issuer.User{Subject: "dora", Name: "Dora Data (made up)", Email: "dora@discloser.example", Says: "data manager of a regional centre (DSCRO): lands feeds"}, discloser, "Regional centre", []string{"data_manager"}},
	{issuer.User{Subject: "sam", Name: "Sam Stranger (made up)", Email: "sam@elsewhere.example", Says: "recipient of another organisation: may see nothing of this"}, elsewhere, "", []string{"recipient"}},
	{issuer.User{Subject: "olu", Name: "Olu Operator (made up)", Email: "olu@discloser.example", Says: "operator: grants roles"}, discloser, "Operations", []string{"operator"}},
}

// The made-up organisations.
const (
	discloser  = "Demonstration Discloser (made up)"
	university = "Demonstration University (made up)"
	trust      = "Demonstration Trust (made up)"
	elsewhere  = "Elsewhere Institute (made up)"
)

func issuerUsers() []issuer.User {
	users := make([]issuer.User, len(demoUsers))
	for i, u := range demoUsers {
		users[i] = u.User
	}
	return users
}

// reasonLines are a refusal's reasons, one a line, each once.
func reasonLines(r refused) []string {
	var lines []string
	for _, reason := range r.message.Reasons {
		line := fmt.Sprintf("%s: %s", reason.Code, reason.Message)
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}
