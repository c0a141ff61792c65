# The two commands of the README need Python 3.11 or newer and make, nothing else.
# The first Python that is new enough and really runs: a version manager leaves names that do not.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; \
  done)
BIN = .venv/bin
# Without its bytecode each of the many processes that the tests start takes twice as long.
unexport PYTHONDONTWRITEBYTECODE

# What the page is judged by for those who cannot see it well; kept outside the checkout.
AXE = axe-core-4.14.1
AXE_FOLDER = $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tou-scheduler/$(AXE)

.PHONY: run test bench soak docs axe clean install

run: .venv/ready
	$(BIN)/tou run

test: .venv/ready-dev .venv-server/ready axe
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests benchmarks tools
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --cov --cov-report= tests/unit
	$(BIN)/pytest -n 2 --ignore=tests/unit --ignore=tests/browser
	$(BIN)/pytest -n 2 --dist loadfile tests/browser

bench: .venv/ready-dev
	$(BIN)/python -m benchmarks

# Ten minutes of days with random faults; not in CI.
soak: .venv/ready-dev
	$(BIN)/python -m tools.soak

# The handbook, with the program's own commands, pictures and outputs in it.
docs: .venv/ready-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

.venv/ready: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: set PYTHON to it." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

.venv/ready-dev: .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

# A program of others that the proxy transport is tried against; its packages stay apart from ours.
.venv-server/ready:
	$(PYTHON) -m venv .venv-server
	.venv-server/bin/pip install --quiet --disable-pip-version-check pypowerwall-server==0.13.0 || \
	  echo "pypowerwall-server cannot be installed: its test is skipped." >&2
	touch $@

# As root: sets the service up under /opt and /etc, and says what to edit next.
install:
	PYTHON='$(PYTHON)' DESTDIR='$(DESTDIR)' sh packaging/install.sh

axe: $(AXE_FOLDER)/axe.min.js

$(AXE_FOLDER)/axe.min.js:
	@mkdir -p $(AXE_FOLDER)
	cd $(AXE_FOLDER) && npm pack --silent $(subst core-,core@,$(AXE)) >/dev/null && \
	  tar -xzf $(AXE).tgz --strip-components=1 package/axe.min.js && rm $(AXE).tgz || \
	  echo "axe-core cannot be had (npm): the page's accessibility is not judged." >&2

clean:
	rm -rf .venv .venv-server build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
