# What there is: make demo, test, verify, lint, bench; build, assets, generate.
# A Debian machine with Go and npm needs nothing before any of them.

SHELL := /bin/sh
.ONESHELL:
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := build

# Packages that are compiled at once; tests of one package share the machine
# with those of another.
JOBS ?= 2
# Packages for `make test`, and more flags for it.
PACKAGES ?= ./...
FLAGS ?=

.PHONY: build demo test verify lint bench assets generate install install-test

build: install assets
	go build -o bin/registrar ./cmd/registrar

demo: build
	exec bin/registrar demo

# One PostgreSQL for all packages; half an hour off the full hours, so that a
# mistake about time zones shows.
test: install-test assets
	npm test
	TZ=Asia/Kolkata go run ./tools/withpg go test -p $(JOBS) -timeout 20m $(FLAGS) $(PACKAGES)
	go -C tools/fsck test ./...

# Nothing generated has drifted from its source, the migrations make what
# ent/schema says, and imports run the way design wants.
verify: install assets
	@go mod verify
	$(MAKE) --no-print-directory generate
	git diff --exit-code -- ent graph go.mod go.sum
	new=$$(git ls-files --others --exclude-standard -- ent graph)
	if [ -n "$$new" ]; then echo "generated but not committed: $$new"; exit 1; fi
	go run ./tools/withpg go test -count=1 -run 'TestEntAndMigrationsAgree|TestJobQueueIsRivers|TestGrants|TestDirections' ./migrations ./tools/directions

lint: install
	@unformatted=$$(gofmt -l $$(git ls-files '*.go'))
	if [ -n "$$unformatted" ]; then echo "gofmt -w $$unformatted"; exit 1; fi
	go vet ./...
	go -C tools/fsck vet ./...
	# What ent and gqlgen write is theirs to judge.
	go tool staticcheck $$(go list ./... | grep -Ev '/ent(/|$$)|/graph/generated$$') ./ent/schema

bench: install-test assets
	go run ./tools/withpg go test -p 1 -run '^$$' -bench . -benchmem -timeout 20m ./...

# ent first: GraphQL's connections come from it.
generate: install
	go generate ./ent
	go tool gqlgen generate

# The stylesheet is built from NHS.UK frontend and embedded.
assets: web/static/dist/registrar.css

web/static/dist/registrar.css: web/static/build.mjs web/static/stylesheet.mjs $(wildcard web/static/src/*) node_modules/.package-lock.json
	npm run --silent build
	touch $@

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --silent --no-audit --no-fund
	touch $@

install:
	sh tools/install.sh postgresql compiler

install-test:
	sh tools/install.sh postgresql compiler chromium office openpyxl java
