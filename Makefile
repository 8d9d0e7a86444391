# The one entry point. `make help` lists the targets.

# Outside the clone, so that a fresh clone does not build DataFusion again.
CACHE ?= $(HOME)/.cache/clearspan
export CARGO_TARGET_DIR ?= $(CACHE)/target

CARGO ?= cargo
PYTHON ?= python3
TOOLS := $(CACHE)/tools
VENV := $(CACHE)/venv
DENY_VERSION := 0.20.2
FUZZ_VERSION := 0.13.2
DENY := $(TOOLS)/bin/cargo-deny
DEBUG_BINARY := $(CARGO_TARGET_DIR)/debug/clearspan
SAMPLE_STORE := $(CARGO_TARGET_DIR)/debug/examples/sample_store
# Of the format that is written today. Those of formats before it are never made anew.
FIXTURE := storage/tests/fixtures/format-2

.DEFAULT_GOAL := build
.PHONY: help build release run demo test test-rust test-formats test-sdk test-web test-browser bench-browser bench-storage assets fixture sample-store \
	lint fmt-check clippy doc deny advisories fuzz check-data tools venv web-packages

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

build: ## debug build of the program
	$(CARGO) build --locked --bin clearspan

release: ## release build of the program
	$(CARGO) build --locked --release --bin clearspan

run: ## start the server; ARGS="--data-dir D" and the like are passed on
	$(CARGO) run --locked --bin clearspan -- $(ARGS)

# Built for release: a debug build would show a server that is many times slower than it is.
demo: ## start the server with a simulated shop to look at; ARGS="--http 127.0.0.1:8080" and the like are passed on
	$(CARGO) run --locked --release --bin clearspan -- demo $(ARGS)

test: lint test-rust test-formats test-sdk test-web test-browser ## everything that CI checks; says what it skips, and why

test-rust: ## unit and integration tests of all rooms
	$(CARGO) test --locked --workspace

# Behind `scripts/test-tools.sh`, which ends with 3 when it has said why the tests are skipped.
OR_SKIP := || exit $$([ $$? -eq 3 ] && echo 0 || echo 1)

# Without Python this fails: a format that only the program itself reads is not documented.
test-formats: sample-store ## segments read without the program, by pyarrow and by DuckDB, against what it reads itself
	@scripts/test-tools.sh python && $(MAKE) --no-print-directory venv && \
	CLEARSPAN_SAMPLE_STORE=$(SAMPLE_STORE) $(VENV)/bin/python -m pytest -q -p no:cacheprovider tests/formats

sample-store:
	$(CARGO) build --locked --package clearspan-storage --example sample_store

fixture: sample-store ## make the fixture of today's format anew, as long as no release has that format
	rm -rf $(FIXTURE) && mkdir $(FIXTURE) && $(SAMPLE_STORE) $(FIXTURE)

test-sdk: build ## the OpenTelemetry SDK of Python against the real binary
	@scripts/test-tools.sh python $(OR_SKIP); $(MAKE) --no-print-directory venv && \
	CLEARSPAN_BIN=$(DEBUG_BINARY) $(VENV)/bin/python -m pytest -q -p no:cacheprovider tests/sdk

# What is committed in ui/assets must be what esbuild makes of ui/web.
test-web: ## the scripts of the pages: types, unit tests, and that the committed bundle reproduces
	@scripts/test-tools.sh node $(OR_SKIP); $(MAKE) --no-print-directory web-packages && cd ui/web && npm run --silent check && npm test --silent && \
	fresh=$$(mktemp -d) && node build.mjs $$fresh >/dev/null && diff -r $$fresh ../assets && rm -r $$fresh

test-browser: build ## the pages in Debian's Chromium against the real binary
	@chromium=$$(scripts/test-tools.sh browser) $(OR_SKIP); cd tests/browser && npx --no-install tsc --noEmit && \
		CLEARSPAN_BIN=$(DEBUG_BINARY) CLEARSPAN_CHROMIUM=$$chromium npx --no-install playwright test $(ARGS)

