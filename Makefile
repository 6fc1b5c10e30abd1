# make demo: the default study, from seeds to results/demo/report.html
# make test: every check
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORES ?= all
.DEFAULT_GOAL := help

.PHONY: help demo test lint benchmarks docs clean

help: ## say what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/run ## run the default study and write results/demo/report.html
	@PYTHONPATH=scripts $(BIN)/python -m mnemo.locks
	@$(BIN)/snakemake --profile profiles/local --cores $(CORES)
	@echo "The report: results/demo/report.html"

test: $(VENV)/dev lint ## lint, then run every test
	$(BIN)/pytest

lint: $(VENV)/dev ## check style, types and the workflow
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint
	$(BIN)/mypy

$(VENV)/run: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit("Mnemo needs Python 3.11 or later; choose one with make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/dev: $(VENV)/run requirements-dev.txt
	$(BIN)/pip install --disable-pip-version-check -r requirements-dev.txt
	touch $@

benchmarks: $(VENV)/dev ## measure speed against named references
	@for script in benchmarks/*.py; do PYTHONPATH=scripts $(BIN)/python $$script || exit 1; done

clean: ## remove what was installed, but no results
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

docs: $(VENV)/dev ## write what is generated: the data dictionary and the config's schema
	PYTHONPATH=scripts $(BIN)/python -m mnemo.dictionary > docs/data.md
	PYTHONPATH=scripts $(BIN)/python -m mnemo.config > config.schema.json
