// Package observability counts what the kernel does and how long that takes, for Prometheus and for
// the people who run it; it belongs to the framework layer. One table (Table) says what every metric is: its name, type, unit, labels and their bounds; the
// documentation, the dashboards and the alert rules are generated from it and cannot name what it does not have.
//
// Calls are counted from the entries of the journal, after they were written, so what is counted is what was recorded:
// never a call that the journal does not know, never more than once, and off every call's path. Only entries of the own
// process count, so that the sum over processes is the sum over calls. What is no event (open approvals, the size of the
// journal) is read when somebody asks. No label holds a principal, an argument or any other text of a stranger: tools that
// the catalog does not know are counted together, as "other".
package observability
