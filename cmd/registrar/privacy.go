package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/privacy"
	"data.release/registrar/release/register"
	"data.release/registrar/release/workbook"
)

// privacyCmd looks for what may say something about single people.
type privacyCmd struct {
	Scan privacyScanCmd `cmd:"" help:"Say where a text or workbook has what the privacy scan would hold."`
}

// privacyScanCmd says what the privacy scan finds in a text, or in the cells of
// a workbook, and where: line by line, and counted at the end. What was found is
// not printed, so that its output can be kept and sent; --show prints it.
type privacyScanCmd struct {
	File string `arg:"" help:"Text or workbook (xlsx); - is the standard input."`
	Show bool   `help:"Print what was found, in a little of its sentence."`
	JSON bool   `name:"json" help:"One JSON object a line."`
}

// place is a text with the words for where it stands.
type place struct{ where, text string }

// Run scans.
func (c *privacyScanCmd) Run(k *kong.Context) error {
	var content []byte
	var err error
	if c.File == "-" {
		content, err = io.ReadAll(os.Stdin)
	} else {
		content, err = os.ReadFile(c.File)
	}
	if err != nil {
		return fault.New(fault.Invalid, "%s cannot be read.", c.File).Because(err)
	}
	places, err := placesOf(content)
	if err != nil {
		return err
	}
	return c.print(k.Stdout, places)
}

// placesOf are the cells of a workbook, or the lines of a text.
func placesOf(content []byte) (places []place, _ error) {
	if !bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		n := 0
		for line := range strings.Lines(string(content)) {
			n++
			places = append(places, place{fmt.Sprintf("line %d", n), line})
		}
		return places, nil
	}
	sheets, err := workbook.Read(content)
	if err != nil {
		return nil, err
	}
	for _, s := range sheets {
		for i, row := range s.Rows {
			for j, cell := range row {
				places = append(places, place{register.Place(s.Name, i+1, register.ColumnLetters(j+1)), cell})
			}
		}
	}
	return places, nil
}

// shownReach is how much of a sentence --show prints on either side, in bytes.
const shownReach = 60

func (c *privacyScanCmd) print(out io.Writer, places []place) error {
	counts := map[privacy.Kind]int{}
	held := 0
	for _, p := range places {
		findings := privacy.Scan(p.text)
		if len(findings) > 0 {
			held++
		}
		for i, f := range findings {
			counts[f.Kind]++
			line := struct {
				Place string `json:"place"`
				privacy.Finding
				Found string `json:"found,omitempty"`
			}{p.where, f, ""}
			if c.Show {
				w := privacy.Windows(p.text, findings[i:i+1], shownReach)[0]
				line.Found = strings.TrimSpace(w.Before + "[" + w.Found + "]" + w.After)
			}
			if c.JSON {
				if err := json.NewEncoder(out).Encode(line); err != nil {
					return err
				}
				continue
			}
			found := ""
			if line.Found != "" {
				found = "\n    " + strings.Join(strings.Fields(line.Found), " ")
			}
			if _, err := fmt.Fprintf(out, "%s, bytes %d to %d: %s (%s)%s\n", p.where, f.From, f.To, f.Kind.Label(), f.Why, found); err != nil {
				return err
			}
		}
	}
	if c.JSON {
		return nil
	}
	var each []string
	for _, kind := range privacy.Kinds() {
		if counts[kind] > 0 {
			each = append(each, fmt.Sprintf("%s: %d", kind.Label(), counts[kind]))
		}
	}
	if held == 0 {
		_, err := fmt.Fprintln(out, "Nothing was found.")
		return err
	}
	_, err := fmt.Fprintf(out, "%d of %d texts would be withheld. %s.\n", held, len(places), strings.Join(each, "; "))
	return err
}
