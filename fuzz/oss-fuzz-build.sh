#!/usr/bin/env bash
# Builds every target for OSS-Fuzz, ClusterFuzzLite or anybody who sets the same variables:
#   OUT            where binaries, dictionaries and seed corpora go (default: fuzz/out)
#   SANITIZER      address (default, needs a nightly compiler), none (any compiler)
#   FUZZING_ENGINE libfuzzer only
set -euo pipefail
cd "$(dirname "$0")"
out=${OUT:-$PWD/out}
sanitizer=${SANITIZER:-address}
[ "${FUZZING_ENGINE:-libfuzzer}" = libfuzzer ] || { echo "only libFuzzer is supported" >&2; exit 2; }
[ "$sanitizer" != coverage ] || sanitizer=none
mkdir -p "$out"
cargo fuzz build --sanitizer "$sanitizer" --release
release=$(find target -type d -path '*/release' -not -path '*/release/*' | head -n 1)
for target in $(cargo fuzz list); do
    cp "$release/$target" "$out/$target"
    # The names OSS-Fuzz looks for: TARGET.dict, TARGET_seed_corpus.zip, TARGET.options.
    cp "dictionaries/$target.dict" "$out/$target.dict"
    python3 - "corpus/$target" "$out/${target}_seed_corpus.zip" <<'PYTHON'
import pathlib, sys, zipfile
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as archive:
    for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        archive.write(file, file.name)
PYTHON
    printf '[libfuzzer]\ndict = %s.dict\nmax_len = 65536\ntimeout = 10\nrss_limit_mb = 4096\n' "$target" >"$out/$target.options"
done
echo "$(cargo fuzz list | wc -l) targets in $out"
