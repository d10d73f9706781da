// Package merkle is the hash tree of RFC 6962 (section 2) over SHA-256, kept in the tiles of C2SP tlog-tiles: 256
// hashes a tile, so that any proof is made from a handful of small files and without the entries themselves. It holds
// the arithmetic only: hashes, the growing right edge, proofs and their verification. Where tiles are stored is the
// caller's business, behind the function Tiles.
package merkle
