package page

import (
	"io"
	"net/http"
	"time"
)

// Stream is for answers as long as they are, such as exports and downloads: the
// server's limit on the time to write one is moved on with each part, so that
// a reader who keeps reading is never cut off and one who stops is.
func Stream(w http.ResponseWriter) io.Writer { return stream{w} }

const patience = time.Minute

type stream struct{ w http.ResponseWriter }

func (s stream) Write(part []byte) (int, error) {
	// Where the connection has no deadlines (in a test) there is none to move.
	_ = http.NewResponseController(s.w).SetWriteDeadline(time.Now().Add(patience))
	return s.w.Write(part)
}
