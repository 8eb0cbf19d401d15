package proof

import (
	"errors"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"

	"data.release/registrar/release/fault"
)

// ParseVerifier reads a log's verifier key in the text form of C2SP signed
// notes (name+hash+base64); space around it does not count.
func ParseVerifier(text string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(text))
	if err != nil {
		return nil, fault.New(fault.Invalid, "this is no verifier key: expected one line, NAME+HASH+KEY, as /log/key gives it").Because(err)
	}
	return v, nil
}

// OpenCheckpoint verifies a checkpoint's signature by the log's key and
// returns what was signed. The log's origin is the name of its key, so a
// checkpoint that another log's key could have signed is refused.
func OpenCheckpoint(signed string, key note.Verifier) (torchwood.Checkpoint, error) {
	refuse := func(code, message string, cause error) (torchwood.Checkpoint, error) {
		return torchwood.Checkpoint{}, fault.New(fault.Invalid, "the checkpoint cannot be trusted").
			With(fault.Reason{Code: code, Field: "checkpoint", Message: message}).Because(cause)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(key))
	if err != nil {
		var invalid *note.InvalidSignatureError
		if errors.As(err, &invalid) {
			return refuse("checkpoint-signature", "its signature does not fit its text: the text or the signature was changed", err)
		}
		return refuse("checkpoint-signature", "it carries no signature by the key "+key.Name()+" that was given", err)
	}
	checkpoint, err := torchwood.ParseCheckpoint(n.Text)
	if err != nil {
		return refuse("checkpoint-form", "it is signed but is no checkpoint of a log", err)
	}
	if checkpoint.Origin != key.Name() {
		return refuse("checkpoint-origin", "it is of the log "+checkpoint.Origin+", the key is of "+key.Name(), nil)
	}
	return checkpoint, nil
}

// ReadCheckpoint reads a checkpoint without verifying it, for those who have
// signed it themselves.
func ReadCheckpoint(signed string) (torchwood.Checkpoint, error) {
	text, _, found := strings.Cut(signed, "\n\n")
	if !found {
		return torchwood.Checkpoint{}, errors.New("the checkpoint is no signed note")
	}
	return torchwood.ParseCheckpoint(text + "\n")
}
