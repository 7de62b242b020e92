# Two commands do everything: `make demo` and `make test`. The plain forms stand in README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-slow truth interop browser lint types format bench bench-peers clean

demo: $(READY)
	$(BIN)/prep demo

test: lint types browser
	$(BIN)/python -m pytest -m "not slow"

test-slow: $(READY)
	$(BIN)/python -m pytest -m slow

# Known answers with 50 seeds each, some hours; what was found is kept in build/truth.
truth: $(READY)
	$(BIN)/python -m benchmarks.truth --seeds 50

# Other trainers read our exports with their own loaders, each in an environment of its own (docs/interop.md).
interop: $(READY)
	PYTHON=$(BIN)/python sh tests/interop/install.sh
	$(BIN)/python -m pytest -m "" tests/interop

# Chromium and a Chinese font where root and apt-get can have them; elsewhere the tests of pages are skipped.
browser:
	sh tests/browser/install.sh

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Other tools in environments of their own under build/peers; what cannot be had here is said and left out.
bench-peers: $(READY)
	$(BIN)/python -m benchmarks.peers.registry
	$(BIN)/python -m benchmarks.convert

bench: $(READY)
	$(BIN)/python -m benchmarks.convert
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.metrics

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(READY): setup.cfg pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev,train]"
	touch $(READY)
