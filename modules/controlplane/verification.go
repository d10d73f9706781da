package controlplane

// A Verification is what verifying the journal came to.
type Verification struct {
	Intact     bool     `json:"intact" doc:"nothing was found to be changed"`
	Entries    uint64   `json:"entries" doc:"how many were verified"`
	FirstBad   uint64   `json:"first_bad,omitempty" doc:"the first entry that does not fit"`
	Problem    string   `json:"problem,omitempty" doc:"what does not fit"`
	SignedUpTo uint64   `json:"signed_up_to" doc:"entries up to this one are covered by a signed head"`
	ChainedTo  uint64   `json:"chained_to" doc:"entries up to this one are only chained"`
	Report     []string `json:"report" doc:"the result in plain sentences, and what it does not prove"`
	Head       string   `json:"head,omitempty" doc:"the signed head: keep it elsewhere to find truncation later"`
	Key        string   `json:"key,omitempty" doc:"the key that signs, for audit verify and receipts"`
}
