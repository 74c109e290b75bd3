# One door for people and CI alike; `make` alone prints the targets.
GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
WITH     := $(GO) run ./internal/testenv/cmd/withservers --
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULN   := golang.org/x/vuln/cmd/govulncheck@v1.9.0

.DEFAULT_GOAL := help
.PHONY: help deps test-deps dev test soak bench lint build check

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## install what is missing (apt, then servers into the cache)
	@./internal/devstack/deps.sh
	@$(GO) run ./internal/devstack/cmd/fetch

test-deps:
	@./internal/devstack/deps.sh
	@$(GO) run ./internal/devstack/cmd/fetch -nats

dev: deps build ## start PostgreSQL, Elasticsearch, NATS, a sample shop and the daemon; Ctrl-C ends all
	@exec ./bin/waltrail dev

check:
	@files=$$(gofmt -l .); [ -z "$$files" ] || { echo "not formatted, run gofmt -w:"; echo "$$files"; exit 1; }
	@$(GO) vet ./...

test: test-deps check ## every test on real servers (starts and stops them itself)
	@$(WITH) $(GO) test -count=1 -timeout 15m ./...

soak: test-deps ## the long proofs, on the same servers
	@SOAK=1 $(WITH) $(GO) test -count=1 -timeout 24h -run Soak -v ./...

bench: test-deps ## measure Waltrail beside the bare tools, in one run
	@$(GO) run ./internal/bench

lint: ## golangci-lint and govulncheck, pinned
	@$(GO) run $(GOLANGCI) run ./...
	@$(GO) run $(GOVULN) ./...

build: ## static binary bin/waltrail
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/waltrail ./cmd/waltrail
