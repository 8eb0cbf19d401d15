// Package offline verifies files taken from a register, a bundle, its JSON or
// its workbook, with nothing but the file and the log's verifier key: that
// every entry in it, every cell and every text, is as it was logged. It reads a
// file once, in memory that does not grow with it.
//
// What a file leaves out it cannot tell: a file of a search proves what it
// shows, and only one that has every entry of its checkpoint proves that
// nothing is missing. Report.Whole says which it is.
package offline

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"regexp"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
)

// Form says which kind of file was verified.
type Form string

// The forms. A proof file of one entry and a consistency proof are small, and
// verified by package proof.
const (
	Bundle      Form = "bundle"
	Register    Form = "register"
	Workbook    Form = "workbook"
	OneEntry    Form = "proof"
	Consistency Form = "consistency"
)

// Report is what a file was found to hold.
type Report struct {
	Form Form `json:"form"`
	proof.SequenceReport
}

// formats are the forms by the first member of their JSON.
var formats = map[string]Form{
	proof.BundleFormat: Bundle, proof.RegisterFormat: Register, proof.Format: OneEntry, proof.ConsistencyFormat: Consistency,
}

var formatMember = regexp.MustCompile(`^\s*\{\s*"format"\s*:\s*"([^"]*)"`)

// FormOf tells a file's form from its beginning, through gzip too; a file of
// none is [fault.Invalid].
func FormOf(file io.ReaderAt, size int64) (Form, error) {
	if magic(file) == "PK" {
		if archive, err := zip.NewReader(file, size); err == nil && slices.ContainsFunc(archive.File, func(f *zip.File) bool { return f.Name == "datapackage.json" }) {
			return "", fault.New(fault.Invalid, "this is a data package, which carries no proofs: take the same entries as a bundle, JSON or workbook")
		}
		return Workbook, nil
	}
	text, err := plain(file, size)
	if err != nil {
		return "", err
	}
	head := make([]byte, 200)
	n, err := io.ReadFull(text, head)
	if err != nil && n == 0 {
		return "", fault.New(fault.Invalid, "this file is empty or breaks off").Because(err)
	}
	if found := formatMember.FindSubmatch(head[:n]); found != nil {
		if form, ok := formats[string(found[1])]; ok {
			return form, nil
		}
		return "", fault.New(fault.Invalid, "this file has the format %q, which this version does not know", found[1])
	}
	return "", fault.New(fault.Invalid, "this is no file that can be verified: expected a proof file, a bundle, /register.json or /register.xlsx, as the register gave it")
}

func magic(file io.ReaderAt) string {
	var two [2]byte
	if _, err := file.ReadAt(two[:], 0); err != nil {
		return ""
	}
	return string(two[:])
}

// plain reads a text file, or one that gzip packed.
func plain(file io.ReaderAt, size int64) (io.Reader, error) {
	section := io.NewSectionReader(file, 0, size)
	if magic(file) != "\x1f\x8b" {
		return bufio.NewReaderSize(section, 1<<16), nil
	}
	unpacked, err := gzip.NewReader(section)
	if err != nil {
		return nil, fault.New(fault.Invalid, "this file was packed by gzip and breaks off").Because(err)
	}
	return bufio.NewReaderSize(unpacked, 1<<16), nil
}

// Verify verifies a bundle, the register's JSON or its workbook. What does not
// hold is in the report; the error, a [fault.Invalid], is for what could not be
// read to its end, and the report then holds what was verified before.
func Verify(file io.ReaderAt, size int64, key note.Verifier) (Report, error) {
	form, err := FormOf(file, size)
	if err != nil {
		return Report{}, err
	}
	r := Report{Form: form}
	switch form {
	case Workbook:
		r.SequenceReport, err = verifyWorkbook(file, size, key)
	case Bundle, Register:
		var text io.Reader
		if text, err = plain(file, size); err != nil {
			return r, err
		}
		read := verifyBundle
		if form == Register {
			read = verifyRegister
		}
		r.SequenceReport, err = read(text, key)
	default:
		return Report{}, fault.New(fault.Invalid, "this is a file of the form %s, not one of entries", form)
	}
	return r, err
}

// Whole reads a small file, of one entry or of a consistency proof.
func Whole(file io.ReaderAt, size int64) ([]byte, error) {
	text, err := plain(file, size)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if _, err := io.Copy(&out, io.LimitReader(text, proof.MaxBundle+1)); err != nil {
		return nil, fault.New(fault.Invalid, "this file breaks off").Because(err)
	}
	return out.Bytes(), nil
}

// cut is the error of a file that breaks off.
func cut(entries int64, cause error) error {
	return fault.New(fault.Invalid, "the file breaks off, or is broken, after %d entries", entries).
		With(fault.Reason{Code: "file-cut", Field: "file", Message: fmt.Sprintf("cannot be read further: %s", cause)}).Because(cause)
}
