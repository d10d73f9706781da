// Package otlp sends spans, metrics and log records to a collector of OpenTelemetry: OTLP 1.x over HTTP with binary protobuf
// (https://opentelemetry.io/docs/specs/otlp). It writes the few messages that it needs by itself: the libraries of
// OpenTelemetry would more than double what the program takes to start, and nothing of theirs but these messages is needed
// here. Nobody who hands something over is kept waiting: what there is no room for is dropped, counted and told.
package otlp
