# Two commands do everything on a fresh machine: `make synth` speaks a verified clip, `make test` passes the tests.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: synth test test-engines check samples listen reference benchmark fuzz audit clean

synth: $(VENV)/.core
	mkdir -p out
	$(BIN)/voiceact synth --persona nurse --emotion Concern --out out/nurse-concern.wav --plot out/nurse-concern.png

test: $(VENV)/.test
	$(BIN)/python -m pytest

# What needs torch and other large libraries, each stack of them in an environment of its own; some 10 minutes on two cores, and
# nothing is begun after MINUTES. Another torch than the CPU build that pip finds: VOICEACT_TORCH=torch==2.13.0.
MINUTES ?= 45
test-engines:
	$(PYTHON) tests/run_engines.py --minutes $(MINUTES)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy

samples: $(VENV)/.core
	$(BIN)/python samples/make.py

# A listening test of the shipped samples: open the address it prints; Ctrl-C ends it, the same command goes on.
listen: $(VENV)/.listen
	mkdir -p out
	test -d out/listen || $(BIN)/voiceact listen new samples --protocol presence --per-listener 12 --language en,de,es,fr \
		--out out/listen
	$(BIN)/voiceact listen serve out/listen --open

reference: $(VENV)/.core
	$(BIN)/python docs/make_reference.py

benchmark: $(VENV)/.dev
	$(BIN)/pip install --quiet -e '.[dnsmos]'
	$(BIN)/python benchmarks/synth.py

# Random records, tables, YAML, models and answers, FUZZ examples a test; some ten minutes.
FUZZ ?= 3000
fuzz: $(VENV)/.test
	VOICEACT_FUZZ=$(FUZZ) $(BIN)/python -m pytest tests/test_fuzz.py tests/test_untrusted.py

# Licences and state of all dependencies, and their known faults where the source of advisories answers: docs/dependencies.md.
audit: $(VENV)/.test
	$(BIN)/pip install --quiet --disable-pip-version-check pip-audit
	mkdir -p out && rm -f out/audit.json
	-$(BIN)/pip-audit --skip-editable --progress-spinner off --timeout 10 --format json --output out/audit.json
	if test -s out/audit.json; then $(BIN)/python docs/make_dependencies.py --audit out/audit.json; \
		else $(BIN)/python docs/make_dependencies.py; fi

clean:
	rm -rf $(VENV) out build *.egg-info

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# A stamp a set of extras, so that nothing is installed twice.
$(VENV)/.core: setup.cfg | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[plot]'
	touch $@

$(VENV)/.listen: setup.cfg | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[listen]'
	touch $@

$(VENV)/.test: setup.cfg | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@ $(VENV)/.core

$(VENV)/.dev: setup.cfg | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@ $(VENV)/.test $(VENV)/.core
