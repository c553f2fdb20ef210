# One word per act, the same here and in CI.

PIN_AGE := 7 days
NODE_AT_LEAST := 20
BIN := .venv/bin
UV := $(BIN)/uv
SYNC := VIRTUAL_ENV=.venv $(UV) pip
CODE = $(wildcard src tests bench docs/*.py sdk/yett-guard)

.DELETE_ON_ERROR:
.PHONY: help setup setup-dev tools run example test test-clients check fmt bench guard docs pins clean

help:
	@echo "make run | example NAME=react | test | test-clients | check | fmt | bench | guard | docs | setup | setup-dev | pins | clean"

# --- setting up: stamps in .venv, so that a second make has nothing to do ---

setup: .venv/run.stamp
setup-dev: .venv/dev.stamp

# The first Python that is new enough and can make an environment with pip in it.
.venv/uv.stamp: requirements/uv.txt
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	  $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && found=$$python && break; \
	done; \
	[ -n "$$found" ] || { echo "Python 3.11 or newer with venv is missing: install it first (Debian, Ubuntu: apt-get install python3-venv)"; exit 1; }; \
	[ -x $(BIN)/pip ] && $(BIN)/python -c '' 2>/dev/null || $$found -m venv --clear .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

# Adds what it needs and takes nothing away: a development environment stays one. Compiled here, so that the first
# start is as quick as every other.
.venv/run.stamp: .venv/uv.stamp requirements/run.txt pyproject.toml
	@$(SYNC) install -q --compile-bytecode --require-hashes -r requirements/run.txt
	@$(SYNC) install -q --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q src
	@touch $@

.venv/dev.stamp: .venv/uv.stamp requirements/dev.txt pyproject.toml sdk/yett-guard/pyproject.toml
	@$(SYNC) sync -q --compile-bytecode --require-hashes requirements/dev.txt
	@$(SYNC) install -q --no-deps --no-build-isolation -e . -e sdk/yett-guard
	@$(BIN)/python -m compileall -q src sdk/yett-guard/src
	@touch .venv/run.stamp $@

# What tests need of the system. A font: without one Chromium shows, and axe-core measures, nothing.
tools:
	@need=; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || need="$$need chromium"; \
	command -v oathtool >/dev/null || need="$$need oathtool"; \
	command -v sipp >/dev/null || need="$$need sip-tester"; \
	command -v exim4 >/dev/null || command -v exim >/dev/null || [ -x /usr/sbin/exim4 ] || need="$$need exim4-daemon-light"; \
	command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || need="$$need nginx-light"; \
	command -v caddy >/dev/null || need="$$need caddy"; \
	perl -MNet::SMPP -e 1 2>/dev/null || need="$$need libnet-smpp-perl"; \
	[ -n "$$(find /usr/share/fonts /usr/local/share/fonts /Library/Fonts -name '*.ttf' -o -name '*.otf' 2>/dev/null | head -n 1)" ] || need="$$need fonts-dejavu-core"; \
	[ -z "$$need" ] && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing$$need"; \
	  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$need; } >.venv/apt.log 2>&1 \
	    || { tail -n 20 .venv/apt.log; exit 1; }; \
	else \
	  echo "the tests need:$$need (Debian, Ubuntu: apt-get install$$need)"; exit 1; \
	fi

# --- working ---

run: setup
	@$(BIN)/yett serve --demo $(ARGS)

# Branches of the pure rooms are counted (pyproject.toml says which); pytest's closing line stays the last.
test: setup-dev tools
	@$(BIN)/pytest --cov -n auto --maxprocesses 8 --dist worksteal -m "not clients" $(ARGS)

# NAME=react, vue, angular, nextjs; or a back-end, with React before it; ARGS="--back fastapi" puts another behind a front-end.
NAME ?= react
example: setup-dev examples/node_modules/.package-lock.json
	@$(BIN)/python examples/start.py $(NAME) $(ARGS)

examples/node_modules/.package-lock.json: examples/package-lock.json $(wildcard sdk/yett-guard-js/*.mjs sdk/yett-guard-js/lib/*.mjs)
	@node -e 'process.exit(parseInt(process.versions.node) < $(NODE_AT_LEAST) ? 1 : 0)' 2>/dev/null \
	  || { echo "Node $(NODE_AT_LEAST) or newer is missing: install it first"; exit 1; }
	@cd examples && npm ci --silent --no-audit --no-fund
	@touch $@

test-clients: setup-dev tools examples/node_modules/.package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < $(NODE_AT_LEAST) ? 1 : 0)' 2>/dev/null \
	  || { echo "Node $(NODE_AT_LEAST) or newer is missing: install it first"; exit 1; }
	@for at in tests/clients sdk/yett-guard-js; do (cd $$at && npm ci --silent --no-audit --no-fund) || exit 1; done
	@$(BIN)/pytest -m clients $(ARGS) tests/clients

check: setup-dev
	@$(BIN)/ruff format --check -q . || { echo "not formatted: make fmt"; exit 1; }
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy --no-error-summary $(CODE)
	@$(BIN)/lint-imports --no-logo >.venv/imports.log || { cat .venv/imports.log; exit 1; }
	@$(BIN)/codespell

fmt: setup-dev
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check -q --fix .

bench: setup-dev
	@$(BIN)/python -m bench $(ARGS)

# The wheel of yett-guard, in dist/.
guard: setup-dev
	@cd sdk/yett-guard && $(CURDIR)/$(BIN)/python -m hatchling build -t wheel -d $(CURDIR)/dist

docs: setup-dev
	@$(BIN)/python docs/generate.py

# Pins with hashes and no address; a release must be a week old, so that a bad one has been noticed.
COMPILE = env -u PIP_FIND_LINKS -u UV_FIND_LINKS $(UV) pip compile -q --no-config --upgrade --universal --generate-hashes \
  --no-emit-index-url --no-header --python-version 3.11 --exclude-newer "$(PIN_AGE)"
pins: .venv/uv.stamp
	@$(COMPILE) pyproject.toml --group dev -o requirements/dev.txt
	@$(COMPILE) pyproject.toml --group build -c requirements/dev.txt -o requirements/run.txt
	@$(COMPILE) requirements/uv.in -o requirements/uv.txt

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* dist
	@rm -rf tests/clients/node_modules examples/node_modules examples/*/dist examples/*/.angular examples/*/.next
	@find src sdk tests bench docs -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
