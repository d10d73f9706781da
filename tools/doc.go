// Package tools is the contract between the kernel and its modules. A Module offers a Surface of tools, resources and
// prompts; a Catalog is the immutable set of all surfaces; the Dispatcher is the only door to a handler. Handlers are
// kept in unexported fields, so outside this package there is no expression that runs one: whoever wants a handler to
// run asks the Dispatcher, which decides, records, runs, reviews, settles and records again, in that order.
package tools
