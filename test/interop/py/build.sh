#!/bin/sh
# Installs py-libp2p into ../.build/py, a virtual environment: exactly the files requirements.txt has hashes of. Does nothing when that is done.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=$here/../.build/py
python=${PYTHON:-python3}
wanted=$(cat "$here/requirements.txt"; "$python" --version)
if [ -f "$venv/installed" ] && [ "$(cat "$venv/installed")" = "$wanted" ]; then
  exit 0
fi
rm -rf "$venv"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$here/requirements.txt"
printf '%s' "$wanted" > "$venv/installed"
