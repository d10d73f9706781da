// Package monitor writes what watches the kernel from outside: alert rules for Prometheus, dashboards for Grafana, and the
// page that says what every metric is. All of it is made from the table of package observability, so that nothing asks for a
// metric that is not there; deploy/ and docs/metrics.md hold what it writes, and a test keeps them in step.
package monitor

//go:generate go test -count=1 -run=^TestGenerated$ . -update
