package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"filippo.io/age"
)

// browser is a person's browser as far as the demonstration needs one: cookies,
// and the two forms on the way to a file.
type browser struct {
	*http.Client
	site string
}

var (
	requestField = regexp.MustCompile(`name="request" value="([^"]+)"`)
	fileLink     = regexp.MustCompile(`href="(/recipient/files/[0-9a-f-]{36})"`)
)

// signIn goes through the code flow as the user would.
func (d *demo) signIn(ctx context.Context, user string) (*browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	b := &browser{&http.Client{Jar: jar}, d.settings.publicURL()}
	page, err := b.get(ctx, b.site+"/login")
	if err != nil {
		return nil, err
	}
	request := requestField.FindStringSubmatch(page)
	if request == nil {
		return nil, fmt.Errorf("the log-in page has no form")
	}
	_, err = b.post(ctx, "http://"+d.IssuerAddr+"/login", url.Values{"request": {request[1]}, "user": {user}})
	return b, err
}

func (b *browser) get(ctx context.Context, address string) (string, error) {
	return b.send(ctx, http.MethodGet, address, nil)
}

func (b *browser) post(ctx context.Context, address string, form url.Values) (string, error) {
	return b.send(ctx, http.MethodPost, address, form)
}

func (b *browser) send(ctx context.Context, method, address string, form url.Values) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := b.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	if err != nil {
		return "", err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return string(text), fmt.Errorf("%s answered %s", address, response.Status)
	}
	return string(text), nil
}

// download is the recipient's part: see the files, acknowledge what they are
// for, fetch one and open it with the key; and a stranger's, who gets nothing.
func (d *demo) download(ctx context.Context) error {
	ravi, err := d.signIn(ctx, "ravi")
	if err != nil {
		return fmt.Errorf("signing in as the recipient: %w", err)
	}
	list, err := ravi.get(ctx, ravi.site+"/recipient")
	if err != nil {
		return err
	}
	link := fileLink.FindStringSubmatch(list)
	if link == nil {
		return fmt.Errorf("the recipient sees no file")
	}
	page, err := ravi.get(ctx, ravi.site+link[1])
	if err != nil {
		return err
	}
	if _, err := ravi.get(ctx, ravi.site+link[1]+"/content"); err == nil {
		return fmt.Errorf("a file could be had before its purpose was acknowledged")
	}
	if _, err := ravi.post(ctx, ravi.site+link[1]+"/purpose", url.Values{"acknowledged": {"yes"}}); err != nil {
		return err
	}
	content, err := ravi.get(ctx, ravi.site+link[1]+"/content")
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(content))
	if !strings.Contains(page, hex.EncodeToString(sum[:])) {
		return fmt.Errorf("the file has not the digest that its page shows")
	}
	rows, err := d.open(content)
	if err != nil {
		return err
	}
	d.say("The recipient acknowledged the purpose, downloaded a file, and opened it with their key: %d rows.", rows)
	sam, err := d.signIn(ctx, "sam")
	if err != nil {
		return fmt.Errorf("signing in as a stranger: %w", err)
	}
	if _, err := sam.get(ctx, sam.site+link[1]+"/content"); err == nil {
		return fmt.Errorf("a stranger got the file")
	}
	d.say("A stranger who knows the file's address is refused.")
	return nil
}

// open decrypts a file with the recipient's key, as age does, keeps both beside
// the key, and counts the rows.
func (d *demo) open(content string) (int, error) {
	text, err := os.ReadFile(d.identityPath("ravi"))
	if err != nil {
		return 0, err
	}
	identity, err := age.ParseX25519Identity(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, err
	}
	r, err := age.Decrypt(strings.NewReader(content), identity)
	if err != nil {
		return 0, fmt.Errorf("opening the file: %w", err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return 0, fmt.Errorf("opening the file: %w", err)
	}
	at := filepath.Join(d.dir, "demo", "downloaded.csv")
	if err := os.WriteFile(at, plain, 0o600); err != nil {
		return 0, err
	}
	if err := os.WriteFile(at+".age", []byte(content), 0o600); err != nil {
		return 0, err
	}
	return strings.Count(string(plain), "\n") - 1, nil
}
