# StudyMate. Every target sets up what it needs first; you need python3 (3.11 or newer) and make.
.DEFAULT_GOAL := help
PY := .venv/bin/python
NODE = $(shell $(PY) -c 'from runtime.bootstrap import node; print(node())')

.PHONY: help setup dev demo test lint bench migrate deploy-dry-run openapi conformance clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1@\2/p' Makefile | column -t -s@

setup: ## install tools, Node packages and the Worker's Python modules into this folder
	@python3 runtime/bootstrap.py

dev: setup ## serve the working tree with reload (PORT=8787, STATE_DIR=.state, ENV=)
	@exec $(PY) -m runtime.dev

demo: setup ## start a server of its own and walk through what exists
	@$(PY) demo/run.py

test: setup ## run every test
	@$(PY) -m pytest

lint: setup ## ruff and pyright
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(NODE) node_modules/pyright/index.js

bench: setup ## measure against the goals, beside the peers
	@$(PY) -m bench

migrate: setup ## apply migrations/ to the local database (STATE_DIR=.state, ENV=)
	@$(PY) -m runtime.migrate

deploy-dry-run: setup ## build every environment as it would be uploaded, and print its size
	@$(PY) -m runtime.deploy_dry_run

openapi: setup ## generate the OpenAPI file from the routes
	@$(PY) ops/openapi.py assets/openapi.json

conformance: setup ## serve echo services for the public suites of the realtime protocols (PORT=)
	@PORT=$(PORT) exec $(PY) -m tests.conformance.serve

clean: ## remove what the build made; keeps .venv, node_modules and state
	@rm -rf build
