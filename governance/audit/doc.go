// Package audit is the kernel's memory: an append-only journal in the data directory, with one entry for every decision
// and one for every outcome. Entries form one chain (each names the hash of the one before) and one Merkle tree (RFC
// 6962) whose head is signed, so that a third party can check a single entry, and the whole, with the public key alone.
//
// Many processes write one journal. A writer takes the lock, adopts what others wrote since, appends with one write and
// lets go, unless nobody else is about: then it keeps the lock until somebody is. So there is one order, and the fold
// over it is exact. The journal is therefore also the ledger of counters (it implements governance.Limiter), the place
// where a freeze is known to every process (it implements governance.Standing), and the checkpoint from which all of
// that is rebuilt after a crash.
//
// Nothing here fails open: an entry that cannot be written is an error, and whoever asked must not run what it stood
// for. Room for the outcome of every running call is reserved before the call starts.
package audit
