// Package collected holds tests alone: a receiver of the OpenTelemetry Collector takes what a running mcp-kernel sends, and
// it is compared with what the documents promise.
package collected
