# Everything starts here. On a machine with Python 3.11 to 3.13 and make, `make nightly` needs nothing else.
# PYTHON=python3.12 chooses another Python.

ifneq ($(words $(CURDIR)),1)
$(error The path "$(CURDIR)" holds a space, which make and the programs that it installs do not take: move the folder)
endif

PYTHON ?= python3
COMPOSE ?= docker compose
VENV := .venv
BIN := $(VENV)/bin
HOME_DIR := $(or $(TAIZHANG_HOME),var)
INBOX := $(or $(TAIZHANG_INBOX),$(HOME_DIR)/inbox)
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: setup nightly test chaos soak truth test-compose test-machines test-browser secrets containers up down lint lint-python lint-sql lint-dbt lint-contracts lint-secrets format contracts docs metrics holidays lock bench help

## setup      install the locked environment into .venv; done again only when the lock changes
setup: $(VENV)/installed

$(VENV)/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	    || { echo "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@# The lock holds uv too, with its hashes; uv does the rest ten times as fast as pip.
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.txt > $(VENV)/uv.txt
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --require-hashes --no-deps -r $(VENV)/uv.txt
	@# uv does not read pip's configuration: a mirror that is set up there is handed on.
	@mirror="$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)}"; \
	    if [ -n "$$mirror" ] && [ -z "$${UV_DEFAULT_INDEX:-}" ]; then export UV_DEFAULT_INDEX="$$mirror"; fi; \
	    $(BIN)/uv pip install --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.txt
	@$(BIN)/uv pip install --python $(BIN)/python --offline --no-deps --no-build-isolation --editable .
	@touch $@

## nightly    one whole night: on the inbox's extracts, or on the demo county's if there are none
nightly: setup
	@case "$(INBOX)" in *://*) ;; *) test -n "$$(ls -A $(INBOX) 2>/dev/null)" \
	    || { rm -rf $(INBOX).new && taizhang demo $(INBOX).new && rm -rf $(INBOX) && mv $(INBOX).new $(INBOX); } ;; esac
	@taizhang night

## test       the tests, but for those that have a target of their own below
test: setup
	@# One more than there are cores, as tests wait for the programs that they start. In order of their names, the whole
	@# nights begin early; by their number of tests they would come last.
	pytest --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

## chaos      inject every fault, print what was lost and put it into docs/reliability.md (root, about an hour)
chaos: setup
	CHAOS_TRIES=12 RELIABILITY_PAGE=docs/reliability.md pytest tests/chaos -m "not soak"

## soak       sixty nights in a row of a small county
soak: setup
	RELIABILITY_PAGE=docs/reliability.md pytest tests/chaos -m soak

## truth      of every kind what was planted and what was found, for some counties: make truth SEEDS=3 PEOPLE=5000
truth: setup
	TRUTH_SEEDS=$(or $(SEEDS),3) TRUTH_PEOPLE=$(or $(PEOPLE),1500) pytest tests/end_to_end/test_seeds.py -m truth

## test-compose  docker-compose.yml on a real Docker engine (root, Debian: docker.io, docker-compose, debootstrap)
test-compose: setup
	pytest tests/compose

## test-machines  two Celery workers, S3 and SFTP (Debian: redis-server, openssh-server)
test-machines: setup
	pytest tests/machines

## test-browser  Airflow after `make up` in a real browser (Debian: chromium, fonts-noto-cjk)
test-browser: setup
	pytest tests/end_to_end -m browser

## secrets    make up the passwords that docker-compose.yml asks for
secrets:
	@$(PYTHON) deploy/make_secrets.py

## containers  all of docker-compose.yml, built and brought up; COMPOSE=docker-compose for the older program
containers: secrets
	$(COMPOSE) build
	$(COMPOSE) up --detach

## up         serve Airflow with its scheduler, on the embedded Postgres
up: setup
	@taizhang up

## down       stop what `make up` started
down: setup
	@taizhang down

## bench      reading, loading and reconciling beside the plain thing, on the demo county: ratios
bench: setup
	@python -W ignore -m bench

## lint       style, types, SQL, models, layers, dependencies, dead code, secrets, contracts
lint: lint-python lint-sql lint-dbt lint-contracts

lint-python: setup lint-secrets
	ruff check
	ruff format --check
	mypy
	lint-imports --no-logo
	deptry .
	vulture

# What looks like a secret and is none stands in the baseline, or says so on its line: `pragma: allowlist secret`.
lint-secrets: setup
	@detect-secrets-hook --baseline .secrets.baseline $$(git ls-files) \
	    || test $$? = 3  # lines have moved: it has written their new numbers

# sqlfluff compiles the models, so it needs a warehouse to ask.
lint-sql: setup
	@python -W ignore -c 'from taizhang.warehouse import bring_up_to_date; bring_up_to_date()'
	sqlfluff lint --disable-progress-bar --processes 2 dbt_project/models

# The models as dbt parses them; no warehouse is asked.
lint-dbt: setup
	@dbt parse --quiet --project-dir dbt_project --profiles-dir dbt_project
	dbt-score lint --manifest dbt_project/target/manifest.json
	dbt-bouncer run --config-file dbt_project/dbt-bouncer.yml --show-all-failures
	@python -m dbt_project.lint.coverage dbt_project/target
	@for kind in doc test; do dbt-coverage compute $$kind --run-artifacts-dir dbt_project/target/coverage \
	    --cov-report dbt_project/target/coverage/$$kind.json --cov-fail-under 1 || exit 1; done

lint-contracts: setup
	@for contract in contracts/*.yaml; do datacontract lint $$contract || exit 1; done

## format     put Python and SQL into our style
format: setup
	ruff check --fix
	ruff format
	@python -W ignore -c 'from taizhang.warehouse import bring_up_to_date; bring_up_to_date()'
	sqlfluff fix --disable-progress-bar dbt_project/models

## contracts  write again what follows from contracts/*.yaml, taizhang/rules.py and the seeds of suspicions
contracts: setup
	python -m taizhang.contract_dbt
	python -m taizhang.rules_page
	python -m taizhang.suspicions_page

## docs       the models, their columns and lineage and the last night's checks, served on this machine
docs: setup
	@taizhang docs

## metrics    what the metrics say: make metrics METRICS=working_away,trained BY=township__division_name
metrics: setup
	@python -W ignore -c 'from taizhang.warehouse import bring_up_to_date; bring_up_to_date()'
	@cd dbt_project && export TAIZHANG_HOME=$(abspath $(HOME_DIR)) TAIZHANG_MARTS_SCHEMA=marts DBT_PROFILES_DIR=. \
	    && dbt --quiet parse && mf query --metrics $(METRICS) $(if $(BY),--group-by $(BY))

## holidays   write China's public holidays again, once the State Council has told those of another year
holidays: setup
	python -m taizhang.holiday

## lock       renew requirements.txt from pyproject.toml (UPGRADE=--upgrade takes the newest versions)
lock: setup
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    --no-annotate $(UPGRADE) pyproject.toml --group dev --output-file requirements.txt

## help       this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)
