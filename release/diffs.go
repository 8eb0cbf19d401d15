package release

import (
	"context"

	"github.com/google/uuid"

	"data.release/registrar/release/access"
	"data.release/registrar/release/diff"
)

// VersionDiff is how the terms of one version become those of another.
type VersionDiff struct {
	Before, After VersionNamed
	Changes       []diff.Change
}

// DiffVersions compares any two versions that the actor may read; of others
// fault.NotFound. Those need not be of one agreement: a reviewer compares a
// case with its precedent.
func (s *Service) DiffVersions(ctx context.Context, actor access.Actor, a, b uuid.UUID) (*VersionDiff, error) {
	before, err := s.readableVersion(ctx, actor, a)
	if err != nil {
		return nil, err
	}
	after, err := s.readableVersion(ctx, actor, b)
	if err != nil {
		return nil, err
	}
	return &VersionDiff{Before: nameVersion(before), After: nameVersion(after),
		Changes: diff.Compare(diff.Of(versionTerms(before)), diff.Of(versionTerms(after)))}, nil
}
