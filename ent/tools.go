//go:build tools

package ent

import _ "entgo.io/ent/entc" // keeps the generator of entc.go in go.mod
import _ "entgo.io/contrib/entgql"
