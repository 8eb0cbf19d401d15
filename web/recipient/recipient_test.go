package recipient

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/uuid"

	"data.release/registrar/web/page/pagetest"
	"data.release/registrar/web/recipient/recipienttest"
)

const rob, stan = "Rob Recipient", "Stan Stranger"

func TestPages(t *testing.T) { pagetest.Check(t) }

func (b *bench) address() string { return fileAddress(b.File) }

func (b *bench) acknowledge() {
	b.t.Helper()
	if a := b.ask(rob, b.address()+"/purpose", url.Values{"acknowledged": {"yes"}}); a.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("confirming the purpose: %d: %s", a.StatusCode, a.body)
	}
}

func (b *bench) contains(a answer, status int, parts ...string) {
	b.t.Helper()
	if a.StatusCode != status {
		b.t.Errorf("%s: %d, want %d", a.Request.URL.Path, a.StatusCode, status)
	}
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			b.t.Errorf("%s does not say %q:\n%s", a.Request.URL.Path, part, a.body)
		}
	}
}

func TestFromTheListToAnOpenFile(t *testing.T) {
	b := newBench(t)
	list := b.ask(rob, Home, nil)
	b.contains(list, http.StatusOK, b.address(), "Hospital Episode Statistics Outpatients", "Waiting: confirm its purpose first", "Example University", "A study", "until the end of 31 October 2027")
	if got := list.Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	file := b.ask(rob, b.address(), nil)
	b.contains(file, http.StatusOK, "To study waiting times.", "Pseudonymised", "Anonymised - ICO code compliant", recipienttest.Digest(b.Sealed), recipienttest.Digest(b.Plain),
		b.Identity.Recipient().String(), `href="/register/2"`, "line 1", "I have read what the data are for")
	if strings.Contains(file.body, "/content") {
		t.Error("the file is offered before its purpose is confirmed")
	}
	early := b.ask(rob, b.address()+"/content", nil)
	b.contains(early, http.StatusForbidden, "cannot be downloaded now")
	b.contains(b.ask(rob, b.address()+"/purpose", url.Values{}), http.StatusBadRequest, "There is a problem", "Confirm that you have read", "To study waiting times.")
	b.acknowledge()
	b.contains(b.ask(rob, b.address(), nil), http.StatusOK, b.address()+"/content", "age -d -i KEY -o ", "sha256sum ")

	content := b.ask(rob, b.address()+"/content", nil)
	if content.StatusCode != http.StatusOK || content.body != string(b.Sealed) {
		t.Fatalf("the content: %d, %d bytes of %d", content.StatusCode, len(content.body), len(b.Sealed))
	}
	for name, want := range map[string]string{"Content-Type": "application/octet-stream", "Cache-Control": "private, no-store", "Accept-Ranges": "bytes",
		"ETag": `"` + recipienttest.Digest(b.Sealed) + `"`, "Content-Disposition": `attachment; filename="NIC line 1.csv.age"`} {
		if got := content.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	opened, err := age.Decrypt(strings.NewReader(content.body), b.Identity)
	b.must(err)
	if plain, err := io.ReadAll(opened); err != nil || !bytes.Equal(plain, b.Plain) {
		t.Errorf("opened: %d bytes, %v", len(plain), err)
	}
	outcomes := ""
	for _, d := range b.downloads() {
		outcomes += string(d.Outcome) + " "
	}
	if outcomes != "refused acknowledged opened " {
		t.Errorf("recorded: %s", outcomes)
	}
}

// The printed command opens the downloaded file, by the real age and a shell.
func TestThePrintedCommandWorks(t *testing.T) {
	tools := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", tools, "filippo.io/age/cmd/age").CombinedOutput(); err != nil {
		t.Fatalf("building age: %v\n%s", err, out)
	}
	b := newBench(t)
	b.acknowledge()
	f, err := b.Service.FileOf(t.Context(), b.People[rob], b.File)
	b.must(err)
	check, open := commands(f)
	dir := t.TempDir()
	b.must(os.WriteFile(filepath.Join(dir, "KEY"), []byte(b.Identity.String()+"\n"), 0o600))
	b.must(os.WriteFile(filepath.Join(dir, f.Name), []byte(b.ask(rob, b.address()+"/content", nil).body), 0o600))
	command := exec.CommandContext(t.Context(), "sh", "-c", check+" && "+open)
	command.Dir = dir
	command.Env = append(os.Environ(), "PATH="+tools+":"+os.Getenv("PATH"))
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), recipienttest.Digest(b.Sealed)) {
		t.Fatalf("%s && %s: %v\n%s", check, open, err, out)
	}
	plain, err := os.ReadFile(filepath.Join(dir, strings.TrimSuffix(f.Name, ".age")))
	if err != nil || !bytes.Equal(plain, b.Plain) {
		t.Errorf("%d bytes, %v", len(plain), err)
	}
}

