# Thin: every target calls a script that also runs by itself.
.DEFAULT_GOAL := help
PYTHON ?= python3
export PYTHON EXIT FRESH

BIN := .venv/bin
SERVICE := .venv/.stamp
DEV := .venv/.stamp-dev
BROWNIE := .venv-brownie/.stamp
NODE := node_modules/.stamp

.PHONY: help setup demo test check fix contracts vectors bench clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: export STEPS = service node dev brownie
setup: $(SERVICE) $(NODE) $(DEV) $(BROWNIE) ## make every environment: Python, Node, Brownie

demo: export STEPS = service node
demo: $(SERVICE) $(NODE) ## run the whole service on this machine (EXIT=1 ends it after the story, FRESH=1 forgets old data)
	@$(BIN)/python scripts/demo.py

test: setup ## checks, service tests and contract tests, as CI runs them
	@scripts/test

check: export STEPS = service dev
check: $(SERVICE) $(DEV) ## format, lint, types, import layers, dangerous calls, secrets
	@scripts/check

fix: export STEPS = service dev
fix: $(SERVICE) $(DEV) ## repair format and simple lint
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

contracts: setup ## compile with Brownie, write ABI and bytecode for the service
	@$(BIN)/python scripts/kinds_sol.py
	@scripts/brownie compile --all
	@$(BIN)/python scripts/export_abi.py
	@$(BIN)/python scripts/export_abi.py --brownie

vectors: export STEPS = service dev
vectors: $(SERVICE) $(DEV) ## write the shared test vectors and what is generated from the table of kinds
	@$(BIN)/python scripts/kinds_sol.py
	@$(BIN)/python scripts/vectors.py

bench: export STEPS = service node
bench: $(SERVICE) $(NODE) ## measure; raw numbers go to var/bench
	@$(BIN)/python scripts/bench.py

clean: ## remove everything that setup, tests and the demo made
	@rm -rf .venv .venv-brownie node_modules var build *.egg-info .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(SERVICE): requirements/service.txt
	@scripts/setup service
	@touch $@

$(DEV): requirements/dev.txt $(SERVICE)
	@scripts/setup dev
	@touch $@

$(BROWNIE): requirements/brownie.txt
	@scripts/setup brownie
	@touch $@

$(NODE): package.json package-lock.json .npmrc
	@scripts/setup node
	@touch $@
