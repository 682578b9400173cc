# Two commands on a fresh machine with Python 3.11+: `make demo` and `make test`.
# Each makes the environment it needs in .venv: with uv where present, else with venv and pip,
# always from the hash-locked files in requirements/. A changed lock rebuilds the environment.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
WORKERS ?= 2
PYTEST_ARGS ?=

BIN := .venv/bin
# Written last, so that an interrupted installation is started again.
CORE := .venv/.core
DEV := .venv/.dev

export UV_LINK_MODE ?= copy
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1

# $(call install,pip arguments)
install = if command -v uv >/dev/null; \
	then uv pip install --quiet --python $(BIN)/python $(1); \
	else $(BIN)/python -m pip install --quiet $(1); fi

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ------------------------------------------------------------------------------------ running

.PHONY: demo
demo: $(CORE) ## replay the crash of 10 October 2025; writes solvent-report.html
	@$(BIN)/solvent demo

.PHONY: warm
warm: $(CORE) ## compile the kernels once
	@$(BIN)/solvent warm

.PHONY: bench
bench: $(DEV) ## measure against the named baselines; writes bench/results/
	@$(BIN)/python -m bench

# ----------------------------------------------------------------------------------- checking

.PHONY: test
test: $(DEV) ## warm the kernels, then run every test but the soak
	@$(BIN)/solvent warm
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(PYTEST_ARGS)

.PHONY: soak
soak: $(DEV) ## the long random searches
	@$(BIN)/solvent warm
	@HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -m soak $(PYTEST_ARGS)

.PHONY: coverage
coverage: $(DEV) ## branch coverage of the exact rooms, compiler off
	@NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup \
		--cov --cov-branch --cov-report= $(PYTEST_ARGS)
	@$(BIN)/python -m coverage report --fail-under=100 --include='$(subst $(space),$(comma),$(EXACT))'

.PHONY: check
check: $(DEV) ## ruff, mypy --strict, import-linter, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports --no-cache
	$(BIN)/sphinx-build -W --keep-going -q -b html -d build/doctrees docs build/docs

.PHONY: docs
docs: $(DEV) ## build the documentation into build/docs
	@$(BIN)/sphinx-build -W --keep-going -b html -d build/doctrees docs build/docs

# -------------------------------------------------------------------------------- environment

.PHONY: env
env: $(DEV) ## the development environment, in .venv

$(CORE): requirements/core.txt
	@echo "making .venv (once)"
	@if command -v uv >/dev/null; \
	then uv venv --quiet --clear --python '>=3.11' .venv; \
	else $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Solvent needs Python 3.11+; set PYTHON=")'; \
		$(PYTHON) -m venv --clear .venv; fi
	@$(call install,--require-hashes -r requirements/core.txt)
	@$(call install,--no-build-isolation --no-deps -e .)
	@touch $@

$(DEV): $(CORE) requirements/dev.txt
	@echo "adding the development tools to .venv (once)"
	@$(call install,--require-hashes -r requirements/dev.txt)
	@touch $@

.PHONY: lock
lock: ## write requirements/*.txt anew (needs uv and a package registry)
	@$(LOCK) pyproject.toml --group build -o requirements/core.txt
	@$(LOCK) pyproject.toml --extra data --group dev -c requirements/core.txt -o requirements/dev.txt
	@if grep -n '://' requirements/*.txt; then echo "an address in a lock file"; exit 1; fi

# One version of each package on every Python, so that all run the same code.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-header --no-annotate --no-strip-extras

.PHONY: clean
clean: ## remove .venv and everything built
	rm -rf .venv build dist solvent-report.html
	find src tests bench examples -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

empty :=
space := $(empty) $(empty)
comma := ,
EXACT := */solvent/units.py */solvent/contracts/* */solvent/margin/* */solvent/ledger/* \
	*/solvent/watch/* */solvent/liquidation/* */solvent/engine/*
