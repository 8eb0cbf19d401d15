package register

// File is what the register says of one released file: its reference and the
// SHA-256 of the file as it was encrypted, which tells nothing of what is in
// it (governance: the plaintext's digest stays inside).
type File struct {
	Reference string `json:"reference"`
	SHA256    string `json:"sha256"`
}
