# Every target first sets up what it needs (tools/setup.sh): system packages, virtual environment, browser assets.
# When that is there, it takes a moment.

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal

.NOTPARALLEL:
.PHONY: setup setup-test setup-clients demo serve check test test-clients bench clean

setup:
	@tools/setup.sh

setup-test:
	@tools/setup.sh test

setup-clients:
	@tools/setup.sh test clients

# Loads the demo municipality, checks its plans, keeps them as cases and writes out/demo.
demo: setup
	@$(BIN)/python tools/demo.py

# The service with the demo data on 127.0.0.1:8000, for development: one can sign in as demo identities.
serve: export GEOMILJO_ENV ?= development
serve: export GEOMILJO_REGISTERS_DIR ?= data/demo/registers
serve: demo
	@$(BIN)/geomiljo serve

check: setup
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/codespell
	@$(BIN)/geomiljo catalogue check

# What measures time runs alone.
test: setup-test
	@$(PYTEST) -m "not clients and not speed"
	@$(BIN)/python -m pytest -m speed tests/pages

# What needs large foreign programs. pytest ends with 5 when there is no such test.
test-clients: setup-clients
	@$(PYTEST) -m clients || test $$? -eq 5

bench: setup
	@$(BIN)/python -m bench

# Stops the private database and removes what can be made again; what was loaded stays in .geomiljo.
clean:
	@test ! -x $(BIN)/geomiljo || $(BIN)/geomiljo db stop || true
	@rm -rf .venv out dist maps/node_modules tests/oidc/node_modules maps/static/vendor
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests tools bench docs -name __pycache__ -type d -prune -exec rm -rf {} +
