# Two commands do everything, their own set-up included, on a machine that has Python 3.11 or newer and make:
#
#     make demo     install otkit into .venv, compile, solve two problems, print the certificates, draw the pictures
#     make test     every check that continuous integration makes
#     make docs     build the site, running every lesson, into docs/_build/html
#
# Both go on working offline once they have run. PYTHON=python3.13 chooses another interpreter.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test lint types imports unit nojit docs figures wheel format hook slow coverage test-lowest test-newest clean

VENV := .venv
BIN := $(VENV)/bin
WHEEL_VENV := .venv-wheel
LOWEST_VENV := .venv-lowest
NEWEST_VENV := .venv-newest
PIP_FLAGS := --quiet --disable-pip-version-check
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)
LOWEST_PYTHON ?= python3.11
NEWEST_PYTHON ?= $(shell for python in python3.15 python3.14 python3.13 python3.12 python3; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)

# Two workers, because two cores are what continuous integration has; more gain little.
PYTEST_FLAGS := -n 2 --quiet

# The tests of compiled kernels, which run a second time as plain Python.
KERNEL_TESTS := $(patsubst %,tests/test_%.py,basic_solution certificate costs discrete fixed_point integer_masses kernel_sums optimality pruning repair shared_arithmetic simplex single spanning_tree sums sweeps uniqueness)

# The tests of the whole, for the built wheel; they need nothing but otkit's own dependencies.
WHEEL_TESTS := $(patsubst %,tests/test_%.py,package datasets cli plots every_solver)

# The tests of what depends on the versions of other libraries: files, frames, the command, pictures, solvers, proofs.
LOWEST_TESTS := $(patsubst %,tests/test_%.py,package cli cli_files datasets every_solver frames io_tables io_text io_writing labels measures \
	optimality pairwise pickles plots results solve sparse stored trusted_code wasserstein_loss)

help:
	@sed -n 's/^\([a-z-]*\): .*## /  make \1\t/p' Makefile | expand -t 16

demo: $(VENV)/warm  ## install otkit, solve two problems, print certificates, draw pictures into demo-output/
	$(BIN)/python examples/demo.py demo-output
	$(BIN)/otkit emd demo-output/x.csv demo-output/y.csv --p 2

test: lint types imports unit nojit docs wheel  ## every check that continuous integration makes

lint: $(VENV)/installed-dev  ## ruff: faults and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/installed-dev  ## mypy
	$(BIN)/mypy

imports: $(VENV)/installed-dev  ## import-linter: a folder imports only from those below it
	$(BIN)/lint-imports

unit: $(VENV)/installed-dev  ## the tests, and the examples in docstrings, README and docs
	$(BIN)/pytest $(PYTEST_FLAGS)

# NumPy's scalars warn where machine code just gives the IEEE answer, inf or nan, and what kernels return are NumPy's
# floats here, which is all that the first deselected test would find; the others would take minutes.
nojit: $(VENV)/installed-dev  ## the kernels' tests once more, without the compiler
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest $(PYTEST_FLAGS) -W ignore::RuntimeWarning $(KERNEL_TESTS) \
		--deselect tests/test_certificate.py::test_fields_are_plain_numbers_for_json \
		--deselect tests/test_discrete.py::test_many_bins_in_several_blocks \
		--deselect tests/test_discrete.py::test_same_bits_on_any_number_of_threads_and_in_a_batch \
		--deselect tests/test_simplex.py::test_hard_cases_end_at_the_optimum \
		--deselect tests/test_simplex.py::test_both_roads_agree

# Every notebook is run by the build, a warning is an error, and no link may lead nowhere: not to a page of an earlier
# build either.
docs: $(VENV)/installed-dev  ## the site, into docs/_build/html
	rm -rf docs/_build
	$(BIN)/sphinx-build --quiet --nitpicky --fail-on-warning --keep-going --jobs 2 docs docs/_build/html
	$(BIN)/python docs/check_links.py docs/_build/html

