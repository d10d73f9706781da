package tools

import (
	"context"
	"fmt"
)

// A ReadFunc reads the resource at uri; the values of its template's variables are in Request.Var. NotFound is the
// error for a URI that names nothing.
type ReadFunc func(ctx context.Context, r *Request, uri string) ([]ResourceContents, error)

// A WatchFunc begins to watch the resource at uri. When it returns, no later change is missed; what it returns is then
// run, in a goroutine that the Dispatcher owns, and calls changed whenever the resource has changed, until ctx ends.
// changed never blocks. An error of the first refuses the subscription; one of the second ends it and goes to the log.
type WatchFunc func(ctx context.Context, r *Request, uri string, changed func()) (run func() error, err error)

// A ListFunc returns the resources of a family that the caller may know of, in any order. At most 1000 are shown. Name,
// audience and MIME type that are left out are those of the family.
type ListFunc func(ctx context.Context, r *Request) ([]ResourceSpec, error)

// A CompleteFunc returns values that an argument of a prompt, or a variable of a template, may be completed to, the
// best first. At most 100 are shown.
type CompleteFunc func(ctx context.Context, r *Request, ask Completion) ([]string, error)

// A Completion is what is to be completed.
type Completion struct {
	Argument string            // name of the argument or variable
	Value    string            // what was typed so far
	Given    map[string]string // the other arguments, as far as they are known; may be nil
}

// A Resource is one resource, or one family of resources, of a Surface. The zero value is refused by NewCatalog.
type Resource struct {
	spec     ResourceSpec
	pattern  template
	answer   func(ctx context.Context, r *Request, uri string) (Result, error)
	watch    WatchFunc
	list     ListFunc
	complete CompleteFunc
	pass     PassFunc // completes instead, as another server does
	faults   []error
}

// NewResource returns a resource that read reads. Faults of the spec are reported by NewCatalog.
func NewResource(spec ResourceSpec, read ReadFunc) Resource {
	r := resourceOf(spec)
	if read == nil {
		r.fault("has no read function")
	}
	if len(spec.Definition) > 0 {
		r.fault("sets a definition, which is another server's")
	}
	r.answer = func(ctx context.Context, req *Request, uri string) (Result, error) {
		contents, err := read(ctx, req, uri)
		for i := range contents {
			setDefault(&contents[i].URI, uri)
			setDefault(&contents[i].MIMEType, spec.MIMEType)
		}
		return Result{Contents: contents}, err
	}
	return r
}

// resourceOf returns a resource that nothing reads yet.
func resourceOf(spec ResourceSpec) Resource {
	r := Resource{spec: spec}
	switch {
	case (spec.URI == "") == (spec.Template == ""):
		r.fault("needs either a URI or a template")
	case spec.Template != "":
		r.pattern = r.parse(spec.Template)
	default:
		if err := checkURI(spec.URI); err != nil {
			r.fault("URI %s: %w", quote(spec.URI), err)
		}
	}
	return r
}

func (r *Resource) parse(text string) template {
	pattern, err := parseTemplate(text)
	if err != nil {
		r.fault("template %s: %w", quote(text), err)
	}
	return pattern
}

// Spec returns what the resource says of itself.
func (r Resource) Spec() ResourceSpec { return r.spec }

// WithWatch returns the resource with subscriptions. The Dispatcher owns the goroutine that fn runs in.
func (r Resource) WithWatch(fn WatchFunc) Resource {
	r.watch = fn
	return r
}

// WithList returns the family with a list of its members. Running fn is a governed call of its own.
func (r Resource) WithList(fn ListFunc) Resource {
	if r.spec.Template == "" {
		r.fault("is a single resource and cannot list others")
	}
	r.list = fn
	return r
}

// WithComplete returns the family with completion of its template's variables.
func (r Resource) WithComplete(fn CompleteFunc) Resource {
	if r.spec.Template == "" {
		r.fault("is a single resource and has nothing to complete")
	}
	r.complete = fn
	return r
}

func (r *Resource) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf(format, args...))
}
