#!/bin/sh
# Builds the go-libp2p peer into test/interop/.build/go/peer. Needs go >= 1.25.7 and, the first time, the network for the modules that
# go.sum pins (about 200 MB with the build cache). Quick when nothing changed.
set -eu
cd "$(dirname "$0")"
mkdir -p ../.build/go
# -mod=readonly: what is not in go.sum is refused, not fetched. No cgo, so no C compiler.
CGO_ENABLED=0 exec go build -trimpath -buildvcs=false -mod=readonly -ldflags='-s -w' -o ../.build/go/peer .
