# `make run` and `make test` are all a new machine needs: Python 3.11 or later and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_INSTALLED := $(VENV)/.run-installed
INSTALLED := $(VENV)/.installed
PIP_INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable

.PHONY: run test test-slow check format clean

run: $(RUN_INSTALLED)
	$(BIN)/python run_search.py --config configs/quick.yaml --resume

test: $(INSTALLED)
	$(BIN)/python -m pytest -n 2

test-slow: $(INSTALLED)
	$(BIN)/python -m pytest -m slow -n 2

check: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	$(BIN)/pyright

format: $(INSTALLED)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

$(RUN_INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) .
	touch $@

# Ray and the dashboard are really started by tests.
$(INSTALLED): $(RUN_INSTALLED)
	$(PIP_INSTALL) ".[dev,ray,dashboard]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
