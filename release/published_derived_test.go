package release

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What is computed of the register goes on when who asked first leaves, is
// computed once for all, and anew where it failed.
func TestEventual(t *testing.T) {
	var turn sync.Mutex
	var thing eventual[int]
	var times atomic.Int64
	failed := errors.New("the database is away")
	compute := func(ctx context.Context) (int, error) {
		n := times.Add(1)
		time.Sleep(20 * time.Millisecond)
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if n == 1 {
			return 0, failed
		}
		return 7, nil
	}
	ctx, leave := context.WithCancel(t.Context())
	first := thing.start(ctx, &turn, compute)
	leave()
	if _, err := first.wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("who left is told %v", err)
	}
	if _, err := first.wait(t.Context()); !errors.Is(err, failed) {
		t.Errorf("the first try ends in %v", err)
	}
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			if got, err := thing.start(t.Context(), &turn, compute).wait(t.Context()); got != 7 || err != nil {
				t.Errorf("%d, %v", got, err)
			}
		})
	}
	readers.Wait()
	if times.Load() != 2 {
		t.Errorf("computed %d times", times.Load())
	}
	turn.Lock()
	var other eventual[int]
	if _, ready, err := other.start(t.Context(), &turn, compute).within(t.Context(), time.Millisecond); ready || err != nil {
		t.Errorf("ready %t, %v", ready, err)
	}
	turn.Unlock()
	if got, ready, err := other.start(t.Context(), &turn, compute).within(t.Context(), time.Minute); got != 7 || !ready || err != nil {
		t.Errorf("%d, %t, %v", got, ready, err)
	}
}
