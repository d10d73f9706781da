// Package detection measures the detectors on sets that nobody saw who wrote their rules (testdata/detection), and says what
// came of it in docs/detection.md. It is of no use to a running kernel.
package detection