func TestNamesAreWordsOfAShell(t *testing.T) {
	for name, want := range map[string]string{
		"a-b_1.csv.age": "a-b_1.csv.age", "-rf.age": "'./-rf.age'", "a b": "'./a b'", "it's": `'./it'\''s'`, "$(x)": "'./$(x)'", "": "'./'",
	} {
		if got := quote(name); got != want {
			t.Errorf("%q: %s", name, got)
		}
	}
}

func TestADownloadIsResumedAndEachPartIsDecidedOn(t *testing.T) {
	b := newBench(t)
	b.acknowledge()
	half := len(b.Sealed) / 2
	first := b.ask(rob, b.address()+"/content", nil, "Range", fmt.Sprintf("bytes=0-%d", half-1))
	tag := first.Header.Get("ETag")
	second := b.ask(rob, b.address()+"/content", nil, "Range", fmt.Sprintf("bytes=%d-", half), "If-Range", tag)
	if first.StatusCode != http.StatusPartialContent || second.StatusCode != http.StatusPartialContent || first.body+second.body != string(b.Sealed) {
		t.Errorf("two halves: %d and %d, %d and %d bytes of %d", first.StatusCode, second.StatusCode, len(first.body), len(second.body), len(b.Sealed))
	}
	if got, want := second.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-%d/%d", half, len(b.Sealed)-1, len(b.Sealed)); got != want {
		t.Errorf("Content-Range %q", got)
	}
	// A part of another file is never put to this one.
	if other := b.ask(rob, b.address()+"/content", nil, "Range", "bytes=5-", "If-Range", `"another"`); other.StatusCode != http.StatusOK || other.body != string(b.Sealed) {
		t.Errorf("a part of another file: %d", other.StatusCode)
	}
	if past := b.ask(rob, b.address()+"/content", nil, "Range", "bytes=99999999-"); past.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("past the end: %d", past.StatusCode)
	}
	if long := b.ask(rob, b.address()+"/content", nil, "Range", "bytes="+strings.Repeat("0-1,", 100)); long.StatusCode != http.StatusBadRequest {
		t.Errorf("a hundred ranges: %d", long.StatusCode)
	}
	rows := b.downloads()
	if last := rows[2]; len(rows) != 5 || last.Range != fmt.Sprintf("bytes=%d-", half) || last.DecisionID == nil {
		t.Errorf("recorded %d, of them %+v", len(rows), last)
	}
	// Between two parts a hold is set: the second does not come.
	f, err := b.Service.FileOf(t.Context(), b.People[rob], b.File)
	b.must(err)
	hold, err := b.Service.PlaceHold(t.Context(), b.People["Olu Officer"], f.Stem, "suspected breach")
	b.must(err)
	b.contains(b.ask(rob, b.address()+"/content", nil, "Range", fmt.Sprintf("bytes=%d-", half)), http.StatusForbidden, "cannot be downloaded now", "hold")
	for _, who := range []string{"Olu Officer", "Ruth Releaser"} {
		_, err = b.Service.LiftHold(t.Context(), b.People[who], hold, "nothing found")
		b.must(err)
	}
	if again := b.ask(rob, b.address()+"/content", nil, "Range", fmt.Sprintf("bytes=%d-", half)); again.StatusCode != http.StatusPartialContent {
		t.Errorf("after the hold: %d", again.StatusCode)
	}
}

func TestEveryReasonOfARefusalIsShown(t *testing.T) {
	b := newBench(t)
	b.acknowledge()
	b.now = time.Date(2027, 11, 1, 0, 0, 1, 0, time.UTC)
	refused := b.ask(rob, b.address()+"/content", nil)
	b.contains(refused, http.StatusForbidden, "cannot be downloaded now", "31 October 2027")
	if strings.Count(refused.body, "<li>") < 2 {
		t.Errorf("not every reason: %s", refused.body)
	}
	if len(refused.body) > 50_000 || strings.Contains(refused.body, "age-encryption.org/v1") {
		t.Error("the file came along")
	}
	b.contains(b.ask(rob, b.address(), nil), http.StatusOK, "no longer available")
}

