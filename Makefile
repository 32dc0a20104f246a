# What people type. `make` or `make help` lists it all.
SHELL := bash
STACK ?= dev
ID ?=

.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

rehearse: ## bring the whole platform up and down on an embedded AWS (no account needed)
	@go run ./cmd/rehearse

drills: ## play every change, fault and recovery, or one: make drills ID=change.ami
	@go run ./cmd/drills $(ID)

test: ## run all tests
	@go test ./...

lint: ## check format, code, shell and workflows
	@go run ./cmd/lint

bench: ## measure the program against the engine's own floor
	@go run ./cmd/bench

graph: ## print the longest chains through the resource graph, with AWS's creation times
	@go run ./cmd/graph $(STACK)

cost: ## print the monthly cost by part: make cost STACK=prod
	@go run ./cmd/cost $(STACK)

artifacts: ## build what a deployment uploads: nats-server and the controller
	@go run ./cmd/artifacts

preview: artifacts ## show what an update would change in AWS: make preview STACK=prod
	@pulumi preview --stack $(STACK) --diff

up: artifacts ## update the platform in AWS: make up STACK=prod
	@pulumi up --stack $(STACK)

.PHONY: help rehearse drills test lint bench graph cost artifacts preview up
