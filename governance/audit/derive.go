package audit

import (
	"crypto/hkdf"
	"crypto/sha256"
)

// Derive returns a secret of 32 bytes for a purpose that names itself, by HKDF-SHA256 (RFC 5869) from the journal's own.
// Every process that shares the journal's directory gets the same one, now and later, and nobody else can. It tells
// nothing of the journal's secret, nor of that of another purpose. The caller owns it.
func (j *Journal) Derive(purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, j.secret, nil, "mcp-kernel "+purpose, sha256.Size)
}
