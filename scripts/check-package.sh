#!/usr/bin/env bash
# Packs the project, installs the tarball in an empty folder and uses it there: as a library, and as `tosd`.
set -euo pipefail
root="$PWD"
away="$(mktemp -d)"
trap 'rm -rf "$away"' EXIT
npm pack --silent --ignore-scripts --pack-destination "$away" >/dev/null
cd "$away"
printf '{"name":"away","private":true,"type":"module"}\n' > package.json
npm i --silent --no-audit --no-fund --ignore-scripts ./tos-p2p-*.tgz
cp "$root/test/package/use.mjs" .
node use.mjs
node_modules/.bin/tosd --version
test "$(node_modules/.bin/tosd frame decode 544f534e0100020014000000148e46a2efe0614b00f1536500000000000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f01000000080706050403020101f1536500000000 --json | node -pe 'JSON.parse(fs.readFileSync(0)).type')" = PONG
echo 'the package works from another folder'
