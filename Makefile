# Each command does its own set-up, on a fresh machine with Python 3.11 or newer and make.

PYTHON ?= python3
# Each Python has its own, so that `make PYTHON=python3.13 test` never tests with another one.
VENV := .venv$(if $(filter-out python3,$(notdir $(PYTHON))),-$(notdir $(PYTHON)))
BIN := $(VENV)/bin

.PHONY: dataset test test-field test-train test-long docs pages rooms bench bench-annotations clean

dataset: $(VENV)/.ready
	$(BIN)/corpus-vn-police build --out dataset
	$(BIN)/python examples/load.py dataset

test: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-field: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "field and not long"

test-train: $(VENV)/.ready-train
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "train and not long"

test-long: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -m long

docs: $(VENV)/.ready-docs
	$(BIN)/python -m sphinx -W -n -q -b html -d docs/_build/doctrees docs docs/_build/html
	@echo docs/_build/html/index.html

# What README and docs/ take from the code: tables, pictures, and what their commands print. PAGES=..., to run some only.
pages: $(VENV)/.ready-dev
	$(BIN)/python docs/generated.py
	$(BIN)/python tests/support/outputs.py $(PAGES)

rooms: $(VENV)/.ready-dev
	$(BIN)/python tests/support/rooms.py docs/rooms.svg

# ARTICLES=articles.jsonl.zst, and if you like COUNT, RUNS, OUT; docs/benchmarks.md says what it does.
COUNT ?= 20000
RUNS ?= 5
OUT ?= bench
bench: $(VENV)-bench/.ready
	$(VENV)-bench/bin/python benchmarks/compare.py $(ARTICLES) --count $(COUNT) --runs $(RUNS) --out $(OUT)

# PAGES=..., if you like; benchmarks/README.md says what it does.
bench-annotations: $(VENV)-bench-annotations/.ready
	$(VENV)-bench-annotations/bin/python benchmarks/annotations_peers.py $(or $(PAGES),$(wildcard benchmarks/annotated/*.xml)) --runs $(RUNS)

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[figures]'
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --group dev
	touch $@

# torch first, by its version: what another package asks for would be a newer one of several gigabytes.
$(VENV)/.ready-train: $(VENV)/.ready-dev
	$(BIN)/python -m pip install --quiet --group train
	$(BIN)/python -m pip install --quiet --editable '.[train]'
	touch $@

$(VENV)/.ready-docs: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --group docs
	touch $@

# Without dependencies: text-dedup's pins contradict those of the other tools, and the group has what its minhash needs.
$(VENV)-bench/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip install --quiet --upgrade pip
	$(VENV)-bench/bin/python -m pip install --quiet --editable '.[figures]' --group bench
	$(VENV)-bench/bin/python -m pip install --quiet --no-deps text-dedup==0.4.0
	touch $@

$(VENV)-bench-annotations/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)-bench-annotations
	$(VENV)-bench-annotations/bin/python -m pip install --quiet --upgrade pip
	$(VENV)-bench-annotations/bin/python -m pip install --quiet --editable . --group bench-annotations
	touch $@

clean:
	rm -rf .venv .venv-* dataset .dataset.state dist docs/_build
