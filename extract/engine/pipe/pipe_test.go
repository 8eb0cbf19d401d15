package pipe

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func open(t *testing.T) (*Pipe, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return p, path
}

func produce(path string, size int) func(context.Context) error {
	return func(ctx context.Context) error {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		for range size / 1000 {
			if _, err := f.Write(bytes.Repeat([]byte{1}, 1000)); err != nil {
				return err
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		return nil
	}
}

func TestEverythingComesThrough(t *testing.T) {
	for _, size := range []int{0, 1000, 5_000_000} {
		p, path := open(t)
		var out bytes.Buffer
		if err := p.Through(t.Context(), &out, produce(path, size)); err != nil {
			t.Fatal(err)
		}
		if out.Len() != size {
			t.Errorf("%d bytes of %d", out.Len(), size)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the pipe is still there: %v", err)
		}
	}
}

func TestErrors(t *testing.T) {
	sad := errors.New("sad")
	t.Run("of the producer", func(t *testing.T) {
		p, _ := open(t)
		// It never opens the pipe: nobody may wait for it.
		if err := p.Through(t.Context(), &bytes.Buffer{}, func(context.Context) error { return sad }); !errors.Is(err, sad) {
			t.Errorf("got %v", err)
		}
		_ = p.Close()
	})
	t.Run("of the writer", func(t *testing.T) {
		p, path := open(t)
		begun := time.Now()
		err := p.Through(t.Context(), failing{sad}, produce(path, 1<<30))
		if !errors.Is(err, sad) || time.Since(begun) > 5*time.Second {
			t.Errorf("got %v after %v", err, time.Since(begun))
		}
		_ = p.Close()
	})
	t.Run("of a name that is taken", func(t *testing.T) {
		p, path := open(t)
		if _, err := Open(path); !errors.Is(err, os.ErrExist) {
			t.Errorf("got %v", err)
		}
		_ = p.Close()
	})
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
