// Package rules judges calls by Cedar: the conditions on principal, agent, tool, arguments, time and data labels that the
// fields of a policy cannot say. A Schema is generated from what a kernel offers (its tools with the schemas of their
// arguments, its prompts), and every rule is validated against it when it is compiled: a tool or an argument that does not
// exist, a label that nothing adds and a comparison of different types are faults with file, line, column and a
// suggestion, never a rule that silently matches nothing. An Engine holds the compiled rules by action, so that a call
// that no rule speaks of costs one lookup; of a call's arguments only what the rules name becomes a Cedar value.
//
// A Document is the rules of one policy. A forbid that holds wins. A document without a permit forbids and nothing else;
// one with a permit forbids, as Cedar does, whatever none of its permits allows. A rule that cannot be evaluated denies.
package rules
