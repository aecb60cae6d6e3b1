# Builds an environment, inside the sandbox of a build. In /work lie requirements.txt, perhaps a lock.txt from an earlier time,
# and notes.txt; what counts afterwards is $PLACE/environment and $PLACE/lock.txt. Nothing of a package is ever run here:
# only wheels are unpacked, and the compiler of Python's own reads them without importing anything.
set -euo pipefail

build() {
  cat notes.txt
  uv --version
  if [ -e lock.txt ]; then
    echo "The versions are those of the first time."
  else
    uv pip compile requirements.txt --quiet --python "$PYTHON" --only-binary :all: --generate-hashes --no-header --no-annotate -o compiled.txt
    { echo "# $TAG"; cat compiled.txt; } > lock.txt
  fi
  uv venv --quiet --no-project --python "$PYTHON" "$PLACE/environment"
  uv pip sync --python "$PLACE/environment/bin/python" --only-binary :all: --require-hashes --allow-empty-requirements lock.txt
  echo "Modules are being compiled."
  "$PYTHON" -I -S -m compileall -q -j 2 "$PLACE/environment/lib" >/dev/null 2>&1 || true
  find "$PLACE/environment" -type f -exec chmod a-w {} +
  cp lock.txt "$PLACE/lock.txt"
}

build 2>&1 | while IFS= read -r line || [ "$line" ]; do
  if [ "$line" ]; then printf '%(%s)T000 %s\n' -1 "$line"; fi
done
