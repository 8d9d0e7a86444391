# The one entry point. `make help` lists the targets.

# Outside the clone, so that a fresh clone does not build DataFusion again.
CACHE ?= $(HOME)/.cache/clearspan
export CARGO_TARGET_DIR ?= $(CACHE)/target

CARGO ?= cargo
PYTHON ?= python3
TOOLS := $(CACHE)/tools
VENV := $(CACHE)/venv
DENY_VERSION := 0.20.2
DENY := $(TOOLS)/bin/cargo-deny
DEBUG_BINARY := $(CARGO_TARGET_DIR)/debug/clearspan

.DEFAULT_GOAL := build
.PHONY: help build release run test test-rust test-sdk lint fmt-check clippy doc deny advisories check-data tools venv

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

build: ## debug build of the program
	$(CARGO) build --locked --bin clearspan

release: ## release build of the program
	$(CARGO) build --locked --release --bin clearspan

run: ## start the server; ARGS="--data-dir D" and the like are passed on
	$(CARGO) run --locked --bin clearspan -- $(ARGS)

test: lint test-rust test-sdk ## everything that CI checks

test-rust: ## unit and integration tests of all rooms
	$(CARGO) test --locked --workspace

test-sdk: build venv ## the OpenTelemetry SDK of Python against the real binary
	CLEARSPAN_BIN=$(DEBUG_BINARY) $(VENV)/bin/python -m pytest -q -p no:cacheprovider tests/sdk

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
venv:
	@cmp -s tests/sdk/requirements.txt $(VENV)/requirements.txt || { \
		rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) && \
		$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/sdk/requirements.txt && \
		cp tests/sdk/requirements.txt $(VENV)/requirements.txt; }
