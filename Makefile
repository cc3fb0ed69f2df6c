# Corsia: every command. `make demo` and `make test` do all the set-up on a machine with Python 3.11+ and make.

PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
PORT ?= 8000
ARGS ?=
# Where a machine forbids it, every process that a test starts would compile a thousand modules anew.
export PYTHONDONTWRITEBYTECODE =
# What npm is called here: the machine's own, or the one inside the Node wheel.
NPM = $(shell command -v npm >/dev/null 2>&1 && echo npm || echo "$(BIN)/python -m corsia.config.node_wheel")

.PHONY: setup demo serve test check prove bench facts messages format clean

setup: .venv/.ready node_modules/.ready translations staticfiles/.ready

.venv/.ready: requirements-dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Corsia needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.ready: package-lock.json package.json .venv/.ready
	$(NPM) ci --ignore-scripts --no-fund --no-audit
	@touch $@

.PHONY: translations
translations: .venv/.ready
	@$(BIN)/python -m corsia.config.translations

staticfiles/.ready: node_modules/.ready $(shell find corsia/ui/static -type f 2>/dev/null)
	$(BIN)/python -m corsia.config.collect
	@touch $@

demo: setup
	$(BIN)/corsia demo --port $(PORT) $(ARGS)

serve: setup
	$(BIN)/corsia serve --port $(PORT) $(ARGS)

test: setup
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not prove" $(ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint corsia
	$(BIN)/corsia check
	$(BIN)/corsia makemigrations --check --dry-run
	$(BIN)/python -m corsia.config.translations --check
	$(BIN)/corsia facts --check

prove: setup
	$(BIN)/pytest -n 0 -m prove tests/prove tests/connectors $(ARGS)

bench: setup
	$(BIN)/corsia bench $(ARGS)

facts: setup
	$(BIN)/corsia facts

messages: setup
	$(BIN)/python -m corsia.config.translations --extract

format:
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

clean:
	rm -rf .venv node_modules staticfiles var .mypy_cache .ruff_cache .pytest_cache