func TestAStrangerLearnsNothing(t *testing.T) {
	b := newBench(t)
	none := fileAddress(uuid.New())
	// Who is no recipient at all is told so, whatever file they name.
	for who, want := range map[string]int{stan: http.StatusNotFound, "Olu Officer": http.StatusForbidden} {
		for _, path := range []string{"", "/content"} {
			there, not := b.ask(who, b.address()+path, nil), b.ask(who, none+path, nil)
			if there.StatusCode != want || there.body != not.body {
				t.Errorf("%s, %q: %d, and the same as for no file: %v", who, path, there.StatusCode, there.body == not.body)
			}
		}
		there, not := b.ask(who, b.address()+"/purpose", url.Values{"acknowledged": {"yes"}}), b.ask(who, none+"/purpose", url.Values{"acknowledged": {"yes"}})
		if there.StatusCode != want || there.body != not.body {
			t.Errorf("%s confirming: %d", who, there.StatusCode)
		}
	}
	for _, path := range []string{Home + "/files/1", Home + "/files/" + strings.ToUpper(b.File.String()), Home + "/files/%7B" + b.File.String() + "%7D"} {
		if a := b.ask(rob, path, nil); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	if list := b.ask(stan, Home, nil); list.StatusCode != http.StatusOK || strings.Contains(list.body, b.File.String()) || strings.Contains(list.body, "A study") {
		t.Errorf("the stranger's list: %d: %s", list.StatusCode, list.body)
	}
	if a := b.ask("", b.address()+"/content", nil); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/login?next=") {
		t.Errorf("nobody: %d, to %q", a.StatusCode, a.Header.Get("Location"))
	}
	if a := b.ask("", b.address()+"/content", nil, "Accept", "*/*"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody's program: %d", a.StatusCode)
	}
	if len(b.downloads()) != 0 {
		t.Error("a stranger left a download")
	}
}

func TestALeaverStopsBetweenTwoParts(t *testing.T) {
	b := newBench(t)
	b.acknowledge()
	if a := b.ask(rob, b.address()+"/content", nil, "Range", "bytes=0-9"); a.StatusCode != http.StatusPartialContent {
		t.Fatalf("before: %d", a.StatusCode)
	}
	b.must(b.Service.EndMemberships(t.Context(), recipienttest.System, recipienttest.Email(rob), "example-university", "left"))
	if a := b.ask(rob, b.address()+"/content", nil, "Range", "bytes=10-"); a.StatusCode != http.StatusForbidden {
		t.Errorf("after: %d", a.StatusCode)
	}
	if a := b.ask(rob, Home, nil); a.StatusCode != http.StatusForbidden {
		t.Errorf("the list: %d", a.StatusCode)
	}
}

func TestAFileThatTheStoreLostIsAnError(t *testing.T) {
	b := newBench(t)
	b.acknowledge()
	b.must(b.Files.Withdraw(t.Context(), b.Key))
	if a := b.ask(rob, b.address()+"/content", nil); a.StatusCode != http.StatusInternalServerError || strings.Contains(a.body, b.Key) {
		t.Errorf("%d: %s", a.StatusCode, a.body)
	}
}

func TestKeys(t *testing.T) {
	b := newBench(t)
	another, err := age.GenerateX25519Identity()
	b.must(err)
	b.contains(b.ask(rob, Home+"/keys", nil), http.StatusOK, b.Identity.Recipient().String(), "Example University")
	send := func(who, organisation, key string) answer {
		return b.ask(who, Home+"/keys", url.Values{"organisation": {organisation}, "key": {key}})
	}
	private := send(rob, "example-university", another.String())
	b.contains(private, http.StatusBadRequest, "That is a private key")
	if strings.Contains(private.body, another.String()) {
		t.Error("a private key is shown again")
	}
	b.contains(send(rob, "example-university", "ssh-ed25519 AAAA"), http.StatusBadRequest, "That is no age public key")
	b.contains(send(rob, "example-university", b.Identity.Recipient().String()), http.StatusBadRequest, "on file already")
	b.contains(send(rob, "other-trust", another.Recipient().String()), http.StatusForbidden)
	if a := send(rob, "example-university", "  "+another.Recipient().String()+"\n"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("adding: %d: %s", a.StatusCode, a.body)
	}
	b.contains(b.ask(rob, Home+"/keys", nil), http.StatusOK, another.Recipient().String())
	if a := b.ask(stan, Home+"/keys", nil); strings.Contains(a.body, another.Recipient().String()) {
		t.Error("a stranger sees the key")
	}
	keys, err := b.Service.RecipientKeys(t.Context(), b.People[rob])
	b.must(err)
	revoke := Home + "/keys/" + keys[1].ID.String() + "/revoke"
	if a := b.ask(stan, revoke, url.Values{}); a.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger takes it off: %d", a.StatusCode)
	}
	if a := b.ask(rob, revoke, url.Values{}); a.StatusCode != http.StatusSeeOther {
		t.Errorf("taking it off: %d", a.StatusCode)
	}
	b.contains(b.ask(rob, Home+"/keys", nil), http.StatusOK, "taken off")
}
