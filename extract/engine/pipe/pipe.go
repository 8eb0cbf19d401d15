// Package pipe lets SQL write a file that never is one: what it writes goes
// through a named pipe into a Go writer, so that no plaintext touches a disk.
package pipe

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"
)

// Pipe is a named pipe with its read end open.
type Pipe struct {
	path string
	r, w *os.File
}

// Open makes the pipe at path, mode 0600. The read end is open before
// anybody can open it for writing, which would otherwise wait in open(2) where
// nothing can cancel it. The pipe keeps a write end of its own, so that the
// reader sees no end of file before the writer has begun.
func Open(path string) (*Pipe, error) {
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return nil, &os.PathError{Op: "mkfifo", Path: path, Err: err}
	}
	p := &Pipe{path: path}
	var err error
	if p.r, err = os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0); err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	if p.w, err = os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); err != nil {
		return nil, errors.Join(err, p.r.Close(), os.Remove(path))
	}
	return p, nil
}

// Through runs produce, which writes to the pipe's path, and copies what comes
// out to w. When w fails, produce's context ends and the rest is thrown away:
// the reader never stops before the writer, since a write to a pipe without a
// reader would be a SIGPIPE to the whole process.
func (p *Pipe) Through(ctx context.Context, w io.Writer, produce func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	drained := make(chan error, 1)
	go func() {
		err := drain(p.r, w, cancel)
		drained <- err
	}()
	produced := produce(ctx)
	// The last write end: the reader comes to the end.
	closed := p.w.Close()
	if err := <-drained; err != nil {
		return err
	}
	return errors.Join(produced, closed)
}

func drain(r io.Reader, w io.Writer, failed context.CancelFunc) error {
	var failure error
	buffer := make([]byte, 1<<20)
	for {
		n, err := r.Read(buffer)
		if n > 0 && failure == nil {
			if _, failure = w.Write(buffer[:n]); failure != nil {
				failed()
			}
		}
		if errors.Is(err, io.EOF) {
			return failure
		}
		if err != nil {
			// The pipe is ours and open, so this is not expected; an interrupt is
			// what can still be done about the writer.
			failed()
			return errors.Join(failure, err)
		}
	}
}

// Close removes the pipe.
func (p *Pipe) Close() error {
	_ = p.w.Close() // closed already after Through
	return errors.Join(p.r.Close(), os.Remove(p.path))
}
