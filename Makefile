# What people type. `make` or `make help` lists it all.
SHELL := bash
STACK ?= dev
ID ?=
RELEASE ?=

.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

rehearse: ## bring the whole platform up and down on an embedded AWS (no account needed)
	@go run ./cmd/rehearse

verify: ## check a deployed platform from inside: make verify STACK=prod, or STACK=rehearsal (COMMANDS=true, TARGETS=true: docs/runbook.md)
	@go run ./cmd/verify -commands=$(or $(COMMANDS),false) -targets=$(or $(TARGETS),false) $(STACK)

drills: ## play every change, fault and recovery, or one: make drills ID=change.ami
	@go run ./cmd/drills $(ID)

test: ## run all tests
	@go test ./...

lint: ## check format, code, shell and workflows
	@$(MAKE) --no-print-directory --keep-going format shellcheck actionlint golangci-lint

# Also the files of other systems, which golangci-lint run leaves out.
format: .build/golangci-lint
	@$< fmt --diff

golangci-lint: .build/golangci-lint
	@$< run --allow-parallel-runners ./...

# A linter that is missing must not look like one that found nothing. The template is a script but for
# values in double braces (SC1083).
shellcheck:
	@command -v shellcheck >/dev/null || { echo "shellcheck is not installed: apt-get install shellcheck (on macOS: brew install shellcheck)" >&2; exit 1; }
	@shellcheck --shell=bash --exclude=SC1083 .ci/run $$(git ls-files '*.sh') assets/nats/user-data.sh.tmpl

actionlint: .build/actionlint
	@$< -no-color

# Each linter is built from a module of its own: golangci-lint asks for a newer YAML module than
# actionlint can be compiled with.
.build/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	@echo "Building golangci-lint once …"; cd tools/lint && go build -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.build/actionlint: tools/actionlint/go.mod tools/actionlint/go.sum
	@echo "Building actionlint once …"; cd tools/actionlint && go build -o ../../$@ github.com/rhysd/actionlint/cmd/actionlint

bench: ## measure the program against the engine's own floor, NATS against a bare cluster; one of both: ID=nats
	@go run ./cmd/bench $(ID)

graph: ## print the longest chains through the resource graph, with AWS's creation times
	@go run ./cmd/graph $(STACK)

cost: ## print the monthly cost by part: make cost STACK=prod
	@go run ./cmd/cost $(STACK)

playground: ## keep the rehearsed platform up until Ctrl-C, to connect to and to break
	@go run ./cmd/playground

release-fixture: ## keep production as a release leaves it, for make drills ID=upgrade.preview: RELEASE=v0.1.0
	@go run ./cmd/releasefixture $(RELEASE)

artifacts: ## build what a deployment uploads: nats-server and the controller
	@go run ./cmd/artifacts

# An account is changed with the installed CLI: unlike a rehearsal it needs Pulumi's Go language
# plugin and the real AWS provider, which come with it.
pulumi:
	@command -v pulumi >/dev/null || { echo "There is no pulumi on PATH: install the Pulumi CLI 3.259.0 or newer (pulumi.com/docs/install), then try again." >&2; exit 1; }

preview: pulumi artifacts ## show what an update would change in AWS: make preview STACK=prod
	@pulumi preview --stack $(STACK) --diff

up: pulumi artifacts ## update the platform in AWS: make up STACK=prod
	@pulumi up --stack $(STACK)

.PHONY: pulumi help rehearse verify drills test lint format shellcheck actionlint golangci-lint bench playground graph cost release-fixture artifacts preview up
