// Package otlp sends spans, metrics and log records to a collector of OpenTelemetry: OTLP 1.x over HTTP with binary protobuf
// (https://opentelemetry.io/docs/specs/otlp). It writes the few messages that it needs by itself: a program that has
// nothing but OpenTelemetry's own exporters initialises its packages for 2.4 to 3.0 ms, which is all that ours may take, and nothing
// of theirs but these messages is needed here. Nobody who hands something over is kept waiting: what there is no room for is dropped, counted and told.
package otlp
