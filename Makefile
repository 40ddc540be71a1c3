# Each target makes its own environment: `make demo` works on a fresh clone.
#
#   make demo    the built-in study, a report in under two minutes
#   make test    all tests, the browser's included
#   make check   lint, format, types, import directions
#   make bench   all benchmarks, some hours; BENCH=attribution_peers runs one of them
#   make soak    kills, pairs of writers, damaged stores, thousands of mutants of files; a quarter hour
#   make flat    whether memory stays flat over hundreds of verbs in one process; ten minutes
#   make docs    the documentation as a site, strictly, into build/docs; DOCS=linkcheck asks the web
#   make dist    wheel and sdist, installed alone and run
#   make lowest  the tests on the lowest versions that pyproject.toml allows; TESTS=tests/types for some
#   make mutants breaks single operators and counts what the folder's own tests notice; some hours

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
JOBS ?= 2
BENCH ?= [a-z]*

MUTANTS ?= --count 200
DOCS ?= html
TESTS ?=
LOWEST := .venv-lowest

.PHONY: demo test check bench soak flat docs dist lowest mutants
.NOTPARALLEL:
.DELETE_ON_ERROR:

demo: $(VENV)/core.stamp
	$(BIN)/explainprune demo -o reports/demo

test: $(VENV)/dev.stamp $(VENV)/browser.stamp
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q

check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_imports.py

bench: $(VENV)/dev.stamp
	@set -e; for script in benchmarks/$(BENCH).py; do \
	  test -e "$$script" || { echo "There is no $$script." >&2; exit 1; }; \
	  echo "== $$script"; $(BIN)/python "$$script"; \
	done

soak: $(VENV)/dev.stamp
	$(BIN)/python tests/soak.py $(SOAK)

flat: $(VENV)/dev.stamp
	$(BIN)/python tests/flat.py $(FLAT)

docs: $(VENV)/docs.stamp
	$(BIN)/python -m sphinx -q -W --keep-going -b $(DOCS) docs build/docs

dist: $(VENV)/dev.stamp
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python tests/installed.py dist

# Newer packages beneath the old ones call some of what these do deprecated.
lowest: $(LOWEST)/stamp
	$(LOWEST)/bin/python -m pytest -n $(JOBS) --dist worksteal -q $(TESTS) \
	  -W ignore::DeprecationWarning -W ignore::FutureWarning

mutants: $(VENV)/dev.stamp
	$(BIN)/python tests/mutants.py $(MUTANTS)

# The first interpreter that TensorFlow has wheels for; PYTHON=... names another.
$(BIN)/python:
	@suits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; \
	for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if "$$python" -c "$$suits" 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "explainprune needs Python 3.11, 3.12 or 3.13. Found: $$(python3 --version 2>&1)." >&2; \
	  echo "Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; \
	fi; \
	"$$found" -m venv $(VENV) || { \
	  rm -rf $(VENV); \
	  echo "Could not make $(VENV). On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	}

# Stamps: an installation is done once for each change of what it depends on.
$(VENV)/core.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing explainprune into $(VENV) (TensorFlow included: a few minutes the first time)"
	$(PIP) install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing explainprune with its tests and checks into $(VENV)"
	$(PIP) install --quiet -c constraints.txt -e '.[test,check]'
	@touch $@ $(VENV)/core.stamp

$(VENV)/docs.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e '.[docs]'
	@touch $@ $(VENV)/core.stamp

# On the oldest Python: newer ones have no wheels of the oldest packages.
$(LOWEST)/stamp: pyproject.toml
	python3.11 -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet uv
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python \
	  --resolution lowest-direct -e '.[test]'
	@touch $@

# Chromium for the browser tests: the system's, Debian's package where we may, else playwright's.
$(VENV)/browser.stamp: $(VENV)/dev.stamp
	@if command -v chromium chromium-browser google-chrome >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && apt-get update -qq \
	  && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium \
	  >/dev/null; then :; \
	else $(BIN)/playwright install chromium; fi
	@touch $@
