# Every command sets up what it needs first; see scripts/setup.
SHELL := /bin/bash
.DEFAULT_GOAL := help
STACK ?= local
BIN := .venv/bin

.PHONY: help preview up down test test-long lint format bench schema docs golden lock clean

help:  ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

.venv-run:
	@scripts/setup run
.venv-dev:
	@scripts/setup dev
.PHONY: .venv-run .venv-dev

preview: .venv-run  ## the offline plan of every stack; no CLI, account, cluster or Docker
	@$(BIN)/rf plan

up: .venv-run  ## deploy STACK (default local) with Pulumi, keeping all state inside the project
	@$(BIN)/rf up $(STACK)

down: .venv-run  ## remove what `make up` deployed
	@$(BIN)/rf down $(STACK)

test: .venv-dev  ## every tier that this machine can run
	@$(BIN)/pytest -q -n 2 --dist loadgroup -m "not long"

test-long: .venv-dev  ## the long forms too
	@$(BIN)/pytest -q -n 2 --dist loadgroup

.PHONY: test-e2e
test-e2e: .venv-dev  ## every server that can be had as a real process; Linux, as root
	@scripts/triton || true
	@$(BIN)/pytest -q tests/e2e

.PHONY: test-cluster
test-cluster: .venv-dev  ## every manifest against a real control plane; builds it once with Go
	@$(BIN)/python -m tests.cluster.control_plane.build && $(BIN)/pytest -q -m cluster tests/cluster

.PHONY: test-node
test-node: .venv-dev  ## staging's pods on a real node; Linux, as root; builds it once with Go
	@scripts/triton || true
	@$(BIN)/python -m tests.node.machine.build && $(BIN)/pytest -q -m node tests/node

.PHONY: test-engine
test-engine: .venv-dev  ## the program under the real Pulumi CLI, where it is on PATH
	@$(BIN)/pytest -q -n 2 --dist loadgroup tests/engine

lint: .venv-dev  ## formatting, lint, types, generated files
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/rf schema --check \
	  && $(BIN)/python -m alerts --check && $(BIN)/python -m dashboards --check

format: .venv-dev  ## put the code into shape
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

.PHONY: demo
demo: .venv-dev  ## two rollouts behind a real Envoy on loopback, and a page of what happened when
	@$(BIN)/python -m demo

bench: .venv-dev  ## speed of the offline plan, as ratios; also bench-gateway, -rollout, -judge, -policy, -faiss
	@$(BIN)/python -m bench.plan

bench-%: .venv-dev
	@$(BIN)/python -m bench.$*

schema: .venv-run  ## write the JSON Schema of the stack files
	@$(BIN)/rf schema

docs: .venv-run  ## write the pages and rules that are generated
	@$(BIN)/python -m rf.coverage && $(BIN)/python -m policies.page && $(BIN)/python -m alerts

.PHONY: dashboards dashboard-images
dashboards: .venv-dev  ## write the JSON that Grafana loads
	@$(BIN)/python -m dashboards

dashboard-images: .venv-dev  ## draw every dashboard; needs npm, Prometheus and Chromium
	@$(BIN)/python -m tests.monitoring.dashboards.images

golden: .venv-dev  ## accept the plans as they are
	@UPDATE_GOLDEN=1 $(BIN)/pytest -q tests/golden

lock: .venv-dev  ## resolve the requirements anew
	@for set in requirements requirements-build requirements-dev; do \
	  $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-annotate $$set.in -o $$set.txt || exit 1; done
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-deps requirements-triton.in -o requirements-triton.txt

clean:  ## remove the virtual environment and generated files
	rm -rf .venv .rf .mypy_cache .ruff_cache .pytest_cache
