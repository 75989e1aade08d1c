#!/usr/bin/env bash
# A static binary of the toolkit: one file that runs on any Linux of this machine's architecture, without a Rust toolchain and without
# libraries. OpenSSL and libsrtp are built from source (make, perl, a C compiler).
#
#   conformance/static.sh                 against musl where rustup has or gets that target and musl-gcc is there (Debian: musl-tools)
#   LIBC=glibc conformance/static.sh      against glibc: nothing but what builds the workspace is needed
#   PROFILE=dev conformance/static.sh     unoptimised, for a look
#
# The last line is the path of the binary. conformance/image.sh makes a container image of it.
set -euo pipefail
cd "$(dirname "$0")/.."
host=$(rustc -vV | sed -n 's/^host: //p')
musl="$(uname -m)-unknown-linux-musl"
has_musl() {
    command -v musl-gcc >/dev/null && command -v rustup >/dev/null || return 1
    rustup target list --installed | grep -qx "$musl" || rustup target add "$musl" >&2
}
case "${LIBC:-}" in
    musl) has_musl || { echo "musl needs musl-gcc (Debian: musl-tools) and rustup with the target $musl" >&2; exit 2; }
          target=$musl ;;
    glibc) target=$host ;;
    "") if has_musl; then target=$musl; else target=$host; fi ;;
    *) echo "LIBC=$LIBC: musl or glibc" >&2; exit 2 ;;
esac
if [ "$target" = "$musl" ]; then
    export "CC_${target//-/_}=musl-gcc"
else
    # With --target these flags reach the program alone, not what runs while it is built.
    export RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static"
fi
profile=${PROFILE:-release}
cargo build --profile "$profile" --locked --target "$target" --package conformance --bin mcptt-conformance >&2
folder=$profile
[ "$profile" != dev ] || folder=debug
binary="${CARGO_TARGET_DIR:-target}/$target/$folder/mcptt-conformance"
# A binary that asks for a loader is not static.
if ldd "$binary" 2>/dev/null | grep -q '=>'; then
    echo "$binary is not static" >&2
    exit 1
fi
"$binary" --version >&2
echo "$binary"
