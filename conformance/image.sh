#!/usr/bin/env bash
# A container image with nothing in it but the toolkit, made without a container engine, for 'docker load' and 'podman load'.
#
#   conformance/image.sh "$(conformance/static.sh)" mcptt-conformance.tar
#   docker load -i mcptt-conformance.tar
#   docker run --rm --network host -v "$PWD:/work" -w /work mcptt-conformance run --target target.toml
set -euo pipefail
if [ $# -ne 2 ]; then
    echo "usage: $0 STATIC-BINARY IMAGE.tar" >&2
    exit 2
fi
binary=$1
image=$(realpath -m "$2")
case "$(uname -m)" in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) architecture=$(uname -m) ;;
esac
if ldd "$binary" 2>/dev/null | grep -q '=>'; then
    echo "$binary asks for libraries, which the image has not: conformance/static.sh makes one that does not" >&2
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/layer" "$work/image"
install -m 755 "$binary" "$work/layer/mcptt-conformance"
# The same binary gives the same image.
pack() { tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner "$@"; }
pack -C "$work/layer" -cf "$work/layer.tar" mcptt-conformance
layer=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
mkdir "$work/image/$layer"
mv "$work/layer.tar" "$work/image/$layer/layer.tar"
printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":["/mcptt-conformance"],"Cmd":["--help"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$architecture" "$layer" >"$work/config.json"
config=$(sha256sum "$work/config.json" | cut -d' ' -f1)
mv "$work/config.json" "$work/image/$config.json"
printf '[{"Config":"%s.json","RepoTags":["mcptt-conformance:latest"],"Layers":["%s/layer.tar"]}]' \
    "$config" "$layer" >"$work/image/manifest.json"
pack -C "$work/image" -cf "$image" manifest.json "$config.json" "$layer"
echo "$image"
