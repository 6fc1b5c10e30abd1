# make demo: the default study, from seeds to results/demo/report.html
# make test: every check
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORES ?= all
# Cores that one job of the demo takes at most: half, since a job needs one only until its first image.
THREADS = $(shell n='$(CORES)'; [ "$$n" != all ] || n=$$(nproc || sysctl -n hw.ncpu); echo $$(((n + 1) / 2)))
# Jobs that may compute on a GPU at a time; without one, as many as there are cores for.
GPUS = $(or $(filter-out 0,$(shell nvidia-smi -L 2>/dev/null | grep -c GPU)),1000)
# What `make demo` makes first: the edited faces, to look at while the rest runs.
FIRST = results/demo/figures/memorable/strip.png
# Where Snakemake looks for a profile called slurm.
PROFILE = $(or $(XDG_CONFIG_HOME),$(HOME)/.config)/snakemake/slurm
# What the tests' cluster is made of, and what tells whether it can boot here.
PACKAGES = $(shell sed 's/\#.*//' tests/slurm/packages.txt)
CLUSTER = $(BIN)/python -m tests.slurm.cluster
# The page of the experiments, and what the tests need to play on it in a browser, and on PostgreSQL.
PAGE = scripts/mnemo/experiment/page
BROWSER = $(shell sed 's/\#.*//' tests/browser/packages.txt)
# In a bundle: the wheels that it brought, in place of a network.
WHEELS = $(if $(wildcard wheels),--no-index --find-links wheels)
.DEFAULT_GOAL := help

.PHONY: help demo install bundle install-profile experiment-page test test-browser test-container test-slurm lint benchmarks docs site clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

demo: $(VENV)/run ## run the default study and write results/demo/report.html
	@PYTHONPATH=scripts $(BIN)/python -m mnemo.locks
	@PYTHONPATH=scripts $(BIN)/python -m snakemake --logger mnemo --profile profiles/local \
		--cores $(CORES) --max-threads $(THREADS) --resources gpu=$(GPUS) --prioritize $(FIRST)
	@echo "The report: results/demo/report.html"

install: $(VENV)/run ## install what a run needs

bundle: $(VENV)/run ## pack wheels, weights and code for a machine without a network; STUDY=studies/...
	@PYTHONPATH=scripts $(BIN)/python -m snakemake weights --cores 1 --quiet all $(if $(STUDY),--configfile $(STUDY))
	@PYTHONPATH=scripts $(BIN)/python -m mnemo.bundle $(STUDY)

experiment-page: $(PAGE)/node_modules/installed ## install what the page of the experiments needs: jsPsych, by npm

test: $(VENV)/dev lint ## lint, then run every test that needs no SLURM and no browser, two at a time
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-browser: $(VENV)/dev $(PAGE)/node_modules/installed ## play the experiments in Chromium and on PostgreSQL; installs both as root on Debian
	@dpkg -s $(BROWSER) >/dev/null 2>&1 || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
		{ apt-get update && apt-get install --yes --no-install-recommends $(BROWSER); }
	$(BIN)/pytest tests/browser --numprocesses 2 --dist worksteal
	$(BIN)/pytest tests/unit/experiment/server -k postgresql

test-container: $(VENV)/dev ## build the containers, where docker, podman or apptainer is at hand: 10 GB
	$(BIN)/pytest tests/container

test-slurm: $(VENV)/dev ## run the study, and faults, on a real SLURM; as root, on Debian
	@$(CLUSTER) 2>/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
		{ apt-get update && apt-get install --yes --no-install-recommends $(PACKAGES); }
	@$(CLUSTER)
	$(BIN)/pytest tests/slurm

install-profile: $(VENV)/run ## have `snakemake --profile slurm` find the profile, and your partitions
	mkdir -p "$(PROFILE)"
	ln -sf "$$(pwd)/profiles/slurm/profile.yaml" "$(PROFILE)/profile.yaml"
	test -e "$(PROFILE)/partitions.yaml" || cp profiles/slurm/partitions.yaml "$(PROFILE)/"
	@echo "Your partitions: $(PROFILE)/partitions.yaml"

lint: $(VENV)/dev ## check style, types and the workflow
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules workflow
	$(BIN)/snakemake --lint
	$(BIN)/mypy

$(VENV)/run: requirements.txt
	@case "$$(pwd)" in *[{}]*) \
		echo "Snakemake can't work where braces are in the path: rename $$(pwd)" >&2; exit 1;; esac
	$(PYTHON) -c 'import sys; sys.exit("Mnemo needs Python 3.11 or later; choose one with make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check $(WHEELS) -r requirements.txt
	@# This Python imports the library, from any folder, and Snakemake finds its logger.
	$(BIN)/python -c 'import os, sysconfig; site = sysconfig.get_path("purelib"); \
		print(os.path.relpath("scripts", site), file=open(os.path.join(site, "mnemo.pth"), "w"))'
	touch $@

$(VENV)/dev: $(VENV)/run requirements-dev.txt
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.txt
	touch $@

$(PAGE)/node_modules/installed: $(PAGE)/package.json $(PAGE)/package-lock.json
	@command -v npm >/dev/null || { echo "The page of the experiments needs npm, which comes with Node.js 18 or" \
		"later: apt-get install npm, brew install node, or https://nodejs.org" >&2; exit 1; }
	npm ci --ignore-scripts --prefix $(PAGE)
	touch $@

benchmarks: $(VENV)/dev ## measure speed against named references, and what intervals cover
	@for script in benchmarks/*.py; do PYTHONPATH=scripts $(BIN)/python $$script || exit 1; done

clean: ## remove what was installed, but no results
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

docs: $(VENV)/dev ## write what is generated: data dictionary, guides to the assessors and settings, schema
	PYTHONPATH=scripts $(BIN)/python -m mnemo.report.dictionary > docs/data.md
	PYTHONPATH=scripts $(BIN)/python -m mnemo.study.config > config.schema.json
	PYTHONPATH=scripts $(BIN)/python -m mnemo.study.guide > docs/configuration.md
	PYTHONPATH=scripts $(BIN)/python -m mnemo.assessors.guide > docs/assessors.md

site: $(VENV)/dev ## build the documentation as a site, in site/
	$(BIN)/mkdocs build --strict
