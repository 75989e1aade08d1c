#!/usr/bin/env bash
# A static binary of the toolkit: target/x86_64-unknown-linux-musl/release/mcptt-conformance (or of the machine's own kind).
# Needs musl-gcc (Debian: musl-tools), make and perl; OpenSSL and libsrtp are built from source with it.
set -euo pipefail
cd "$(dirname "$0")/.."
target="$(uname -m)-unknown-linux-musl"
rustup target add "$target"
command -v musl-gcc >/dev/null || { echo "musl-gcc is missing: apt-get install musl-tools" >&2; exit 2; }
export "CC_${target//-/_}=musl-gcc"
cargo build --release --locked --target "$target" --package conformance --bin mcptt-conformance
binary="target/$target/release/mcptt-conformance"
# A binary that asks for a loader is not static.
if ldd "$binary" 2>/dev/null | grep -q '=>'; then
    echo "$binary is not static" >&2
    exit 1
fi
"$binary" --version
echo "$binary"
