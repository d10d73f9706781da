// Package inspect is the gate as a filter: it reads records of what agents ask for and of what they are told, lines of JSON,
// has the gate judge each under the policies of an operator, and writes a line for each in the same order: what would become
// of it, everything that was found in it and where, and what would be left of it. It is for evaluations and pipelines.
//
// Nothing is run, counted or remembered, and no record knows of another: limits over time are not asked, nobody is asked to
// agree, and an execution has touched nothing before. Everything else is the gate's own decision. Findings are complete
// where a decision would end at the first objection, because the record is then looked through a second time with the same
// patterns and detectors and nothing that objects.
package inspect
