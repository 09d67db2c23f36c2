# Each target does its own set-up (see .ci/environment); nothing is fetched when the locked packages are there.
# PYTHON=/path/to/python3.11 names the interpreter to build on.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
EVENTS ?= 1000000
LATTICE_EVENTS ?= 2000000
BOARDS_HOME ?= data/home/demo
ROWS ?= 10000000
export PYTHON

.PHONY: help env env-dev demo test lint format prove-faults prove-kills prove-canaries prove-ops prove-diff prove-days prove-cities prove-pages prove-fuzz prove-readers prove-boards
.PHONY: bench bench-lattice bench-stream bench-boards pictures

help: ## what can be made
	@echo "make TARGET, where TARGET is"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18

env: ## the packages that citybrain runs on, into .venv
	@.ci/environment run

env-dev: ## the same and what the tests need
	@.ci/environment dev

demo: env ## a synthetic city from nothing to boards on http://127.0.0.1:8501 (Ctrl-C ends it)
	$(BIN)/citybrain demo

test: env-dev ## lint, then all tests but the long proofs
	@$(MAKE) --no-print-directory lint
	$(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder

lint: env-dev ## style, types, who may import whom, YAML, SQL
	@BIN=$(BIN) .ci/lint

format: env-dev ## let ruff arrange the Python files
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

prove-faults: env-dev ## stop the program at every fault point in every way (kill, exit, full disk, ...); the rerun must end alike
	$(PYTEST) -n 2 -m proof tests/faults/test_matrix.py tests/faults/test_matrix_decisions.py

prove-kills: env-dev ## kill -9 at 300 random moments, 20 of them of the real command; the rerun must end where an undisturbed one does
	$(PYTEST) -n 2 -m proof tests/faults/test_kills.py

prove-canaries: env-dev ## planted personal words stay in the vault through whole runs, kills at any point, and shredding
	$(PYTEST) -m proof tests/faults/test_canaries_killed.py

prove-ops: env-dev ## with the daemon running, a dropped file reaches the boards by itself
	$(PYTEST) -m proof tests/integration/test_dev.py

prove-diff: env-dev ## 30 days with late, retracted and recoded files; the steps of random changes must add up
	$(PYTEST) -m proof tests/integration/test_trace_diff.py

prove-days: env-dev ## days one by one, another system date, a corrected row; thirty days with a code remapped, against one full build
	$(PYTEST) -m proof tests/integration/test_days.py tests/integration/test_thirty_days.py

prove-cities: env-dev ## Chicago, the leader board, a Big5 file (where their open data are), all 910,000 events of Rizhao: from files to boards
	CITYBRAIN_ALL_OF_RIZHAO=1 $(PYTEST) -m "proof or not proof" tests/integration/test_real_cities.py tests/integration/test_published_figures.py

prove-pages: env-dev ## what docs/add_a_city.md, add_a_metric.md and add_a_feed_kind.md say, done as written, to published figures
	$(PYTEST) -m "proof or not proof" tests/integration/test_add_pages.py tests/integration/test_add_a_city.py

prove-fuzz: env-dev ## 2,000 damaged files and 2,500 new examples of the properties of ingest; a writer that needs 30 s
	CITYBRAIN_EXAMPLES=500 $(PYTEST) -s -m "proof or not proof" tests/integration/test_fuzz.py tests/integration/test_properties.py tests/integration/test_slow_writer.py

prove-readers: env-dev ## 20 readers on running boards during 200 publishes: no error, no page of two builds, how soon the new one shows; every board within a scope
	$(PYTEST) -s -m proof tests/integration/test_readers.py tests/integration/test_scope.py

prove-boards: env-dev ## every board, box, option and kind of link in both languages in Chromium: no error, no foreign word, no bare chart
	$(PYTEST) -n 2 --dist worksteal -rP -m "proof or not proof" tests/browser tests/integration/test_board_numbers.py

bench: env-dev ## our CPU time against a hand-written pipeline over the same EVENTS (default a million) events
	$(BIN)/python bench/run.py --events $(EVENTS)

bench-lattice: env-dev ## how many published figures, and megabytes, a city of LATTICE_EVENTS (2 million) in 4,281 grids has
	$(BIN)/python bench/lattice.py --events $(LATTICE_EVENTS)

bench-stream: env-dev ## how one CSV of ROWS (default ten million) records streams: CPU against a reading by hand, memory
	$(BIN)/python bench/stream.py --rows $(ROWS)

bench-boards: env-dev ## first paint, 25 viewers at once and more, the front page, on the home BOARDS_HOME (a demo's)
	$(BIN)/python bench/boards.py --home $(BOARDS_HOME) --most

pictures: env-dev ## the pictures of the README, from running boards (needs chromium)
	$(BIN)/python docs/make_pictures.py
