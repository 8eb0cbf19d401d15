package workbook

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// opc is the package of parts that a workbook is (ECMA-376 part 2): files by
// their path without a leading slash.
type opc struct{ files map[string]*zip.File }

const (
	relationOfficeDocument = "/officeDocument"
	relationDrawing        = "/drawing"
)

// sheets lists the worksheets in the order of the tabs. Chart sheets hold no
// cells and are left to the library, which does not list them either.
func (p opc) sheets() ([]sheetPart, error) {
	main, ok := p.related("", "")[relationOfficeDocument]
	if !ok {
		return nil, errors.New("no main part")
	}
	targets := p.relations(main)
	var out []sheetPart
	err := p.eachElement(main, func(e xml.StartElement) error {
		if e.Name.Local != "sheet" {
			return nil
		}
		target := targets[attribute(e, "id")]
		if target == "" || p.files[target] == nil {
			return fmt.Errorf("sheet %s has no part", attribute(e, "name"))
		}
		if strings.Contains(target, "/worksheets/") {
			state := attribute(e, "state")
			out = append(out, sheetPart{name: attribute(e, "name"), path: target, hidden: state == "hidden" || state == "veryHidden"})
		}
		return nil
	})
	if err == nil && len(out) == 0 {
		err = errors.New("no sheets")
	}
	return out, err
}

// words are the paragraphs in a sheet's drawing. They are told where the file
// has them and can be read; a drawing is never a reason to refuse.
func (p opc) words(sheet string) []string {
	drawing, ok := p.related(path.Dir(sheet), path.Base(sheet))[relationDrawing]
	if !ok {
		return nil
	}
	file := p.files[drawing]
	if file == nil {
		return nil
	}
	body, err := file.Open()
	if err != nil {
		return nil
	}
	defer body.Close()
	var out []string
	var paragraph strings.Builder
	inText := false
	d := xml.NewDecoder(body)
	for {
		token, err := d.Token()
		if err != nil {
			return out
		}
		switch t := token.(type) {
		case xml.StartElement:
			inText = t.Name.Local == "t"
		case xml.CharData:
			if inText {
				paragraph.Write(t)
			}
		case xml.EndElement:
			inText = false
			if t.Name.Local == "p" {
				if line := strings.TrimSpace(paragraph.String()); line != "" {
					out = append(out, line)
				}
				paragraph.Reset()
			}
		}
	}
}

// relations gives the targets of a part's relationships by id.
func (p opc) relations(part string) map[string]string {
	out := map[string]string{}
	p.eachRelation(path.Dir(part), path.Base(part), func(id, _, target string) { out[id] = target })
	return out
}

// related gives the first target of each kind of relationship, the kind being
// the end of its type ("/drawing"), which transitional and strict files share.
func (p opc) related(dir, name string) map[string]string {
	out := map[string]string{}
	p.eachRelation(dir, name, func(_, kind, target string) {
		if at := strings.LastIndexByte(kind, '/'); at >= 0 {
			if _, ok := out[kind[at:]]; !ok {
				out[kind[at:]] = target
			}
		}
	})
	return out
}

func (p opc) eachRelation(dir, name string, visit func(id, kind, target string)) {
	rels := path.Join(dir, "_rels", name+".rels")
	if p.files[rels] == nil {
		return
	}
	// A damaged list gives fewer relations; what then misses is named.
	_ = p.eachElement(rels, func(e xml.StartElement) error {
		if e.Name.Local != "Relationship" {
			return nil
		}
		target := attribute(e, "Target")
		if strings.HasPrefix(target, "/") {
			target = strings.TrimPrefix(target, "/")
		} else {
			target = path.Join(dir, target)
		}
		visit(attribute(e, "Id"), attribute(e, "Type"), target)
		return nil
	})
}

// eachElement visits the start of every element of a part, which must be
// well-formed to its end.
func (p opc) eachElement(name string, visit func(xml.StartElement) error) error {
	return p.eachToken(name, func(token xml.Token) error {
		if e, ok := token.(xml.StartElement); ok {
			return visit(e)
		}
		return nil
	})
}

// eachToken visits all of a part, which must be well-formed to its end.
func (p opc) eachToken(name string, visit func(xml.Token) error) error {
	file := p.files[name]
	if file == nil {
		return fmt.Errorf("no part %s", name)
	}
	body, err := file.Open()
	if err != nil {
		return err
	}
	defer body.Close()
	d := xml.NewDecoder(body)
	depth, seen := 0, false
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) && depth == 0 && seen {
			return nil
		}
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			depth, seen = depth+1, true
		case xml.EndElement:
			depth--
		}
		if err := visit(token); err != nil {
			return err
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
