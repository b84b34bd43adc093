# One command per chore, the same here and in CI. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= /usr/bin/python3
VENV := .venv
BIN := $(VENV)/bin
# Sandbox hosts need root; everything else of the demo shares the files they leave.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo --preserve-env=BOOTSTRAP_REGISTRY_DEBIAN_MIRROR)
READY := $(VENV)/.ready
# How many tests run at once; those that share hosts stay together on one worker (tests/conftest.py).
WORKERS ?= 2

.PHONY: help demo test test-vm lint types molecule clean-sandbox dist bench

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

demo: $(READY) ## sandbox hosts, and `bootstrap-registry up -i inventory` on them
	$(SUDO) $(BIN)/bootstrap-registry sandbox create -i inventory
	$(SUDO) $(BIN)/bootstrap-registry up -i inventory

test: $(READY) ## every test, on sandbox hosts where they need hosts
	$(SUDO) $(BIN)/pytest -n $(WORKERS) --no-loadscope-reorder

test-vm: $(READY) ## a virtual machine: reboot, and power cut in the middle of a run (emulated: up to 25 minutes)
	$(SUDO) $(BIN)/pytest -m vm -s tests/vm

lint: $(READY) ## ruff, yamllint, ansible-lint (production)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/yamllint --strict .
	PATH="$(CURDIR)/$(BIN):$$PATH" ANSIBLE_HOME="$(CURDIR)/.ansible" ansible-lint --offline --strict

types: $(READY) ## mypy, strict
	$(BIN)/mypy

molecule: $(READY) ## the molecule scenarios alone
	$(SUDO) $(BIN)/pytest tests/molecule

bench: $(READY) ## what is measured rather than tested: docs/performance.md
	$(BIN)/python -m bench.hosted
	$(BIN)/python -m bench.edge_sites
	$(BIN)/python -m bench.catalog
	$(SUDO) $(BIN)/python -m bench.check
	$(BIN)/python -m bench.disk
	$(SUDO) env PATH="$$PATH" $(BIN)/python -m bench.mirror

clean-sandbox: ## remove the sandbox hosts and all that was made for them
	if [ -x $(BIN)/bootstrap-registry ]; then $(SUDO) $(BIN)/bootstrap-registry sandbox destroy -i inventory; fi

dist: $(READY) ## the wheel, in dist/
	$(BIN)/python -m hatchling build -t wheel

# Everything that the other goals need: packages of the machine, then a virtual environment with pinned packages.
$(READY): pyproject.toml constraints.txt setup/packages.sh
	$(SUDO) bash setup/packages.sh
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@
