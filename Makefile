# The two commands are `make run` and `make test`; each installs what it needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test lint fmt generate bench mutants e2e build tools clean

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
PAGE_SOURCES := $(shell find frontend -type f -not -path 'frontend/node_modules/*' -not -path 'frontend/dist/*' -not -path 'frontend/e2e/*')

help: ## list the targets
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: ## install what is missing, build, run everything with demonstration data
	@scripts/setup.sh run
	@$(MAKE) --no-print-directory build
	@exec bin/zhixing up --demo

test: ## install what is missing and run every check
	@scripts/setup.sh test
	@scripts/test.sh

lint: ## look for mistakes in Go and TypeScript
	@scripts/setup.sh test
	.tools/golangci-lint run ./...
	cd frontend && npm run --silent typecheck && npm run --silent lint

fmt: ## format Go and TypeScript
	@scripts/setup.sh test
	.tools/golangci-lint fmt ./...
	cd frontend && npm run --silent format

generate: ## write the API's document and the client made from it
	@mkdir -p docs
	go run ./cmd/zhixing openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json
	cd frontend && npm run --silent generate

build: frontend/dist/index.html ## build the page and the binary bin/zhixing
	go build -ldflags "-X main.version=$(VERSION)" -o bin/zhixing ./cmd/zhixing

frontend/dist/index.html: $(PAGE_SOURCES)
	cd frontend && npm run --silent build
	@touch frontend/dist/.gitkeep frontend/dist/index.html

bench: ## measure against the targets; figures and commands are in docs/performance.md
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory build
	@scripts/bench.sh

mutants: ## take each condition of scope out of the store, one by one, and want the matrix of rights to notice
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory -s build
	ZHIXING_DATA=.test/services ZHIXING_LOG_LEVEL=warn bin/zhixing up --services-only -- go test -count=1 -v -tags plant_scope -run '^TestMatrix$$' ./app/api

e2e: ## the stories in a real browser on a real stack
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory build
	@scripts/e2e.sh

tools: ## install what is missing for make test, and nothing else
	@scripts/setup.sh test

clean: ## remove what was built; the data folder stays
	rm -rf bin .test frontend/dist/assets frontend/dist/index.html
