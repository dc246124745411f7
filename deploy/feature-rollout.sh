#!/usr/bin/env bash
# The guide's command. Everything it does, and more, is in: rf rollout --help
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup run >&2
exec .venv/bin/rf rollout "$@"
