#!/bin/sh
# Builds the rust-libp2p peer and the byte-level codec into test/interop/.build/rust/. Needs cargo >= 1.85, a C compiler (for ring) and,
# the first time, the network for the crates that Cargo.lock pins. Quick when nothing changed. Arguments: which of them, default both.
set -eu
cd "$(dirname "$0")"
export CARGO_TARGET_DIR="$PWD/../.build/rust-target"
mkdir -p ../.build/rust
for name in "${@:-codec peer}"; do
  for one in $name; do
    cargo build --locked -p "$one"
    # another process may be running the old one: replace the name, not the file
    if ! cmp -s "$CARGO_TARGET_DIR/debug/$one" "../.build/rust/$one"; then
      cp "$CARGO_TARGET_DIR/debug/$one" "../.build/rust/$one.new"
      mv "../.build/rust/$one.new" "../.build/rust/$one"
    fi
  done
done
