package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"entgo.io/contrib/entgql"
	"entgo.io/ent/privacy"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"data.release/registrar/graph/generated"
	"data.release/registrar/graph/model"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
)

// The limits of one request.
const (
	MaxDepth = 12      // levels of selection
	MaxCost  = 20_000  // fields, each counted once for every node of its page
	MaxAlias = 30      // aliased fields
	MaxBody  = 1 << 20 // bytes of a request; long texts pass 32,767 characters
	MaxToken = 20_000  // lexical tokens
	maxPage  = 200     // nodes of a page
)

// Handler serves GraphQL over HTTP (POST and GET). The actor of a request is
// in its context.
func Handler(service *release.Service) http.Handler {
	config := generated.Config{Resolvers: &Resolver{Service: service}}
	pages(&config.Complexity)
	server := handler.New(generated.NewExecutableSchema(config))
	server.AddTransport(transport.POST{UseGrapQLResponseJsonByDefault: true})
	server.AddTransport(transport.GET{UseGrapQLResponseJsonByDefault: true})
	server.SetQueryCache(lru.New[*ast.QueryDocument](500))
	server.SetParserTokenLimit(MaxToken)
	server.Use(extension.Introspection{})
	server.Use(extension.FixedComplexityLimit(MaxCost))
	server.Use(limits{})
	server.SetErrorPresenter(present)
	server.SetRecoverFunc(func(ctx context.Context, problem any) error { return fmt.Errorf("panic: %v", problem) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		server.ServeHTTP(w, r)
	})
}

// pages makes a connection cost as many times its node as its page is long.
func pages(c *generated.ComplexityRoot) {
	connection := func(child int, _ *entgql.Cursor[uuid.UUID], first *int, _ *entgql.Cursor[uuid.UUID], last *int) int {
		return pageCost(child, first, last)
	}
	c.Query.Agreements, c.Query.AgreementVersions, c.Query.Datasets = connection, connection, connection
	c.Query.Extracts, c.Query.Organisations, c.Query.Incidents, c.Query.Templates = connection, connection, connection, connection
	c.Query.Entries = func(child int, _ *model.EntryFilter, _, size int) int { return pageCost(child, &size) }
	c.Query.Queue = func(child int, _ *model.QueueFilter, _ *release.QueueSort, _, size int) int {
		return pageCost(child, &size)
	}
	c.Query.SearchAgreements = func(child int, _ *model.AgreementFilter, _, size int) int { return pageCost(child, &size) }
	c.Query.TakeOnWorklist = func(child int, _ *model.TakeOnFilterInput, _, size int) int { return pageCost(child, &size) }
}

func pageCost(child int, sizes ...*int) int {
	for _, size := range sizes {
		if size != nil {
			return 1 + child*max(1, *size)
		}
	}
	return 1 + child*maxPage
}

// limits refuses what is nested too deep or aliased too often.
type limits struct{}

func (limits) ExtensionName() string                   { return "Limits" }
func (limits) Validate(graphql.ExecutableSchema) error { return nil }
func (limits) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	depth, aliases := measure(op.Operation.SelectionSet, op.Doc.Fragments, map[string]bool{})
	refused := fault.New(fault.TooLarge, "The query is over a limit")
	if depth > MaxDepth {
		refused.With(fault.Reason{Code: "depth", Message: fmt.Sprintf("it is %d levels deep; at most %d", depth, MaxDepth)})
	}
	if aliases > MaxAlias {
		refused.With(fault.Reason{Code: "aliases", Message: fmt.Sprintf("it has %d aliases; at most %d", aliases, MaxAlias)})
	}
	if len(refused.Reasons) == 0 {
		return nil
	}
	return presented(refused, nil)
}

func measure(set ast.SelectionSet, fragments ast.FragmentDefinitionList, on map[string]bool) (depth, aliases int) {
	for _, selection := range set {
		d, a := 0, 0
		switch s := selection.(type) {
		case *ast.Field:
			d, a = measure(s.SelectionSet, fragments, on)
			d++
			if s.Alias != s.Name {
				a++
			}
		case *ast.InlineFragment:
			d, a = measure(s.SelectionSet, fragments, on)
		case *ast.FragmentSpread:
			if f := fragments.ForName(s.Name); f != nil && !on[s.Name] {
				on[s.Name] = true
				d, a = measure(f.SelectionSet, fragments, on)
				delete(on, s.Name)
			}
		}
		depth, aliases = max(depth, d), aliases+a
	}
	return depth, aliases
}

// subject is an error about a record that was made all the same.
type subject struct {
	id uuid.UUID
	error
}

func (s subject) Unwrap() error { return s.error }

func about(id uuid.UUID, err error) error {
	if err == nil || id == uuid.Nil {
		return err
	}
	return subject{id, err}
}

// present is the one place where an error becomes an answer: its message is
// for the reader, its code is stable, its reasons are all there. What is no
// fault is logged under a reference, and only that is shown.
func present(ctx context.Context, err error) *gqlerror.Error {
	var syntax *gqlerror.Error
	if errors.As(err, &syntax) && syntax.Err == nil {
		return syntax // gqlgen's own, about the query itself
	}
	path := graphql.GetPath(ctx)
	var known *fault.Error
	switch {
	case errors.As(err, &known):
		out := presented(known, path)
		var s subject
		if errors.As(err, &s) {
			out.Extensions["subject"] = s.id
		}
		return out
	case errors.Is(err, privacy.Deny):
		who, _ := access.From(ctx)
		denied := access.Check(who, access.ReadAgreements)
		if errors.As(denied, &known) {
			return presented(known, path)
		}
		return presented(fault.New(fault.Forbidden, "You may not read that."), path)
	}
	if unreadable(err) {
		// The value is not repeated: what people type may be anything.
		return presented(fault.New(fault.Invalid, "A value of the request cannot be read as what it should be: a number, an id, a date or a cursor."), path)
	}
	id := uuid.New()
	slog.ErrorContext(ctx, "graphql", "reference", id, "path", path.String(), "error", err)
	return &gqlerror.Error{Path: path, Message: "Something went wrong here, not with your request. Quote the reference " + id.String() + " to the operator.",
		Extensions: map[string]any{"code": "internal", "reference": id}}
}

// unreadable says whether an argument could not be read: the caller's mistake,
// which gqlgen and ent tell as errors of the standard library's parsers.
func unreadable(err error) bool {
	var number *strconv.NumError
	var moment *time.ParseError
	if errors.As(err, &number) || errors.As(err, &moment) || uuid.IsInvalidLengthError(err) {
		return true
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		if text := inner.Error(); strings.HasPrefix(text, "invalid UUID") || strings.HasPrefix(text, "cannot decode cursor") || strings.HasPrefix(text, "illegal base64") {
			return true
		}
	}
	return false
}

func presented(known *fault.Error, path ast.Path) *gqlerror.Error {
	extensions := map[string]any{"code": fault.Code(known)}
	if len(known.Reasons) > 0 {
		extensions["reasons"] = known.Reasons
	}
	return &gqlerror.Error{Path: path, Message: known.Message, Extensions: extensions}
}
