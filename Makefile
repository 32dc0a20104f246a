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
	@go run ./cmd/lint

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

.PHONY: pulumi help rehearse verify drills test lint bench playground graph cost release-fixture artifacts preview up
