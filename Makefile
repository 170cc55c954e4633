# `make demo` and `make test` each work alone in a fresh clone: they find Python 3.11 or newer, make
# .venv and install what they need. A changed pyproject.toml or kernel installs again; otherwise that costs
# nothing.

VENV ?= .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip install -qq --disable-pip-version-check
# What an installation is made from.
INSTALLED := pyproject.toml hatch_build.py tools/build_kernel.py $(wildcard edge/weight/kernel/*.[ch])

# An installation whose Python is gone, or that was made for another folder, is none.
$(shell test -x $(PYTHON) && grep -qsxF '$(CURDIR)' $(VENV)/.installed-run || rm -f $(VENV)/.installed-*)

.DEFAULT_GOAL := help
.PHONY: help demo test bench bench-vision firmware lint format docs clean

help:  ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile

demo: $(VENV)/.installed-run  ## a whole store on this machine; make demo ARGS="--shoppers 2"
	@$(VENV)/bin/steelyard demo $(ARGS)

# Tests of processes mostly wait: more at a time than there are cores.
JOBS ?= 3

test: $(VENV)/.installed-dev  ## every test, the quick ones first; make test ARGS="-m 'not slow'"
	@$(PYTHON) -m pytest -n $(JOBS) $(ARGS)

bench: $(VENV)/.installed-dev  ## accuracy and cost beside the competition's winner; docs/benchmark.md
	@$(PYTHON) -m tools.scenarios.bench $(ARGS)

bench-vision: $(VENV)/.installed-dev  ## what cameras know and cost; docs/vision-benchmark.md
	@$(PYTHON) -m tools.vision_bench $(ARGS)

firmware:  ## the image for an Arduino Uno or Nano; docs/firmware.md
	@$(MAKE) --no-print-directory -C firmware_bridge/firmware

lint: $(VENV)/.installed-dev  ## format, lint, types and import contracts, as CI checks them
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m mypy
	@$(VENV)/bin/lint-imports

format: $(VENV)/.installed-dev  ## rewrite the sources in the one format
	@$(PYTHON) -m ruff format
	@$(PYTHON) -m ruff check --fix

docs: $(VENV)/.installed-dev  ## rewrite the generated tables of docs/
	@$(PYTHON) -m tools.doc_tables

clean:  ## remove the environment and everything generated
	rm -rf $(VENV) var build dist edge/weight/kernel/*.so firmware_bridge/firmware/build tools/board_emulator/build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find edge firmware_bridge tests tools -name __pycache__ -prune -exec rm -rf {} +

$(PYTHON):
	@sh tools/make_venv.sh $(VENV)

$(VENV)/.installed-run: $(INSTALLED) | $(PYTHON)
	@echo "Installing Steelyard into $(VENV) (once; about a minute) ..."
	@$(PIP) --editable '.[aggregator,broker,vision]'
	@echo '$(CURDIR)' > $@

# The developer's installation holds the demo's, so it serves for both.
$(VENV)/.installed-dev: $(INSTALLED) | $(PYTHON)
	@echo "Installing Steelyard and its development tools into $(VENV) (once; about a minute) ..."
	@$(PIP) --editable '.[dev]'
	@echo '$(CURDIR)' | tee $(VENV)/.installed-run > $@
