# The only commands a person types. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

NPM := npm --no-audit --no-fund --loglevel=error
SERVER := $${CARGO_TARGET_DIR:-target}/debug/lamplight
UI_SOURCES := $(shell find ui/src ui/public ui/index.html ui/vite.config.ts ui/package-lock.json -type f 2>/dev/null)

# What may be said to `make bench`, as it is passed on.
BENCH := $(if $(ONLY),--only $(ONLY)) $(if $(SERVERS),--servers $(SERVERS)) $(if $(CLIENTS),--clients $(CLIENTS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(filter small,$(SCALE)),--small)

.PHONY: help run server release deb ui test lint test-rust converge leaks test-ui test-e2e screens test-clients test-api test-packaging test-acme audit test-deps fuzz bench bench-docs docs clean

help: ## This list.
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: server ## Build everything and start the demo institute on port 5000 (PORT=... for another). Ctrl-C stops it.
	@$(SERVER) serve --demo

server: ui ## Build the server for the demo and the tests.
	@cargo build -p lamplight

release: ui ## Build the server for production, with the web pages inside: target/release/lamplight.
	@cargo build --release -p lamplight

deb: release ## Build a Debian package of the production build: target/debian. Needs cargo-deb.
	@cargo deb --version >/dev/null 2>&1 || { echo "Missing: cargo-deb" >&2; echo "Install with:  cargo install cargo-deb --locked" >&2; exit 1; }
	@cargo deb --package lamplight --no-build --no-strip

ui: ui/dist/index.html ## Build the web pages.

ui/dist/index.html: ui/node_modules/.package-lock.json $(UI_SOURCES)
	@scripts/need.sh node npm
	@echo "Building the web pages"
	@$(NPM) --prefix ui run --silent build
	@touch $@

%/node_modules/.package-lock.json: %/package-lock.json
	@scripts/need.sh node npm
	@echo "Fetching the packages of $*"
	@$(NPM) ci --prefix $*
	@touch $@

test: ## Run everything: lints, Rust tests on SQLite and PostgreSQL, UI tests, browser tests. Installs what it needs.
	@scripts/test.sh

test-deps: ui/node_modules/.package-lock.json e2e/node_modules/.package-lock.json crates/socketio/tests/official/node_modules/.package-lock.json clients ## Install what the tests need.
	@scripts/need.sh --install node npm postgres redis chromium nginx haproxy caddy cargo-deny

target/api/.ready: scripts/api/requirements.txt
	@scripts/need.sh --install python3 python3-venv
	@echo "Fetching schemathesis"
	@python3 -m venv --clear $(@D)
	@$(@D)/bin/pip --quiet --disable-pip-version-check install --requirement $<
	@touch $@

.PHONY: clients
clients: clients/javascript/node_modules/.package-lock.json target/clients/python/.ready target/clients/rust/.ready

target/clients/python/.ready: clients/python/requirements.txt
	@scripts/need.sh --install python3 python3-venv
	@echo "Fetching python-socketio"
	@python3 -m venv --clear $(@D)
	@$(@D)/bin/pip --quiet --disable-pip-version-check install --requirement $<
	@touch $@

target/clients/rust/.ready: clients/rust/Cargo.toml clients/rust/Cargo.lock clients/rust/src/main.rs
	@scripts/need.sh --install openssl
	@echo "Building rust_socketio"
	@cargo build --quiet --locked --manifest-path clients/rust/Cargo.toml --target-dir $(@D)
	@touch $@

lint: ui e2e/node_modules/.package-lock.json ## Format and lint everything.
	@cargo fmt --all --check
	@cargo clippy --quiet --workspace --all-targets -- -D warnings
	@$(NPM) --prefix ui run --silent lint
	@$(NPM) --prefix ui run --silent typecheck
	@$(NPM) --prefix e2e run --silent lint

test-rust: ## Rust tests alone, on SQLite and on a private PostgreSQL.
	@scripts/with-services.sh cargo test --quiet --workspace

converge: ui ## Random plans of cuts, kills and rights changes against a model: make converge PLANS=1000 (SEED=17 for one of them). RELEASE=1 builds longer and runs faster.
	@CONVERGE_SEED=$(SEED) CONVERGE_PLANS=$(or $(PLANS),$(if $(SEED),1,1000)) \
	  scripts/with-services.sh cargo test --quiet $(if $(RELEASE),--release) -p lamplight --test it convergence::whatever -- --nocapture

leaks: ui ## Plant leaks in a copy of the server's code: the privacy test must find each.
	@scripts/leaks.sh

test-ui: ui ## Unit tests of the web pages alone.
	@$(NPM) --prefix ui run --silent test

test-e2e: server e2e/node_modules/.package-lock.json ## Browser tests alone.
	@$(NPM) --prefix e2e run --silent test

screens: server e2e/node_modules/.package-lock.json ## Take the pictures of the pages anew, after one was changed on purpose. Look at them before you commit them.
	@$(NPM) --prefix e2e run --silent test -- specs/screens.spec.ts --update-snapshots

test-clients: ui clients ## Clients of other languages, and servers behind each proxy, alone.
	@scripts/need.sh --install node postgres redis nginx haproxy caddy
	@scripts/with-services.sh cargo test --quiet -p lamplight --test it -- clients proxied

test-api: server target/api/.ready ## Hold the running server against its own description (docs/openapi.json), in each role: some minutes. API_EXAMPLES=100 looks longer.
	@scripts/test-api.sh

test-packaging: server ## What is in packaging/ and docs/proxy, without a Docker engine: some minutes. FULL=1 carries the whole Dockerfile out.
	@scripts/need.sh --install node npm haproxy caddy docker-compose python3-yaml objdump
	@scripts/check-packaging.sh

test-acme: ui ## Order certificates from Pebble, the test server of Let's Encrypt, on this machine. Installs it.
	@scripts/test-acme.sh

audit: ## Licences, advisories and sources of the Rust crates (cargo-deny), advisories of the pages' packages (npm). Fails when one can't be asked, as `make test` does not.
	@scripts/audit.sh

fuzz: ## Feed every parser nonsense for FUZZ_SECONDS each (60). FUZZ_TARGETS="packet token" for some.
	@scripts/fuzz.sh

bench: ui bench/peers/node/node_modules/.package-lock.json ## Measure everything beside the floor and the peers (half an hour). SCALE=small for a minute; ONLY=deliver,.. CLIENTS=2000 SERVERS=floor,lamplight,.. ROUNDS=3.
	@cargo build --release -p lamplight -p lamplight-bench
	@cargo build --release --manifest-path bench/peers/socketioxide/Cargo.toml --target-dir $${CARGO_TARGET_DIR:-target}/peers
	@scripts/need.sh --install postgres redis
	@DURABLE=1 scripts/with-services.sh $${CARGO_TARGET_DIR:-target}/release/lamplight-bench run --target $${CARGO_TARGET_DIR:-target} $(BENCH)

.PHONY: bench-cluster
bench-cluster: ## Measure one, two and three servers of one institute, and how many events a second can be made to last (some minutes).
	@$(MAKE) --no-print-directory bench ONLY=log,cluster

.PHONY: bench-tls
bench-tls: ## Measure what TLS costs beside the same server without it (some minutes).
	@$(MAKE) --no-print-directory bench ONLY=tls

bench-docs: ## Write docs/performance.md and its plot from what `make bench` measured.
	@$${CARGO_TARGET_DIR:-target}/release/lamplight-bench docs --from $${CARGO_TARGET_DIR:-target}/bench

docs: ui/node_modules/.package-lock.json ## Write the documents and types that are made from the code.
	@cargo run --quiet -p lamplight -- docs .
	@$(NPM) --prefix ui run --silent generate

clean: ## Remove what was built. The data stay.
	@rm -rf target ui/dist ui/node_modules e2e/node_modules e2e/results crates/socketio/tests/official/node_modules clients/javascript/node_modules bench/peers/node/node_modules
