# The two sacred commands are `make demo` and `make test`. Set-up needs Python 3.11 or later only:
# uv is used where it is there, else pip. No JVM, root, Docker or system package.

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)
BIN := .venv/bin
RUN := $(BIN)/python -m

export PYTHONWARNINGS ?= ignore
export GX_ANALYTICS_ENABLED ?= false
export DO_NOT_TRACK ?= 1

.PHONY: help demo test test-web test-cluster lint format bench coverage clean setup requirements

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 22

setup: .venv/ready  ## the environment (made anew when the pinned requirements change)

.venv/ready: requirements-dev.txt requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Kanghu needs Python 3.11 or later; set PYTHON=/path/to/python3.11")'
ifdef UV
	@test -x $(BIN)/python || uv venv -q --python $(PYTHON) .venv
	uv pip install -q --python $(BIN)/python -r requirements-dev.txt
	uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch .venv/ready

demo: setup  ## a synthetic city through the whole line, with its report at the end
	$(BIN)/kanghu demo

test: setup  ## the tests (embedded: no JVM, no browser)
	KANGHU_SUITE=test $(RUN) pytest -n 2 -m "not cluster and not web"

test-web:  ## browser tests
	@echo "none yet: the web app comes with its issue"

test-cluster:  ## tests against S3, Spark, Trino, Airflow and Superset
	@echo "none yet: the cluster comes with its issue"

lint: setup  ## ruff, mypy, the rooms' import order, sqlfluff
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(BIN)/lint-imports
	$(RUN) mypy
	$(BIN)/sqlfluff lint dbt --disable-progress-bar

format: setup  ## what ruff can mend by itself
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

bench: setup  ## ours, the peers and the limit in one run, to build/benchmarks
	@test -x build/bench-venv/bin/python || $(PYTHON) -m venv build/bench-venv
	build/bench-venv/bin/pip install -q --disable-pip-version-check -r requirements-dev.txt -r benchmarks/requirements.txt
	build/bench-venv/bin/python -m benchmarks

coverage:  ## which requirements have a passing test, by part (after test, test-web, test-cluster)
	$(PYTHON) tests/requirements/coverage.py

requirements:  ## compile the pinned requirements anew (no addresses in them)
	uv pip compile -q --no-header --no-annotate --no-emit-index-url --python-version 3.11 requirements.in -o requirements.txt
	uv pip compile -q --no-header --no-annotate --no-emit-index-url --python-version 3.11 requirements-dev.in -c requirements.txt -o requirements-dev.txt
	uv pip compile -q --no-header --no-annotate --no-emit-index-url --python-version 3.11 benchmarks/requirements.in -c requirements.txt -o benchmarks/requirements.txt

clean:  ## everything that was made, the environment too
	rm -rf .venv build .kanghu dbt/target dbt/logs .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
