// This module stands in for the real one of the same path; the main go.mod replaces it. See jsonschema.go.
module github.com/santhosh-tekuri/jsonschema/v6

go 1.26.0

require github.com/google/jsonschema-go v0.4.3
