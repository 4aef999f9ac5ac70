# Two commands do all the set-up on a fresh machine: `make demo` and `make test`.
PY ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
WORKERS ?= 2
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --benchmark-disable
export HF_HUB_OFFLINE ?= 1

.PHONY: demo test test-long lint verify simulate bench clean

demo: $(VENV)/.installed
	$(BIN)/harness run --task cmeee --model globalpointer --data sample

test: $(VENV)/.installed-test
	$(PYTEST) -m "not long"

test-long: $(VENV)/.installed-test
	$(PYTEST) -m long

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

verify: $(VENV)/.installed
	$(BIN)/harness verify results

simulate: $(VENV)/.installed-test
	$(BIN)/python -m tests.simulations

bench: $(VENV)/.installed-test
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only

$(VENV)/bin/python:
	$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "harness needs Python 3.11 or newer: make PY=python3.11 ...")'
	$(PY) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing into $(VENV): about a minute, more where packages have to be downloaded first"
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing into $(VENV): about a minute, more where packages have to be downloaded first"
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[test,lint]'
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
