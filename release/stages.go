package release

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/working"
)

// stage writes that a version has come to a state: the record that stage
// clocks count from. move writes it; who makes a version writes its first.
func (w *work) stage(ctx context.Context, version uuid.UUID, state terms.VersionState, note string) error {
	create := w.Stage.Create().SetCreatedAt(w.now).SetVersionID(version).SetState(state).SetAt(w.now).SetNote(note)
	if w.actor.PersonID != uuid.Nil {
		create.SetPersonID(w.actor.PersonID)
	}
	if err := create.Exec(ctx); err != nil {
		return fmt.Errorf("writing a stage: %w", err)
	}
	return nil
}

// move takes a version to the state that a command leads to and writes the
// stage; the caller executes the update, with what else the command sets. A
// state that does not know the command is fault.Conflict.
func (w *work) move(ctx context.Context, v *ent.AgreementVersion, command, note string) (*ent.AgreementVersionUpdateOne, error) {
	to, ok := v.State.Can(command)
	if !ok {
		return nil, fault.New(fault.Conflict, "The version is %s; it cannot be %s now.", v.State.Label(), participles[command])
	}
	if err := w.stage(ctx, v.ID, to, note); err != nil {
		return nil, err
	}
	return v.Update().SetState(to), nil
}

// participles are the commands of terms.VersionTransitions as a refusal says
// them: "it cannot be taken up now".
var participles = map[string]string{
	"submit": "submitted", "take_up": "taken up", "return": "returned", "recommend": "recommended", "defer": "deferred", "advise_against": "advised against",
	"approve": "approved", "approve_against_advice": "approved against advice", "decline": "declined", "issue": "issued", "issue_again": "issued again",
	"sign": "signed", "take_on": "taken on", "withdraw": "withdrawn", "terminate": "terminated", "close": "closed",
}

// ClockOf is the clock of a version whose stages were read, at the moment of
// the service.
func (s *Service) ClockOf(v *ent.AgreementVersion) working.Clock {
	return working.Read(stagesOf(v.Edges.Stages), s.clock())
}

// stagesOf are stages in their order in time; those of one moment in the order
// of their writing, which their ids have.
func stagesOf(rows []*ent.Stage) []working.Stage {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *ent.Stage) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	stages := make([]working.Stage, len(rows))
	for i, row := range rows {
		stages[i] = working.Stage{State: row.State, At: row.At}
	}
	return stages
}
