# shellcheck shell=bash
# Sourced by the scripts beside it: where things are, and how they speak.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# What is worth keeping between runs: build products, the Python environment, Node.js.
CACHE="${HOME:?HOME must be set: build products are kept in it}/.cache/dvara"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$CACHE/target}"

# A toolchain that rustup installed is often not on the PATH of a non-login shell.
if ! command -v cargo >/dev/null 2>&1 && [ -x "$HOME/.cargo/bin/cargo" ]; then
    export PATH="$HOME/.cargo/bin:$PATH"
fi

# The Node.js that scripts/install brings when the system's is too old for the SDK under test.
if [ -x "$CACHE/node/node_modules/node/bin/node" ]; then
    export PATH="$CACHE/node/node_modules/node/bin:$PATH"
fi

say() { printf '%s\n' "$*"; }
heading() { printf '\n==> %s\n' "$*"; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# version_at_least HAVE WANT, both as numbers with dots.
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }
