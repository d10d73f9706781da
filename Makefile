# `make` lists what can be done here. Go is all that building, running and testing need; a C compiler adds the race
# detector, npm and Python's pip add other people's MCP clients, apt adds a real Redis. Whatever is left out for want of
# one of them is said aloud, and is a failure where CI=true.

SHELL        := bash
.SHELLFLAGS  := -euo pipefail -c
.DEFAULT_GOAL := help

GO           ?= go
PKG          ?= ./...
FUZZTIME     ?= 30s
BENCH        ?= .
ROUNDS       ?= 5
SECONDS_EACH ?= 3
BINARY       := $(CURDIR)/bin/mcp-kernel

VERSION      ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT       ?= $(shell git rev-parse HEAD 2>/dev/null)
DATE         ?= $(shell git log -1 --format=%cI 2>/dev/null)
LDFLAGS      := -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)

GOLANGCI_VERSION := v2.15.0
GOLANGCI         := $(CURDIR)/.tools/golangci-lint-$(GOLANGCI_VERSION)

# The stand-in for the SDK's schema compiler is a module of its own, which ./... does not reach.
LAZYSCHEMA := internal/lazyschema
# What is generated for Prometheus and Grafana is read with Prometheus' own code, which is a module of its own too: the
# program needs none of the hundreds of packages that come with it.
PROMCHECK := internal/promcheck
# So is a collector of OpenTelemetry.
COLLECTED := internal/collected
# Everything that has tests: the module, the stand-in, the tools of CI.
TESTED := ./... github.com/santhosh-tekuri/jsonschema/v6 ./.ci/testsum

# The race detector, where there is a C compiler to link it with.
CC   := $(shell $(GO) env CC)
RACE := $(if $(shell command -v $(CC)),-race)

export CGO_ENABLED = 0

.PHONY: help
help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

## Build and run

.PHONY: build
build: ## Builds bin/mcp-kernel, one static file
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BINARY) ./cmd/mcp-kernel

.PHONY: run
run: build ## Builds, runs the demo, prints what to paste into a host
	$(BINARY) demo
	@.ci/hosts $(BINARY)

## Test

.PHONY: test
test: compiler clients redis ## Runs every test, shuffled, under the race detector
	@mkdir -p bin
	CGO_ENABLED=$(if $(RACE),1,0) $(GO) run ./.ci/testsum -summary bin/test-summary.txt $(RACE) -shuffle=on -count=1 $(TESTED)

.PHONY: promcheck
promcheck: ## Reads alert rules, dashboards and an exposition with Prometheus' own code
	cd $(PROMCHECK) && $(GO) test -count=1 ./...

.PHONY: collected
collected: ## Has a real collector of OpenTelemetry receive what the program sends
	cd $(COLLECTED) && $(GO) test -count=1 ./...

.PHONY: short
short: ## Runs the quick tests, cached: for between two edits
	$(GO) test -short $(PKG)

.PHONY: deployable
deployable: ## Holds deploy/ to the types of those who read it (Kubernetes, Compose)
	cd internal/deploycheck && $(GO) vet ./... && $(GO) test -count=1 ./...

.PHONY: race
race: ## Hunts races: each test five times, on one and on four threads (PKG=./state/...)
	CGO_ENABLED=1 $(GO) test -race -shuffle=on -count=5 -cpu=1,4 $(PKG)

.PHONY: cover
cover: ## Measures coverage and holds it to the floors
	.ci/cover

.PHONY: fuzz
fuzz: ## Fuzzes each target (FUZZTIME=30s)
	.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## Compares the kernel, its ungoverned twin and a bare mcp-go server; writes docs/performance.md (ROUNDS=5 SECONDS_EACH=3 ONLY=http-detect)
	MCP_KERNEL_BENCH=1 MCP_KERNEL_BENCH_ROUNDS=$(ROUNDS) MCP_KERNEL_BENCH_SECONDS=$(SECONDS_EACH) MCP_KERNEL_BENCH_ONLY=$(ONLY) \
	  $(GO) test -count=1 -v -timeout=120m -run='^TestMeasure$$' ./internal/bench
	$(GO) test -count=1 -run='^TestPage$$' ./internal/bench -update

.PHONY: detection
detection: ## Measures the detectors on the blind sets; writes docs/detection.md
	$(GO) test -count=1 -run='^TestPage$$' ./internal/detection -update

.PHONY: benchmarks
benchmarks: ## Runs the Go benchmarks (PKG=./governance/... BENCH=Decide)
	$(GO) test -run='^$$' -bench='$(BENCH)' -benchmem $(PKG)

.PHONY: conformance
conformance: ## Runs the suite that every state driver must pass
	$(GO) test -count=1 ./state/...

.PHONY: golden
golden: ## Rewrites the golden files; look at the difference before you commit it
	@packages=$$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -r dirname | sort -u); \
	  test -n "$$packages" || { echo 'no test has golden files' >&2; exit 1; }; \
	  $(GO) test -count=1 $$packages -update && git status --short

.PHONY: smoke
smoke: build ## Asks the built binary: initialize, tools/list, one allowed and one denied call
	.ci/smoke $(BINARY)

.PHONY: prove
prove: smoke clients redis ## Holds the whole of every promise: kills, races, long fuzzing, figures against their bounds
	$(BINARY) demo
	$(GO) test -count=1 -v -run=Client ./cmd/mcp-kernel
	$(GO) test -count=1 -v -run=Conformance -timeout=30m ./cmd/mcp-kernel -prove
	$(GO) test -count=1 -timeout=60m ./governance/audit -args -prove
	$(GO) test -count=1 -v -timeout=10m -run=FairnessMeasured ./server -args -prove
	$(GO) test -count=1 -v -timeout=10m -run=TestSoak ./modules/atr -args -prove
	$(GO) test -count=1 -v -timeout=30m -run='TestFleet|TestRoundTrips' ./cmd/mcp-kernel -fleet
	$(GO) test -count=1 -timeout=30m ./state/redisstate -args -prove
	MCP_KERNEL_PROVE=1 $(GO) test -count=1 -v -timeout=60m -run=Prove ./internal/bench
	$(MAKE) --no-print-directory race PKG='./governance ./governance/match ./server ./tools ./modules/...'
	.ci/fuzz $(FUZZTIME)

## Keep

.PHONY: fmt
fmt: $(GOLANGCI) ## Formats the code
	$(GOLANGCI) fmt . .ci/testsum/*.go
	cd $(LAZYSCHEMA) && $(GOLANGCI) fmt
	cd $(PROMCHECK) && $(GOLANGCI) fmt

.PHONY: lint
lint: $(GOLANGCI) ## Lints, tests included (go vet is among the linters)
	$(GOLANGCI) run ./... ./.ci/testsum
	cd $(LAZYSCHEMA) && $(GOLANGCI) run ./...
	cd $(PROMCHECK) && $(GOLANGCI) run ./...

.PHONY: format-check
format-check: $(GOLANGCI)
	$(GOLANGCI) fmt --diff . .ci/testsum/*.go
	cd $(LAZYSCHEMA) && $(GOLANGCI) fmt --diff
	cd $(PROMCHECK) && $(GOLANGCI) fmt --diff

.PHONY: tidy
tidy: ## Tidies the module files
	cd $(LAZYSCHEMA) && $(GO) mod tidy
	cd $(PROMCHECK) && $(GO) mod tidy
	$(GO) mod tidy

.PHONY: generate
generate: ## Runs the generators
	$(GO) generate ./...

.PHONY: injection
injection: ## Learns the model of governance/detect from the passages beside it
	$(GO) test -count=1 -run='^TestModel$$' ./governance/detect -update

.PHONY: intent
intent: ## Learns the model of governance/intent from the records beside it
	$(GO) run ./governance/intent/train

.PHONY: check
check: ## Runs what CI runs
	.ci/run

.PHONY: clean
clean: ## Removes what was built, tools included
	rm -rf bin dist .tools coverage.out testdata/clients/{node,python}_modules testdata/conformance/node_modules

## Prerequisites

.PHONY: compiler
compiler:
	@test -n "$(RACE)" || { \
	  echo '*** no C compiler ($(CC)): the tests run WITHOUT the race detector' >&2; test "$${CI:-}" != true; }

CLIENTS := testdata/clients/node_modules/.package-lock.json
# The official conformance suite of MCP, and a Node that is new enough for it.
SUITE   := testdata/conformance/node_modules/.package-lock.json

# The official SDK for Python, old and new: a directory for each version, with what it needs.
PYTHONS := $(patsubst testdata/clients/requirements/%.txt,testdata/clients/python_modules/%/.installed,\
             $(wildcard testdata/clients/requirements/*.txt))

.PHONY: clients
clients:
	@if ! command -v npm >/dev/null; then \
	  echo '*** no npm: the tests with other people'\''s MCP clients are SKIPPED' >&2; test "$${CI:-}" != true; \
	elif ! $(MAKE) --no-print-directory $(CLIENTS) $(SUITE); then \
	  echo '*** npm ci failed: the tests with other people'\''s MCP clients are SKIPPED' >&2; test "$${CI:-}" != true; \
	else \
	  cd testdata/clients && node --test --test-reporter=spec; \
	fi
	@if ! python3 -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	  echo '*** no Python 3.11 with pip: the tests with MCP clients in Python are SKIPPED' >&2; test "$${CI:-}" != true; \
	elif ! $(MAKE) --no-print-directory -j2 $(PYTHONS); then \
	  echo '*** pip failed: the tests with MCP clients in Python are SKIPPED' >&2; test "$${CI:-}" != true; \
	fi

$(CLIENTS): testdata/clients/package-lock.json
	cd testdata/clients && npm ci
	@touch $@

testdata/clients/python_modules/%/.installed: testdata/clients/requirements/%.txt
	rm -rf $(@D)
	PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check \
	  --no-deps --require-hashes --only-binary=:all: --target=$(@D) --requirement=$<
	@touch $@

$(SUITE): testdata/conformance/package-lock.json
	cd testdata/conformance && npm ci
	@touch $@

# A real Redis, from Debian, for the tests of the driver. It is not started: the tests start their own.
.PHONY: redis
redis: ## Installs redis-server with apt where it is missing
	@command -v redis-server >/dev/null && command -v redis-cli >/dev/null || .ci/redis || { \
	  echo '*** no redis-server: the tests with a real Redis are SKIPPED' >&2; test "$${CI:-}" != true; }

$(GOLANGCI):
	GOBIN=$(CURDIR)/.tools $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv .tools/golangci-lint $@
