// Package approval keeps what people are asked about calls, what they answer, and what they have agreed to. A Desk holds
// one request for each call that a policy wants a person to agree to: bound to the digest of who calls, what and with which
// canonical arguments, answered by as many different people as the policy says, over channels that count, and used up by
// the one call that it lets run. It lies in the state, so it outlives processes and is shared by all that share the state.
//
// The desk decides nothing: the gate asks it whether people have agreed (Redeem), the dispatcher opens a request when they
// have not (Open), and whoever puts the question to a person brings back the answer (Answer). What was answered is recorded
// before it counts.
package approval
