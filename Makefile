# make verify  sets everything up and runs the main job
# make test    sets everything up and runs the tests
# make bench   sets everything up, with the peers, and measures how fast it is
.DELETE_ON_ERROR:
.PHONY: verify test check bench clean

# The first interpreter on PATH that is new enough; PYTHON=/path/to/python overrules it.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

verify: .venv/installed
	$(BIN)/rvscgd verify

test: .venv/installed-test
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/installed-bench
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Debian and its kin ship Python without ensurepip: there the system's pip fills the environment from outside.
.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "make: no Python >= 3.11 on PATH; install one or call make PYTHON=/path/to/python" >&2; exit 2; }
	@rm -rf .venv
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 \
		|| { $(PYTHON) -m venv --clear --without-pip .venv && $(PYTHON) -m pip --python .venv/bin/python install --quiet pip; } \
		|| { rm -rf .venv; echo "make: cannot make a virtual environment; on Debian: apt install python3-venv" >&2; exit 2; }

.venv/installed: .venv/bin/python pyproject.toml
	@echo "Installing rvscgd and what it needs into .venv ..."
	$(PIP) install -e .
	@touch $@

.venv/installed-test: .venv/bin/python pyproject.toml
	@echo "Installing rvscgd and its tests' needs into .venv ..."
	$(PIP) install -e '.[test]'
	@touch $@ .venv/installed

.venv/installed-dev: .venv/bin/python pyproject.toml
	$(PIP) install -e '.[dev]'
	@touch $@ .venv/installed .venv/installed-test

.venv/installed-bench: .venv/bin/python pyproject.toml
	@echo "Installing rvscgd and the benchmark's peers into .venv ..."
	$(PIP) install -e '.[bench,test]'
	@touch $@ .venv/installed .venv/installed-test
