// Package graph is the GraphQL API. Its resolvers do three things: they find
// the actor, make one call, and return.
package graph

import (
	"context"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
)

// Resolver answers from the use cases.
type Resolver struct{ Service *release.Service }

// actor is who asks; nobody if no one is logged in.
func actor(ctx context.Context) access.Actor {
	who, _ := access.From(ctx)
	return who
}

// done is what a command without an answer returns.
func done(err error) (bool, error) { return err == nil, err }
