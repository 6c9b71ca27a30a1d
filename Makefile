# Every target works inside this folder: .venv holds Python's packages, build what is made on the way,
# var what the running bot keeps. Only system-packages changes the machine.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test try check bench coverage docs lock licences pictures dist node-tools system-packages clean

PYTHON ?=
ARGS ?=
PYTHONS := $(if $(PYTHON),$(PYTHON),python3.11 python3.12 python3.13 python3.14 python3)
FITS := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
IN_VENV := .venv/bin/python -m
PIP_INSTALL := $(IN_VENV) pip install --quiet --constraint constraints.txt
BUILT_AS_LOCKED := --build-constraint constraints.txt
SYSTEM_PACKAGES := chromium fonts-dejavu-core postgresql redis-server nginx strace $(if $(shell command -v npm),,npm)
SUDO = $(shell [ "$$(id -u)" = 0 ] || echo sudo)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

run: .venv/installed ## Serve the chatbot on http://127.0.0.1:8000
	@echo "Starting the chatbot; it keeps its data in $(CURDIR)/var, and Ctrl-C stops it."
	@exec .venv/bin/chatbot serve

test: .venv/tools ## Run all tests (ARGS="-k wheel" for some)
	@echo "Testing with $(CURDIR)/.venv; what this machine lacks a program for is skipped and named."
	@$(IN_VENV) pytest --numprocesses auto $(ARGS)

try: .venv/tools ## Try three servers with PostgreSQL, Redis and nginx, under load and with faults (ARGS="--seconds 20")
	@deploy/try $(ARGS)

check: .venv/tools ## Lint, format, types, fitting versions, and who imports whom
	$(IN_VENV) ruff check
	$(IN_VENV) ruff format --check
	$(IN_VENV) mypy
	$(IN_VENV) pip check
	$(IN_VENV) pytest --quiet tests/test_layers.py

bench: .venv/tools ## Measure speed, memory and size, the widget beside two others, into benchmarks/results
	-@$(MAKE) --silent build/peers/installed
	@.venv/bin/python benchmarks/run.py

coverage: .venv/tools ## Run all tests and say which lines and branches none of them reaches
	@$(IN_VENV) pytest --numprocesses auto --cov --cov-report=term-missing:skip-covered $(ARGS)

docs: .venv/tools ## Build docs/ as a site into build/site, and fail where a link is broken
	@.venv/bin/zensical build --clean --strict
	@echo "Open build/site/index.html, or serve it to search it: $(IN_VENV) http.server -d build/site 8080"

# The first pip of a virtual environment may be too old to know dependency groups.
lock: .venv/pyvenv.cfg ## Write constraints.txt anew: the newest versions that pyproject.toml allows
	$(IN_VENV) venv --clear build/lock
	build/lock/bin/python -m pip install --quiet --upgrade pip
	build/lock/bin/python -m pip install --quiet --editable . --group dev
	@{ echo "# The versions that are installed and tested; written by 'make lock'."; \
	  build/lock/bin/python -m pip freeze --all --exclude-editable --exclude setuptools; } > build/constraints.txt
	@mv build/constraints.txt constraints.txt && rm -r build/lock

licences: .venv/tools ## Write docs/licences.md anew, from what the installed libraries say
	@.venv/bin/python tests/licences.py

dist: .venv/tools ## Build the wheel and the source distribution into dist
	@$(IN_VENV) build --no-isolation
	@ls dist

pictures: .venv/tools ## Take pictures of widget and desk into build/pictures, and those of README and docs
	@PYTHONPATH=tests $(IN_VENV) browser.pictures

node-tools: build/node/installed ## Install from npm into build/node what reads the widget's source and pages

system-packages: ## Install with apt-get what some tests need beside Python: a browser, servers
	@command -v apt-get > /dev/null || { echo "No apt-get here. Install by hand: $(SYSTEM_PACKAGES)" >&2; exit 1; }
	$(SUDO) apt-get update --quiet
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends $(SYSTEM_PACKAGES)

clean: ## Remove all that was made here, but not var: it holds the bot's data
	rm -rf .venv build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -r {} +

build/node/installed: $(wildcard tests/browser/node/*)
	@command -v npm > /dev/null || { echo "No npm here: make system-packages installs it." >&2; exit 1; }
	@mkdir -p build/node && cp tests/browser/node/* build/node
	@npm ci --prefix build/node --no-audit --no-fund --silent
	@touch $@

build/peers/installed: $(wildcard benchmarks/peers/*)
	@mkdir -p build/peers && cp benchmarks/peers/* build/peers
	@npm ci --prefix build/peers --no-audit --no-fund --ignore-scripts --silent
	@touch $@

.venv/pyvenv.cfg:
	@for python in $(PYTHONS); do \
	  if $$python -c '$(FITS)' 2> /dev/null; then \
	    echo "Making $(CURDIR)/.venv with $$($$python --version)"; \
	    exec $$python -m venv --clear .venv; \
	  fi; \
	done; \
	echo "No Python 3.11 or newer with its venv module (tried: $(PYTHONS)). Install one (on Debian" \
	  "'apt-get install python3-venv'), or name it: make PYTHON=/path/to/python3 ..." >&2; \
	exit 1

# Editable, so that what is tested and served is what stands here; tests/test_wheel.py tries the wheel itself.
.venv/installed: .venv/pyvenv.cfg pyproject.toml constraints.txt
	@echo "Installing the chatbot into $(CURDIR)/.venv (the first time takes about a minute)"
	@$(PIP_INSTALL) --upgrade pip
	@$(PIP_INSTALL) $(BUILT_AS_LOCKED) --editable .
	@touch $@

.venv/tools: .venv/installed
	@echo "Installing the test tools into $(CURDIR)/.venv"
	@$(PIP_INSTALL) --group dev
	@touch $@
