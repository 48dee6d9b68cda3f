# Two commands do everything on a fresh machine: `make synth` speaks a verified clip, `make test` passes the tests.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Everything is installed at the versions that were tested; `make lock` renews them.
LOCK := requirements/lock.txt
# This pip needs half the time of the one that comes with Python 3.11. What is installed is compiled when it is first imported.
PIP := pip==26.3
INSTALL := PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --no-compile --constraint $(LOCK)
# Processes that share the tests, a file of them at a time.
WORKERS ?= 2

.PHONY: synth test test-cluster test-engines check samples listen studio reference benchmark fuzz audit lock clean

synth: $(VENV)/.core
	mkdir -p out
	$(BIN)/voiceact synth --persona nurse --emotion Sadness --director \
		--out out/nurse-sadness.wav --plot out/nurse-sadness.png

# Property tests see the same examples each time, so that a change is refused for what it changes. Others: make test SEED=1, and
# plain pytest draws new ones each time.
SEED ?= 0
test: $(VENV)/.test
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile -m "not cluster" \
		--hypothesis-seed=$(SEED)

# Runs in an object store and on a Ray cluster of two nodes, one after the other: the cluster wants all processors.
test-cluster: $(VENV)/.cluster
	$(BIN)/python -m pytest -m cluster

# What needs torch and other large libraries, each stack of them in an environment of its own. After MINUTES all is ended, and
# what was not tested is named. Another torch than the CPU build that pip finds: VOICEACT_TORCH=torch==2.13.0.
MINUTES ?= 45
test-engines:
	$(PYTHON) tests/run_engines.py --minutes $(MINUTES)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_layers.py

samples: $(VENV)/.core
	$(BIN)/python samples/make.py
	$(BIN)/python samples/make_tale.py

# A listening test of the shipped samples: open the address it prints; Ctrl-C ends it, the same command goes on.
listen: $(VENV)/.listen
	mkdir -p out
	test -d out/listen || $(BIN)/voiceact listen new samples --protocol presence --per-listener 12 --language en,de,es,fr \
		--out out/listen
	$(BIN)/voiceact listen serve out/listen --open

# The sample script in the browser: it opens the link that it prints; Ctrl-C ends it, the same command goes on.
studio: $(VENV)/.studio
	mkdir -p out
	$(BIN)/voiceact studio out/studio --import samples/lines.csv --open

reference: $(VENV)/.test
	$(BIN)/python docs/make_reference.py
	$(BIN)/python docs/make_architecture.py

benchmark: $(VENV)/.dev
	$(INSTALL) -e '.[dnsmos]'
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

# The newest versions that fit setup.cfg, for every extra without torch and for Python 3.11 and later, by uv. What is pinned
# already stays as it is with UPGRADE= (after a requirement was added to setup.cfg, say).
LOCKED := dev test-cluster play dnsmos postgres kokoro kokoro-languages faster-whisper whisper-base onnx-asr
UPGRADE ?= --upgrade
lock: .env-lock/bin/uv
	mkdir -p $(dir $(LOCK))
	.env-lock/bin/python -m uv pip compile --quiet --universal --python-version 3.11 $(UPGRADE) --no-annotate --no-emit-index-url \
		--no-emit-find-links --custom-compile-command 'make lock' $(addprefix --extra ,$(LOCKED)) setup.cfg --output-file $(LOCK)

clean:
	rm -rf $(VENV) .env-lock out build *.egg-info

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile $(PIP)

.env-lock/bin/uv:
	$(PYTHON) -m venv .env-lock
	.env-lock/bin/pip install --quiet --disable-pip-version-check 'uv>=0.8'

# A stamp a set of extras, so that nothing is installed twice.
$(VENV)/.core: setup.cfg $(LOCK) | $(BIN)/python
	$(INSTALL) -e '.[plot]'
	touch $@

$(VENV)/.listen: setup.cfg $(LOCK) | $(BIN)/python
	$(INSTALL) -e '.[listen]'
	touch $@

$(VENV)/.studio: setup.cfg $(LOCK) | $(BIN)/python
	$(INSTALL) -e '.[studio]'
	touch $@

$(VENV)/.test: setup.cfg $(LOCK) | $(BIN)/python
	$(INSTALL) -e '.[test]'
	touch $@ $(VENV)/.core

$(VENV)/.cluster: setup.cfg $(LOCK) | $(BIN)/python
	$(INSTALL) -e '.[test-cluster]'
	touch $@ $(VENV)/.test $(VENV)/.core

$(VENV)/.dev: setup.cfg $(LOCK) | $(BIN)/python
	$(INSTALL) -e '.[dev]'
	touch $@ $(VENV)/.test $(VENV)/.core
