# From nothing: `make run`, `make test`, `make prove`. Nothing here needs more than Python 3.11 and make.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TESTS := $(VENV)/.installed-tests
TEST_ARGS ?= -n 2
# A named release comes before python3, which may be one built without optimizations, and slower; one without its venv module
# comes last, to be told what is missing.
PYTHON ?= $(shell for needs in "ensurepip, venv" ""; do for name in python3.13 python3.12 python3.11 python3 python3.14; do \
	if $$name -c "import sys, $${needs:-os}; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1; then echo $$name; exit; fi; \
	done; done)

# Some machines forbid Python to keep what it compiles; here dozens of processes import the same thousand files.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test prove counts check audit bench faults screenshots states messages tools containers start

run: $(STAMP)
	@$(BIN)/flask prepare
	@exec $(BIN)/python -m wss_cases.jobs.supervisor

test: $(TESTS) tools
	@$(BIN)/python -m pytest $(TEST_ARGS)

# A release: every test on every database and in the full sizes, then the large counts; three quarters of an hour on two cores.
prove: check
	@$(MAKE) --no-print-directory test TEST_ARGS="$(TEST_ARGS) --full-cross"
	@$(MAKE) --no-print-directory counts

# Answers of the rules, killed processes, broken mail servers, a scheduler before 100,000 waiting rows, generated stories and attacked tables, by the hundreds.
# More of each: `make counts FAULTS="--scale 1" STORIES="--count 5000 --pages 300" TABLES=1000` (tables: twice as many).
FAULTS ?= --scale 0.3
STORIES ?=
TABLES ?= 200
FACTS ?= 3000
VALUES ?= 5000
ROWS ?= 100000
counts: $(TESTS) tools
	@$(BIN)/python -m tests.routing $(FACTS)
	@$(BIN)/python -m tests.access.attacks
	@$(BIN)/python -m tests.web.inputs $(VALUES)
	@$(BIN)/python -m tests.faults $(FAULTS)
	@$(BIN)/python -m tests.faults.machines
	@$(BIN)/python -m tests.jobs $(ROWS) --minutes 5
	@$(BIN)/python -m tests.safeguards $(STORIES) --kind sqlite & one=$$!; \
		$(BIN)/python -m tests.safeguards $(STORIES) --kind postgresql && wait $$one
	@$(BIN)/python -m tests.plans.public
	@$(BIN)/python -m tests.suppression $(TABLES) 0 & one=$$!; \
		$(BIN)/python -m tests.suppression $(TABLES) $(TABLES) && wait $$one

check: $(TESTS)
	@$(BIN)/python -m tests.tools.checks

# Known holes in the libraries of both lists; needs the network and pip-audit.
audit: $(TESTS)
	@$(BIN)/python -m tests.tools.library_holes

bench: $(TESTS)
	@$(BIN)/python -m tests.bench $(BENCH_ARGS)

faults: $(TESTS) tools
	@$(BIN)/python -m tests.faults

# The image and compose.yaml without a container engine: the same steps as somebody who owns nothing. Root, PostgreSQL, nginx.
containers: $(TESTS)
	@$(BIN)/python -m tests.containers

# From nothing to a report, as docs/start.md says, line by line. Chromium.
start: $(TESTS)
	@$(BIN)/python -m tests.start

screenshots: $(TESTS)
	@$(BIN)/python -m tests.browser.pictures.screenshots

states: $(TESTS)
	@$(BIN)/python -m tests.tools.state_diagrams

# New words into the catalogue (translate what is empty, run it again), and the compiled form that is served.
CATALOGUES := wss_cases/translations
messages: $(STAMP)
	@$(BIN)/pybabel -q extract -F pyproject.toml -k _l -k lazy_gettext -k marked --no-location --sort-output \
		-o $(CATALOGUES)/messages.pot .
	@$(BIN)/pybabel -q update -i $(CATALOGUES)/messages.pot -d $(CATALOGUES) -l es --no-fuzzy-matching --ignore-pot-creation-date
	@$(BIN)/pybabel -q compile -d $(CATALOGUES) --statistics
	@rm $(CATALOGUES)/messages.pot

# PostgreSQL and Chromium: installed where this may be done, otherwise named.
tools:
	@sh .ci/tools

# Compared by content: a checkout that touches the file without changing it costs nothing. The lock names all that is
# needed, so pip resolves nothing (an older pip takes a newer release than the pinned one for a package with extras,
# and refuses it for want of a hash); that nothing lacks is checked afterwards.
$(STAMP): requirements.lock
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed (python3 was not found, or is older)." >&2; exit 1; fi
	@if [ -f $@ ] && [ -x $(BIN)/python ] && cmp -s requirements.lock $@; then touch $@; else \
		echo "Making the Python environment in $(VENV) ..." && \
		{ $(PYTHON) -m venv $(VENV) || { \
			echo "Python's venv module is incomplete here (on Debian: the package python3-venv)." >&2; exit 1; }; } && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
			--no-deps -r requirements.lock && \
		$(BIN)/python -m pip --disable-pip-version-check check && \
		cp requirements.lock $@; fi

# What only tests and checks use is no part of what runs in a school. It is sixty megabytes of Python, of which a run imports little:
# that is compiled as it is imported.
$(TESTS): $(STAMP) tests/requirements.lock
	@if [ -f $@ ] && cmp -s tests/requirements.lock $@; then touch $@; else \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
			--no-compile --no-deps -r tests/requirements.lock && \
		$(BIN)/python -m pip --disable-pip-version-check check && \
		cp tests/requirements.lock $@; fi
