// Package vocabulary is the form in which the tokens of an encoding lie in a file: laid out so that they are looked up
// where they are. A file that is embedded as a string is part of the binary's read-only data: opening it reads a header,
// what is needed of the rest is paged in, and there is nothing on the heap, no pointer for the garbage collector to
// follow and no time to wait. Encode writes such a file, Open reads it; which encoding it is of neither knows.
//
// The tokens are hashed perfectly: a hash picks a bucket, the bucket's displacement makes of the hash the one slot in
// which the token is if it is there at all. So every lookup, whatever the text, costs one slot, and one comparison of
// bytes where most of a hash and the length agree; nobody can craft texts that cost more. This is "hash, displace, and
// compress" (Belazzougui, Botelho and Dietzfelbinger, ESA 2009) without the last: a displacement is two bytes.
//
// A file is, little-endian and without gaps:
//
//	header          32 bytes: the magic, which ends with a version, and six numbers of 4 bytes, see header
//	slots           8 bytes each: 19 bits of the token's hash, 8 its length, 20 where it is in the text, 17 its rank
//	displacements   2 bytes each, one for every bucket
//	text            the bytes of all tokens; one that is part of another has none of its own
package vocabulary
