# Each target first sets up what it needs, in .venv.

PYTHON = python3 python3.14 python3.13 python3.12 python3.11
INSTALL = .venv/bin/python -m pip install --constraint constraints.txt
COG = .venv/bin/python -m cogapp -I .
DOCUMENTS = $(wildcard README.md docs/*.md docs/*/*.md)

# Errors alone, no advice.
export PIP_QUIET = 2
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help demo test test-deep test-mutants lint bench bench-scale bench-postgresql bench-pooler corpus engine-row upgrade-fixture docs docs-check constraints clean
.NOTPARALLEL:

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 17

demo: .venv/runtime ## run the demo: a simulated study, in a database of its own
	@.venv/bin/regimen demo

test: .venv/test ## run the tests, on SQLite and on PostgreSQL (which comes with the set-up)
	.venv/bin/pytest -n 2

test-deep: .venv/test ## run all tests, the slow ones too, with many more examples; 1,000 clean databases among them
	.venv/bin/pytest -n 2 -m '' --hypothesis-profile=deep

test-mutants: .venv/test ## see that the tests find each of the small changes in tests/mutants/mutants.txt
	.venv/bin/python -m tests.mutants.run

lint: .venv/test ## check style, types and the direction of imports
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

bench: .venv/test ## measure
	.venv/bin/python tests/bench/bench.py

bench-scale: .venv/test ## measure lists of a million entries (build/million.db, made once and kept)
	.venv/bin/python tests/bench/scale.py

bench-postgresql: .venv/test ## measure commands on PostgreSQL, on disk, with 1, 8 and 32 writers
	.venv/bin/python tests/bench/postgresql.py

bench-pooler: .venv/test ## run commands through pgbouncer in transaction mode (apt-get install pgbouncer)
	.venv/bin/python tests/bench/pooler.py

corpus: .venv/test ## write the engine's answers anew, for its present number
	.venv/bin/python -m tests.corpus.write

engine-row: .venv/test ## note that the sources that decide have changed; WHY="..." where no answer can change
	@.venv/bin/python -m tests.corpus.sources

docs: .venv/test ## write the generated parts of the documents anew
	$(COG) -r $(DOCUMENTS)

docs-check: .venv/test ## check that the generated parts of the documents are current
	$(COG) --check --diff $(DOCUMENTS)

upgrade-fixture: .venv/test ## make the databases that later releases have to open; once for each release
	.venv/bin/python -m tests.upgrade.make

constraints: .venv/created ## write constraints.txt anew; use the oldest Python, which needs the most packages
	.venv/bin/python -m venv --clear build/venv
	build/venv/bin/python -m pip install --upgrade --editable '.[test]' setuptools
	(echo '# Everything that .[test] installs. Made by `make constraints`.'; \
	build/venv/bin/python -m pip freeze --all --exclude pip --exclude-editable) > constraints.txt

clean: ## remove everything that the targets made
	rm -rf .venv build dist *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -r {} +

# A command may exist and still not run (a version manager's stub), or lack venv (Debian packs it apart).
.venv/created:
	@for python in $(PYTHON); do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
	  $$python -c 'import ensurepip, venv' >/dev/null 2>&1 || { bare=$$python; continue; }; \
	  echo "setting up .venv with $$($$python --version)" >&2; \
	  $$python -m venv --clear .venv && touch $@; exit; \
	done; \
	if [ "$$bare" ]; then \
	  echo "error: $$bare cannot make virtual environments; install its venv module (Debian: apt install python3-venv)"; \
	else \
	  echo "error: no Python 3.11 or later on the PATH (tried: $(PYTHON)); install one, or name it: make PYTHON=..."; \
	fi >&2; exit 1

# One environment for all: the tests' packages come on top of the runtime's. Without build isolation, so that the
# builder's version is held by constraints.txt too.
.venv/runtime: pyproject.toml constraints.txt | .venv/created
	@$(INSTALL) setuptools
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

.venv/test: pyproject.toml constraints.txt | .venv/created
	@$(INSTALL) setuptools
	@$(INSTALL) --no-build-isolation --editable '.[test]'
	@touch $@ .venv/runtime
