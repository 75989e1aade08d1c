#!/usr/bin/env bash
# Builds every target for OSS-Fuzz, ClusterFuzzLite or anybody who sets the same variables:
#   OUT              where binaries, dictionaries and seed corpora go (default: fuzz/out)
#   SANITIZER        address (default, needs a nightly compiler), none or coverage (any compiler)
#   FUZZING_ENGINE   libfuzzer only
#   RUSTUP_TOOLCHAIN the compiler; without it nightly where a sanitizer needs one
set -euo pipefail
out=$(realpath -m "${OUT:-$(dirname "$0")/out}")
cd "$(dirname "$0")"
[ "${FUZZING_ENGINE:-libfuzzer}" = libfuzzer ] || { echo "FUZZING_ENGINE=$FUZZING_ENGINE: only libfuzzer is supported" >&2; exit 2; }
case "${SANITIZER:-address}" in
    # The repository asks for the stable compiler, which has no sanitizers.
    address) sanitizer=address; export RUSTUP_TOOLCHAIN="${RUSTUP_TOOLCHAIN:-nightly}" ;;
    none | coverage) sanitizer=none ;;
    *) echo "SANITIZER=$SANITIZER: address, none or coverage" >&2; exit 2 ;;
esac
mkdir -p "$out"
host=$(rustc -vV | sed -n 's/^host: //p')
targets=$(cargo fuzz list)
[ -n "$targets" ] || { echo "no targets" >&2; exit 1; }
cargo fuzz build --sanitizer "$sanitizer" --release --target "$host"
release=${CARGO_TARGET_DIR:-target}/$host/release
for target in $targets; do
    install -m 755 "$release/$target" "$out/$target"
    # The names OSS-Fuzz looks for: TARGET.dict, TARGET_seed_corpus.zip, TARGET.options.
    cp "dictionaries/$target.dict" "$out/$target.dict"
    python3 - "corpus/$target" "$out/${target}_seed_corpus.zip" <<'PYTHON'
import pathlib, sys, zipfile
files = sorted(pathlib.Path(sys.argv[1]).iterdir())
if not files:
    sys.exit(f"{sys.argv[1]} is empty")
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as archive:
    for file in files:
        # Corpora may have been checked out with times that a zip file cannot hold.
        archive.writestr(zipfile.ZipInfo(file.name), file.read_bytes(), zipfile.ZIP_DEFLATED)
PYTHON
    printf '[libfuzzer]\ndict = %s.dict\nmax_len = 65536\ntimeout = 10\nrss_limit_mb = 4096\n' "$target" >"$out/$target.options"
done
echo "$(wc -w <<<"$targets") targets in $out"
