# The two commands: `make run` (the application with a demo review) and `make test` (everything, checked).
# Each target is a thin shell over bin/, manage.py and pytest; `make help` lists them.

PORT ?= 8000
HOST ?= 127.0.0.1
DEMO ?= 1
ARGS ?=
PYTHON_SOURCES := .
UV = $(shell command -v uv || echo .venv/bin/uv)
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal --generate-hashes \
	--python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help run test lint format lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start everything and print the address (PORT=8000 HOST=127.0.0.1 DEMO=1)
	@bin/venv requirements.txt
	@exec .venv/bin/python manage.py up --port "$(PORT)" --host "$(HOST)" \
		$(if $(filter 0 no false off,$(DEMO)),--no-demo) $(ARGS)

test: ## install what the tests need, then lint and test on PostgreSQL and SQLite (ARGS= goes to pytest)
	@exec bin/test $(ARGS)

lint: ## ruff, djade and mypy
	@bin/venv requirements-dev.txt
	@bin/lint

format: ## rewrite the sources in the house style
	@bin/venv requirements-dev.txt
	@.venv/bin/ruff check --fix $(PYTHON_SOURCES)
	@.venv/bin/ruff format $(PYTHON_SOURCES)
	@find templates -name '*.html' -print0 | xargs -0 --no-run-if-empty .venv/bin/djade --target-version 5.2

lock: ## resolve requirements*.in into hash-locked requirements*.txt for Python 3.11 to 3.13
	@$(COMPILE) requirements.in -o requirements.txt
	@$(COMPILE) requirements-dev.in -c requirements.txt -o requirements-dev.txt

clean: ## remove the virtual environment and caches; your data in var/ stays
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
