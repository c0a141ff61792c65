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

.PHONY: run test lint counted booted bench soak docs axe clean install deb image homeassistant release

run: .venv/ready
	$(BIN)/tou run

# Walks by the minute and generated files: counting their lines costs three times the tests, and
# what they reach is reached without them.
WALKS = tests/unit/plan/test_oracle.py tests/unit/plan/test_shipped.py tests/unit/imports/test_fuzz.py
PYTEST = $(BIN)/pytest -n 2 --dist worksteal

# On two cores: what can be fetched together is, and the linters run beside the first tests.
test:
	$(MAKE) -j2 .venv/ready-dev .venv-server/ready axe
	$(MAKE) -j2 lint counted
	$(PYTEST) $(WALKS) $(filter-out tests/unit/ tests/browser/ tests/booted/,$(wildcard tests/*/))
	$(BIN)/pytest -n 2 --dist loadfile tests/booted tests/browser

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests benchmarks tools
	$(BIN)/lint-imports

# Enough of the rooms without a clock, a file or a network is reached from memory alone.
counted: .venv/ready-dev
	$(PYTEST) --cov --cov-report= tests/unit $(addprefix --ignore=,$(WALKS))

bench: .venv/ready-dev
	$(BIN)/python -m benchmarks

# What `make test` tries in Debian 12, in Debian 13 too, and the image; as root.
booted: .venv/ready-dev
	BOOTED_RELEASES="bookworm trixie" $(BIN)/pytest tests/booted

# What searches with examples that nobody has seen yet: the properties, and ten minutes of days with
# random faults; not in CI.
soak: .venv/ready-dev
	$(PYTEST) --hypothesis-profile search -m hypothesis tests
	$(BIN)/python -m tools.soak

# The handbook, with the program's own commands, pictures and outputs in it.
docs: .venv/ready-dev
	$(BIN)/python -m tools.screenshots
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

.venv/ready: pyproject.toml constraints.txt
	$(call fill,.)
	touch $@

.venv/ready-dev: pyproject.toml constraints.txt
	$(call fill,'.[dev]')
	touch .venv/ready $@

define fill
@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: set PYTHON to it." >&2; exit 1; }
$(PYTHON) -m venv .venv
$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable $(1)
endef

# A program of others that the proxy transport is tried against; its packages stay apart from ours.
.venv-server/ready:
	$(PYTHON) -m venv .venv-server
	.venv-server/bin/pip install --quiet --disable-pip-version-check pypowerwall-server==0.13.0 || \
	  echo "pypowerwall-server cannot be installed: its test is skipped." >&2
	touch $@

# As root: sets the service up under /opt and /etc, and says what to edit next.
install:
	PYTHON='$(PYTHON)' DESTDIR='$(DESTDIR)' EXTRAS='$(EXTRAS)' sh packaging/install.sh

# A package for this machine's release of Debian or Ubuntu.
deb:
	sh packaging/deb.sh dist

# An image, by docker, podman or buildah.
image:
	sh packaging/image.sh

# The folder of an app of Home Assistant, built from the same file as the image.
homeassistant:
	sh packaging/homeassistant.sh

# All of them with digests and the list of what is in them, in dist/.
release: .venv/ready-dev
	$(BIN)/python -m tools.release dist

axe: $(AXE_FOLDER)/axe.min.js

$(AXE_FOLDER)/axe.min.js:
	@mkdir -p $(AXE_FOLDER)
	cd $(AXE_FOLDER) && npm pack --silent $(subst core-,core@,$(AXE)) >/dev/null && \
	  tar -xzf $(AXE).tgz --strip-components=1 package/axe.min.js && rm $(AXE).tgz || \
	  echo "axe-core cannot be had (npm): the page's accessibility is not judged." >&2

clean:
	rm -rf .venv .venv-server build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
