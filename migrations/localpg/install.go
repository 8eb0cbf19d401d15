package localpg

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"data.release/registrar/release/fault"
)

// oldest is the first major version that Registrar's SQL runs on.
const oldest = 15

// programs are the executables of one installed PostgreSQL.
type programs struct {
	major            int
	initdb, postgres string
}

// debianHome holds one folder per installed major version on Debian, none of
// them on the PATH.
const debianHome = "/usr/lib/postgresql"

// findPrograms lists the usable installations, newest first.
func findPrograms() ([]programs, error) {
	return findProgramsIn(debianHome, os.Getenv("PATH"))
}

func findProgramsIn(home, path string) ([]programs, error) {
	folders, _ := filepath.Glob(filepath.Join(home, "*", "bin"))
	folders = append(folders, filepath.SplitList(path)...)
	var found []programs
	var tooOld []string
	for _, folder := range folders {
		p, ok := programsIn(folder)
		switch {
		case !ok:
		case p.major < oldest:
			tooOld = append(tooOld, strconv.Itoa(p.major))
		case !slices.ContainsFunc(found, func(q programs) bool { return q.major == p.major }):
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		missing := fault.New(fault.Unavailable, "PostgreSQL %d or later is not installed here: run `sudo apt-get install -y postgresql`, or set DATABASE_URL to a server elsewhere", oldest)
		if len(tooOld) > 0 {
			missing.With(fault.Reason{Code: "too_old", Message: "found only version " + strings.Join(tooOld, ", ")})
		}
		return nil, missing
	}
	slices.SortStableFunc(found, func(a, b programs) int { return cmp.Compare(b.major, a.major) })
	return found, nil
}

// programsIn reads one folder. Debian's wrappers on the PATH lead to the real
// folder, which also holds what initdb needs beside it.
func programsIn(folder string) (programs, bool) {
	postgres, err := filepath.EvalSymlinks(filepath.Join(folder, "postgres"))
	if err != nil {
		return programs{}, false
	}
	initdb := filepath.Join(filepath.Dir(postgres), "initdb")
	if _, err := os.Stat(initdb); err != nil {
		return programs{}, false
	}
	said, err := exec.Command(postgres, "--version").Output()
	if err != nil {
		return programs{}, false
	}
	major, ok := majorVersion(string(said))
	return programs{major: major, initdb: initdb, postgres: postgres}, ok
}

// majorVersion reads "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
func majorVersion(said string) (int, bool) {
	_, rest, ok := strings.Cut(said, "(PostgreSQL) ")
	if !ok {
		return 0, false
	}
	digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
	major, err := strconv.Atoi(digits)
	return major, err == nil
}
