# Two commands matter: `make run` starts the demo region, `make test` runs the tests. Each sets up what it needs.
PYTHON ?= python3
PORT ?= 8080
DATA ?= var
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

.PHONY: run install test lint bench clean

run: $(INSTALLED)
	$(BIN)/tidbro serve --demo --port $(PORT) --data $(DATA)

install: $(INSTALLED)

test: $(INSTALLED)
	$(BIN)/python -m pytest $(TESTS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED)
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(INSTALLED): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tidbro needs Python 3.11 or later; say which with make PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,postgresql]'
	touch $(INSTALLED)