figures: $(VENV)/installed-dev  ## draw the pictures of README and docs anew, benchmarks run included (some minutes)
	$(BIN)/python benchmarks/figures.py docs/images
	for script in docs/images/*.py; do $(BIN)/python $$script || exit 1; done

# The wheel is built from the source archive, so both are known to be complete, and its environment holds otkit's own
# dependencies and the test runner only: an import of something that is merely a development tool would fail here.
# The conftest.py of the checkout is left alone, since pytest would import otkit from beside it.
wheel: $(VENV)/installed-dev $(WHEEL_VENV)/made  ## the tests of the whole, against the built wheel
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist >/dev/null
	$(WHEEL_VENV)/bin/pip install $(PIP_FLAGS) dist/*.whl pytest pytest-timeout pytest-xdist hypothesis
	$(WHEEL_VENV)/bin/pip install $(PIP_FLAGS) --no-deps --force-reinstall dist/*.whl
	OTKIT_TEST_WHEEL=1 $(WHEEL_VENV)/bin/pytest $(PYTEST_FLAGS) --confcutdir=tests $(WHEEL_TESTS) -k 'not parquet'

slow: $(VENV)/installed-dev  ## the tests that take longer than a few seconds (an hour)
	$(BIN)/pytest $(PYTEST_FLAGS) -m slow

# Where this falls below what stands in pyproject.toml, new lines of a kernel are reached by no test.
coverage: $(VENV)/installed-dev  ## which lines of kernels their tests reach, without the compiler
	$(MAKE) nojit PYTEST_FLAGS="$(PYTEST_FLAGS) --cov --cov-report=term:skip-covered"

# Python 3.11 and the lowest version of each requirement that pyproject.toml allows. Old releases warn of what they use
# of one another; their caches are kept apart, since Numba's of this Python would replace those of .venv.
test-lowest: $(LOWEST_VENV)/installed-lowest  ## the tests that depend on versions, with the lowest of pyproject.toml
	NUMBA_CACHE_DIR=$(CURDIR)/$(LOWEST_VENV)/cache $(LOWEST_VENV)/bin/pytest $(PYTEST_FLAGS) -W ignore::DeprecationWarning $(LOWEST_TESTS)

# JAX is left out, so that what needs it is seen to be skipped.
test-newest: $(NEWEST_VENV)/installed-newest  ## all tests, with the newest Python here and the newest of everything
	$(NEWEST_VENV)/bin/pytest $(PYTEST_FLAGS)

format: $(VENV)/installed-dev  ## ruff: mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

hook:  ## make every commit run lint, types and imports first
	git config core.hooksPath .githooks

clean:  ## remove what these commands made
	rm -rf $(VENV) $(WHEEL_VENV) $(LOWEST_VENV) $(NEWEST_VENV) .coverage build dist demo-output docs/_build docs/tutorials docs/reference/generated .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# Stamp files: an environment is made once and refreshed when the metadata change.
$(LOWEST_VENV)/made: PYTHON := $(LOWEST_PYTHON)
$(NEWEST_VENV)/made: PYTHON := $(NEWEST_PYTHON)
$(VENV)/made $(WHEEL_VENV)/made $(LOWEST_VENV)/made $(NEWEST_VENV)/made:
	@test -n "$(PYTHON)" || { echo "otkit needs Python 3.11 or newer, and none was found. Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "otkit needs Python 3.11 or newer, but $(PYTHON) is `$(PYTHON) --version 2>&1`." >&2; exit 1; }
	$(PYTHON) -m venv --clear $(@D)
	@touch $@

$(VENV)/installed: $(VENV)/made pyproject.toml
	$(BIN)/pip install $(PIP_FLAGS) --editable .
	@touch $@

# The last step of an installation: compiling on all cores, where people see that it goes on.
$(VENV)/warm: $(VENV)/installed
	$(BIN)/otkit warmup --quick
	@touch $@

$(VENV)/installed-dev: $(VENV)/made pyproject.toml
	$(BIN)/python .ci/requirements.py dev > $(VENV)/dev.txt
	$(BIN)/pip install $(PIP_FLAGS) --editable . --requirement $(VENV)/dev.txt
	@touch $(VENV)/installed $@

$(LOWEST_VENV)/installed-lowest: $(LOWEST_VENV)/made pyproject.toml
	$(LOWEST_VENV)/bin/python .ci/requirements.py --lowest classifier neural parallel peers tables > $(LOWEST_VENV)/lowest.txt
	$(LOWEST_VENV)/bin/python .ci/requirements.py test > $(LOWEST_VENV)/test.txt
	$(LOWEST_VENV)/bin/pip install $(PIP_FLAGS) --editable . --requirement $(LOWEST_VENV)/lowest.txt --requirement $(LOWEST_VENV)/test.txt
	@touch $@

$(NEWEST_VENV)/installed-newest: $(NEWEST_VENV)/made pyproject.toml
	$(NEWEST_VENV)/bin/python .ci/requirements.py test > $(NEWEST_VENV)/test.txt
	$(NEWEST_VENV)/bin/pip install $(PIP_FLAGS) --upgrade --upgrade-strategy eager --editable '.[parallel,peers,tables]' --requirement $(NEWEST_VENV)/test.txt
	@touch $@