bench-browser: release ## how long a trace of 100,000 spans takes to open, and how it scrolls
	@chromium=$$(scripts/test-tools.sh browser) $(OR_SKIP); cd tests/browser && \
		CLEARSPAN_BIN=$(CARGO_TARGET_DIR)/release/clearspan CLEARSPAN_CHROMIUM=$$chromium \
		npx --no-install playwright test --config measure.config.ts

# One core, as in the issues' bars. `taskset` is of util-linux.
bench-storage: ## storage alone: flush, compaction, reads, exact counts; DATA=data-folder to read from that, ARGS="count" for some of them
	$(CARGO) bench --locked --package clearspan-benches --bench storage --no-run
	$(if $(DATA),CLEARSPAN_BENCH_DATA=$(abspath $(DATA))) taskset -c 1 $(CARGO) bench --locked --quiet --package clearspan-benches --bench storage -- $(ARGS)

assets: web-packages ## bundle ui/web into ui/assets again, after a change there
	cd ui/web && npm run --silent build

web-packages:
	@cd ui/web && npm ci --no-audit --no-fund --silent

lint: fmt-check clippy doc deny ## format, clippy, rustdoc, licences

fmt-check: tools
	$(CARGO) fmt --all -- --check

clippy: tools
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --quiet

deny: tools
	$(DENY) --log-level error check licenses bans sources

advisories: tools ## known vulnerabilities in dependencies (fetches the advisory database)
	$(DENY) check advisories

# libFuzzer needs a nightly compiler. No sanitizer, since the rooms have no unsafe code: what is looked for are panics and slowness.
FUZZ_TARGETS ?= language matcher sql cursor
FUZZ_SECONDS ?= 300
fuzz: ## random input to the search language, SQL and cursors; FUZZ_TARGETS="language" FUZZ_SECONDS=60 for less
	@[ "$$(PATH="$(TOOLS)/bin:$$PATH" cargo-fuzz --version 2>/dev/null)" = "cargo-fuzz $(FUZZ_VERSION)" ] || \
		env -u CARGO_TARGET_DIR $(CARGO) install cargo-fuzz --locked --version $(FUZZ_VERSION) --root $(TOOLS)
	cd query && for target in $(FUZZ_TARGETS); do \
		mkdir -p fuzz/corpus/$$target && PATH="$(TOOLS)/bin:$$PATH" CARGO_TARGET_DIR=$(CACHE)/fuzz $(CARGO) +nightly fuzz run -s none $$target \
			fuzz/corpus/$$target fuzz/seeds/$$target -- -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=4096 || exit 1; done

check-data: ## import the real data of ../shared/data and compare every answer with a plain scan
	$(CARGO) build --locked --release --bin clearspan --bin bench -p clearspan -p clearspan-benches
	CLEARSPAN_BIN=$(CARGO_TARGET_DIR)/release/clearspan CLEARSPAN_BENCH=$(CARGO_TARGET_DIR)/release/bench \
		$(PYTHON) -B scripts/verify_data.py

# A minimal toolchain comes without these; they are installed only where they are missing.
tools:
	@$(CARGO) fmt --version >/dev/null 2>&1 || rustup component add rustfmt
	@$(CARGO) clippy --version >/dev/null 2>&1 || rustup component add clippy
	@[ "$$($(DENY) --version 2>/dev/null)" = "cargo-deny $(DENY_VERSION)" ] || \
		env -u CARGO_TARGET_DIR $(CARGO) install cargo-deny --locked --version $(DENY_VERSION) --root $(TOOLS)

# The environment is made anew when the pinned requirements differ from those it was made from.
REQUIREMENTS := tests/sdk/requirements.txt tests/formats/requirements.txt
venv:
	@cat $(REQUIREMENTS) | cmp -s - $(VENV)/requirements.txt || { \
		rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) && \
		$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check $(REQUIREMENTS:%=-r %) && \
		cat $(REQUIREMENTS) > $(VENV)/requirements.txt; }
