# shellcheck shell=bash
# Sourced after lib.sh: how the static binary is built, for tests and for the product alike.

# Saying the target is what keeps procedural macros dynamic: they are loaded by the compiler.
STATIC_TARGET="$(uname -m)-unknown-linux-gnu"

# build_static PROFILE TARGET_FOLDER: builds dvara of the current folder.
#
# The random source is the system call alone, since its usual lookup finds nothing in a static program. No path of
# this machine gets into the binary: sources of dependencies are called /crates, what their build scripts wrote /build.
build_static() {
    local profile="$1" target_folder="$2" crates="${CARGO_HOME:-$HOME/.cargo}/registry/src" flags
    flags=(
        -Ctarget-feature=+crt-static
        --cfg='getrandom_backend="linux_raw"'
        --remap-path-prefix="$crates=/crates"
    )
    env CARGO_ENCODED_RUSTFLAGS="$(IFS=$'\x1f' && printf '%s' "${flags[*]}")" \
        "CFLAGS_${STATIC_TARGET//-/_}=-ffile-prefix-map=$crates=/crates" \
        nice -n 5 cargo build --profile "$profile" --locked --package dvara \
        --target "$STATIC_TARGET" --target-dir "$target_folder"
}

product_version() { sed -nE '/^\[workspace.package\]/,/^\[/ s/^version = "(.*)"/\1/p' "$ROOT/Cargo.toml"; }

size_of() { numfmt --to=si --suffix=B "$(stat --format %s "$1")"; }
