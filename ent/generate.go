// Package ent is the store's records: tables, constraints and read policies
// are written in ent/schema, everything else here is generated.
package ent

//go:generate go run -mod=mod entc.go
