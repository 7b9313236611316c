# Shanggang 上岗: everything a newcomer, a tester and an operator type. `make` alone lists it.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT    ?= 5000
WORKERS ?= 2
JOBS    ?= 2
WAITING ?= 3
PYTHON  ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
             $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

BIN     := .venv/bin
FLASK   := $(BIN)/python -m flask --app app
PIP     := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
PYTEST  := $(BIN)/python -m pytest --dist worksteal
LONG    := browser or postgres or slow
CATALOGS = $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/*.po))

export PORT WORKERS

.PHONY: help
help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

# --- environment -------------------------------------------------------------

.venv/bin/python:
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Shanggang needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Setting up .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv || \
	  { rm -rf .venv; echo "Python has no venv module here; on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }

.venv/runtime.stamp: requirements.txt | .venv/bin/python
	@echo "Installing what the product needs"
	@$(PIP) -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt .venv/runtime.stamp
	@echo "Installing what tests and checks need"
	@$(PIP) -r requirements-dev.txt
	@touch $@

%.mo: %.po .venv/runtime.stamp
	@$(BIN)/pybabel --quiet compile -i $< -o $@

.PHONY: setup setup-runtime
setup: .venv/dev.stamp setup-runtime  ## make .venv with everything pinned, compile translations

setup-runtime: .venv/runtime.stamp
	@$(if $(CATALOGS),$(MAKE) --silent --no-print-directory $(CATALOGS),:)

# --- running -----------------------------------------------------------------

.PHONY: run serve migrate
run: setup-runtime  ## try it: embedded database, demo data, http://127.0.0.1:PORT
	@$(FLASK) db upgrade
	@$(FLASK) demo load --if-empty
	@exec $(FLASK) demo serve --port $(PORT)

serve: setup-runtime  ## production server (PORT, WORKERS, SHANGGANG_DATABASE_URL)
	@now=$$($(FLASK) db current) || exit 1; \
	  case "$$now" in *"(head)"*) ;; *) echo "The database is not up to date; run: make migrate" >&2; exit 1;; esac
	@exec $(BIN)/python -m gunicorn --config gunicorn.conf.py 'app:create_app()'

migrate: setup-runtime  ## bring the database to this version's tables
	@$(FLASK) db upgrade

# --- checking ----------------------------------------------------------------

.PHONY: check check-static test test-unit bench fix
check: check-static test-unit  ## for every commit: format, lint, types, layers, templates, translations, unit tests

check-static: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python -m tools.check_translations
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive .
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	  export SHANGGANG_DATABASE_URL="sqlite:///$$dir/check.sqlite3" && \
	  echo "$(FLASK) db check" && $(FLASK) db upgrade && $(FLASK) db check

test: setup  ## every test once; the fast ones must cover 90 % or more
	$(PYTEST) -n $(JOBS) -m "not ($(LONG))" --cov --cov-report=term:skip-covered
	$(PYTEST) -n $(WAITING) -m "$(LONG)"

test-unit: setup  ## the fast tests: no browser, no PostgreSQL
	$(PYTEST) -n $(JOBS) -m "not ($(LONG))"

bench: setup  ## measure speed on this machine
	@$(BIN)/python -m benchmarks

fix: setup  ## format and repair what can be repaired safely
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

BASE     ?= http://127.0.0.1:$(PORT)

.PHONY: screenshots
screenshots: setup  ## pictures of a running demo: make screenshots PASSWORD=… (BASE=http://…)
	@$(BIN)/python -m tools.screenshot --base "$(BASE)" --password "$(or $(PASSWORD),$(error Say the password of the demo: make screenshots PASSWORD=…))"

.PHONY: samples
samples: setup  ## write docs/samples anew: a file for each shape in which offices hold questions
	@$(BIN)/python -m tools.sample_files

# --- upkeep ------------------------------------------------------------------

.PHONY: po lock clean
po: setup  ## collect new texts into translations/en for translating
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	  $(BIN)/pybabel --quiet extract -F babel.cfg --ignore-dirs='.*' -k _l -k lazy_gettext -k lazy_ngettext:1,2 -k lazy_pgettext:1c,2 \
	    --sort-output --no-location --project=Shanggang -o "$$dir/messages.pot" . && \
	  $(BIN)/pybabel --quiet update -i "$$dir/messages.pot" -d translations -l en --init-missing \
	    --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width=100
	@$(BIN)/python -m tools.check_translations || true

lock:  ## pin dependencies anew after a change of requirements*.in (uses uv)
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	  $(PYTHON) -m venv "$$dir" && "$$dir/bin/python" -m pip --disable-pip-version-check install --quiet uv && \
	  for name in requirements requirements-dev; do \
	    "$$dir/bin/uv" pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-strip-extras \
	      --custom-compile-command "make lock" $(UVFLAGS) $$name.in -o $$name.txt || exit 1; \
	  done

clean:  ## remove everything made here, except instance/ with its data and keys
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -f translations/*/LC_MESSAGES/*.mo
