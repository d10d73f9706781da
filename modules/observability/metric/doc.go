// Package metric keeps counters, gauges and histograms of which a table says beforehand what they are, and writes them as
// Prometheus and OpenMetrics read them, with exemplars. It holds what a scrape asks of a process and no more: there is no
// default registry, nothing is done before it is used, and every family has as many series as its table says and one
// for whatever there is beyond. The usual client library does more and costs a program a millisecond at its start.
//
// The formats are those of https://github.com/prometheus/docs (text format 0.0.4) and of the OpenMetrics specification 1.0.0.
package metric
