package page

import (
	"bufio"
	"net"
	"net/http"
)

// Response notes what was sent through it, for the request log and for Fail.
type Response struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// Status is the status sent, or 0 while nothing was.
func (r *Response) Status() int { return r.status }

// Bytes counts the bytes of the body, before any compression.
func (r *Response) Bytes() int64 { return r.bytes }

// Unwrap lets http.ResponseController reach the connection.
func (r *Response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader notes the status; informational ones are not the answer's.
func (r *Response) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *Response) Write(body []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(body)
	r.bytes += int64(n)
	return n, err
}

// Flush and Hijack are for handlers of others that look for the interfaces.
func (r *Response) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }

// Hijack hands the connection over, for a web socket.
func (r *Response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.status = http.StatusSwitchingProtocols
	return http.NewResponseController(r.ResponseWriter).Hijack()
}

// started tells whether any of an answer was sent, looking through wrappers.
func started(w http.ResponseWriter) bool {
	for {
		switch writer := w.(type) {
		case *Response:
			return writer.status != 0
		case interface{ Unwrap() http.ResponseWriter }:
			w = writer.Unwrap()
		default:
			return false
		}
	}
}
