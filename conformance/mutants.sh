#!/usr/bin/env bash
# How much of the floor machines the conformance suite really watches: cargo-mutants changes one thing after the other, and the cases,
# the property tests and the scenarios for clients have to notice. Configuration: .cargo/mutants.toml.
#
#   conformance/mutants.sh                  everything: hours
#   conformance/mutants.sh --shard 0/50     a sample: minutes
#
# mutants.out/missed.txt lists what nobody noticed. Exit status 1 when less than MINIMUM (default 90) of a hundred viable ones are caught.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v cargo-mutants >/dev/null || cargo install --locked cargo-mutants
cargo mutants --in-place --no-shuffle "$@" || true
python3 - "${MINIMUM:-90}" <<'PYTHON'
import json, sys
outcomes = json.load(open("mutants.out/outcomes.json"))
caught, missed, late = (outcomes[key] for key in ("caught", "missed", "timeout"))
viable = caught + missed + late
share = 100.0 * (caught + late) / viable if viable else 0.0
print(f"{viable} viable mutants: {caught} caught, {late} ran for too long, {missed} missed: {share:.1f} %")
sys.exit(0 if viable and share >= float(sys.argv[1]) else 1)
PYTHON
