// Package promcheck holds only tests: they read what the kernel writes for Prometheus and Grafana (an exposition in both
// formats, alert rules, dashboards) with Prometheus' own code, that of promtool. It is a module of its own because that code
// brings hundreds of packages along, of which the program needs none.
package promcheck
