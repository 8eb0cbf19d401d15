package register

import "encoding/json"

// The register as a Frictionless data package (specs.frictionlessdata.io): its
// description is made from Columns, like the cells themselves.

type dataPackage struct {
	Profile     string            `json:"profile"`
	Name        string            `json:"name"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Homepage    string            `json:"homepage,omitempty"`
	Resources   []packageResource `json:"resources"`
}

type packageResource struct {
	Profile     string        `json:"profile"`
	Name        string        `json:"name"`
	Path        string        `json:"path"`
	Title       string        `json:"title"`
	Description string        `json:"description"`
	Format      string        `json:"format"`
	MediaType   string        `json:"mediatype"`
	Encoding    string        `json:"encoding"`
	Schema      packageSchema `json:"schema"`
}

type packageSchema struct {
	Fields        []packageField `json:"fields"`
	PrimaryKey    string         `json:"primaryKey"`
	MissingValues []string       `json:"missingValues"`
}

type packageField struct {
	Name        string         `json:"name"`
	Type        string         `json:"type"`
	Format      string         `json:"format,omitempty"`
	Description string         `json:"description"`
	Constraints map[string]any `json:"constraints,omitempty"`
}

// fieldTypes are the types of Columns as table schemas have them.
var fieldTypes = map[string]string{"integer": "integer", "text": "string", "date": "date", "moment": "datetime", "boolean": "boolean", "code": "string", "list": "string"}

// DataPackage describes the register's CSV at a path, which is a name beside the
// description or an address.
func DataPackage(homepage, path string) ([]byte, error) {
	schema := packageSchema{PrimaryKey: "number", MissingValues: []string{""}}
	for _, c := range columns {
		f := packageField{Name: c.Name, Type: fieldTypes[c.Type], Description: c.About}
		if c.Type == "moment" {
			f.Format = "any" // RFC 3339 with fractions of seconds
		}
		if c.Type == "list" {
			f.Description += " Several are divided by “" + ListMark + "”."
		}
		if c.Name == "number" {
			f.Constraints = map[string]any{"required": true, "unique": true, "minimum": 1}
		}
		schema.Fields = append(schema.Fields, f)
	}
	return json.MarshalIndent(dataPackage{
		Profile: "tabular-data-package", Name: "register-of-data-releases", Title: "Register of data releases", Homepage: homepage,
		Description: "Every entry of a register of releases of health and care data. Entries are numbered and never changed: a correction or withdrawal is an entry that names the one it is about. So that no spreadsheet program takes a text for a formula, a cell that begins with = + - @, a tab, a line end or an apostrophe has an apostrophe before it.",
		Resources: []packageResource{{Profile: "tabular-data-resource", Name: "entries", Path: path, Title: "Entries", Description: "One entry a line, oldest first.",
			Format: "csv", MediaType: "text/csv", Encoding: "utf-8", Schema: schema}},
	}, "", "  ")
}
