# Needs GNU make 3.81 and a POSIX sh. Every target sets up what it needs; `make` alone lists them.

BIN := .venv/bin
MINUTES ?= 30
RUNS ?= 5

# The tests start hundreds of processes; without bytecode each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test check fix accept soak screenshots bench lock clean setup-run setup-test lint

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

demo: setup-run ## Start the bot in a local Discord and print its address (no account, key or network needed)
	@exec $(BIN)/cogswarm demo

demo-reset: setup-run ## Forget everything the demo has stored
	@exec $(BIN)/cogswarm demo --reset

test: lint ## Set up, then lint, types, import contracts and every test
	@$(BIN)/basedpyright --threads 2
	@exec $(BIN)/python -m pytest -n 2 --dist loadgroup

check: lint ## The quick inner loop: lint, types of what you changed, import contracts, the quick tests
	@scripts/check-types.sh
	@exec $(BIN)/python -m pytest -q -n 2 -m 'not slow'

fix: setup-test ## Mend what can be mended: imports, lint, format
	@$(BIN)/ruff check --fix --exit-zero .
	@$(BIN)/ruff format .
	@$(BIN)/python -m bot.config.default_file

accept: setup-test ## Every test at the sizes that the acceptance criteria state (takes long)
	@COGSWARM_SIZES=stated exec $(BIN)/python -m pytest -n 2 --dist loadgroup --timeout 3600

soak: setup-test ## Every test again and again in new orders, for MINUTES=30 or until one fails
	@exec $(BIN)/python scripts/soak.py --minutes $(MINUTES)

screenshots: setup-test ## Take the pictures of the documents anew, from the running demo
	@COGSWARM_SCREENSHOTS=1 exec $(BIN)/python -m pytest -q tests/e2e/test_demo_page.py tests/e2e/test_page_pictures.py

bench: setup-run ## Time what a person waits for, each RUNS=5 times: minimum, median, maximum
	@$(BIN)/python scripts/bench.py --runs $(RUNS)
	@$(BIN)/python tests/bench/acknowledged.py $(RUNS)
	@$(BIN)/python tests/bench/first_words.py $(RUNS)
	@$(BIN)/python tests/bench/ceiling.py $(RUNS)
	@$(BIN)/python tests/bench/same_subject.py
	@$(BIN)/python tests/bench/large_pull_request.py
	@$(BIN)/python tests/bench/deciding.py

lock: ## Pin all dependencies anew (UPGRADE=--upgrade takes the newest)
	@scripts/lock.sh

clean: ## Remove what the set-up and the tools made
	rm -rf .venv node_modules build dist .cache .hypothesis .pytest_cache .ruff_cache .import_linter_cache

setup-run:
	@scripts/setup.sh run

setup-test:
	@scripts/setup.sh test

lint: setup-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo
