# The whole developer interface. `make run` and `make test` need python3 (3.11 or newer) with venv and pip, nothing else.
PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
export PORT
ifneq ($(wildcard ../shared/data),)
export PILOT_REFERENCE_DATA ?= $(abspath ../shared/data)
endif

.PHONY: run setup test check docs bench container assets lock clean

run: setup
	@$(BIN)/python -m pilot demo --serve

setup: $(VENV)/.run

# The databases of the tests lie in memory where there is room for them: most of the time would go into waiting for a disk.
test: export TMPDIR := $(shell [ -w /dev/shm ] && [ "$$(df -Pk /dev/shm | awk 'NR==2 {print $$4}')" -gt 2000000 ] && echo /dev/shm || echo $${TMPDIR:-/tmp})
# The processes that tests start would each compile everything anew where this is set.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.dev browser
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --ignore=tests/journeys
	$(BIN)/python -m pytest -n auto --maxschedchunk 1 tests/journeys  # apart: a browser's loop stays open to the end of its process

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.checks
	$(BIN)/python -m tests.rules_of_voting --check

# Write docs/rules-of-voting.md from the tests of the rules.
docs: $(VENV)/.dev
	$(BIN)/python -m tests.rules_of_voting

bench: $(VENV)/.dev
	@for file in bench/*.py; do echo "$$file" >&2; $(BIN)/python $$file || exit 1; done

# The image `pilot`, by whichever builder is there.
container:
	@for builder in podman buildah docker; do \
	  if command -v $$builder >/dev/null 2>&1; then exec $$builder build -t pilot -f Containerfile .; fi; \
	done; \
	echo "Building the container needs podman, buildah or docker, and none of them was found. Install one and try again." >&2; exit 1

# Refresh the vendored files in static/ from the npm registry; the only thing that needs node.
assets:
	sh assets/build.sh

# Choose the newest versions that fit pyproject.toml and write them down.
lock:
	rm -rf $(VENV)-lock && $(PY) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install -q -e '.[evaluate,postgres,dev]'
	$(VENV)-lock/bin/python -m pip freeze --exclude-editable > constraints.txt
	rm -rf $(VENV)-lock

# uv is used when it is found: it is quicker. Both install the locked versions.
define install
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Pilot needs Python 3.11 or newer, and $(PY) is not. Name another one like this: make run PY=python3.12" >&2; exit 1; }
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv -q --seed --allow-existing -p $(PY) $(VENV) && uv pip install -q -p $(VENV) -c constraints.txt -e '.[$(1)]'; \
	else \
	  { [ -x $(BIN)/python ] || $(PY) -m venv $(VENV); } && $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[$(1)]'; \
	fi
	@touch $@
endef

$(VENV)/.run: pyproject.toml constraints.txt
	@echo "Setting up (about a minute the first time) …"
	$(call install,evaluate)

$(VENV)/.dev: pyproject.toml constraints.txt
	@echo "Setting up for the tests (about two minutes the first time) …"
	$(call install,evaluate$(comma)postgres$(comma)dev)
	@touch $(VENV)/.run

comma := ,

# A real Chromium: Debian's package when we may install it (the shell without windows is quicker), else the one that is
# there, else Playwright's own.
.PHONY: browser
browser: $(VENV)/.dev
	@if command -v chromium-headless-shell >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-liberation; then :; \
	elif command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; then :; \
	else $(BIN)/python -m playwright install chromium; fi

clean:
	rm -rf $(VENV) data .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
