# The two commands: `make demo` (set-up and the main job) and `make test` (set-up and all tests).
SHELL := /bin/sh
BIN := .venv/bin
GEMELO := $(BIN)/gemelo
WEB_SOURCES := $(shell find web_demo -path web_demo/node_modules -prune -o -type f -print)

DRAWINGS ?= data/drawings
RUN ?= runs/drawings
BUNDLE ?= bundles/drawings

export PYTHONWARNINGS ?= ignore
# Without bytecode, each of the processes that the tests start compiles TensorFlow again: 15 s.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-quick clients test-clients test-arm64 test-install check app models docs setup web browser format wheel lock clean

help:  ## What there is
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: setup web  ## Set-up, then draw pets, train, export, verify, predict
	@sh tools/demo.sh $(DRAWINGS) $(RUN) $(BUNDLE)

test: setup web browser tests/js_bundlers/node_modules/.ready  ## Set-up, then all tests
	$(BIN)/python tools/npm.py test
	$(BIN)/python tools/tests.py

test-quick: setup web  ## What runs without TensorFlow and browsers, in about a minute
	$(BIN)/python tools/tests.py --quick

clients: .venv-clients/.ready tests/clients/node/node_modules/.ready  ## Clients that others wrote: then `make test` runs them too

test-clients: setup web browser clients  ## Clients that others wrote
	GEMELO_CLIENTS=1 $(BIN)/python -m pytest tests/clients

test-arm64: setup  ## ONNX and TFLite on an emulated arm64, and on an x86-64 without VNNI: the same answers
	$(BIN)/python tools/arm64.py

test-install: setup web  ## The wheel, installed by pip, works in an empty folder: PYTHONS="python3.12 python3.13"
	$(BIN)/python tools/install_check.py $(PYTHONS)

.venv-clients/.ready: requirements-clients.lock tools/setup.sh | .venv/.ready
	@sh tools/setup.sh clients
	@touch $@

tests/clients/node/node_modules/.ready: tests/clients/node/package.json tests/clients/node/package-lock.json | .venv/.ready
	$(BIN)/python tools/npm.py --prefix ../tests/clients/node ci
	@touch $@

tests/js_bundlers/node_modules/.ready: tests/js_bundlers/package.json tests/js_bundlers/package-lock.json | .venv/.ready
	$(BIN)/python tools/npm.py --prefix ../tests/js_bundlers ci
	@touch $@

check: setup web  ## Lint, types, import rules, file lengths
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/house.py
	$(BIN)/python tools/npm.py run check

app: setup web  ## Set-up, then the Streamlit app on this machine; OPTIONS="bundles/pets --server.port 8502"
	$(GEMELO) app $(OPTIONS)

setup: .venv/.ready  ## The Python environment, from requirements.lock

.venv/.ready: requirements.lock requirements-uv.lock pyproject.toml tools/setup.sh
	@sh tools/setup.sh python
	@touch $@

web: gemelo/web/page/assets.json  ## Node where it is missing, and the TypeScript built into gemelo/web

gemelo/web/page/assets.json: $(WEB_SOURCES) tools/npm.py | .venv/.ready
	$(BIN)/python tools/npm.py ci
	$(BIN)/python tools/npm.py run build
	@touch $@

browser: | .venv/.ready  ## Chromium, Firefox and WebKit for the browser tests
	@sh tools/setup.sh browser

models: setup web  ## The classifiers in models/ again, hours: PHOTOS=folder of cats and dogs
	@sh tools/models.sh $(PHOTOS)

docs: setup  ## What is generated of docs/ (figures, command line, Python API, schemas), and the page's types
	$(BIN)/python -m tools.figures
	$(BIN)/python -m tools.reference
	$(BIN)/python -m tools.schemas
	$(BIN)/python -m tools.messages

format: setup  ## Format everything
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: setup web  ## dist/*.whl: gemelo with its trainer, exporters, app and the built page's code
	$(BIN)/python -m build --no-isolation --wheel --outdir dist .

lock: .venv/.ready  ## Make requirements.lock again, with the newest versions
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate --all-extras \
	  --group dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate \
	  --group pyproject.toml:clients -o requirements-clients.lock
	echo uv | $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate \
	  - -o requirements-uv.lock

clean:  ## Remove everything that can be made again, but not runs/ and bundles/
	rm -rf .cache .venv .venv-clients dist gemelo/web web_demo/node_modules tests/js_bundlers/node_modules \
	  tests/clients/node/node_modules .mypy_cache .ruff_cache .pytest_cache
