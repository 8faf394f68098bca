# shellcheck shell=bash
# Sourced after lib.sh: how the static binary is built, for tests and for the product alike.

# Saying the target is what keeps procedural macros dynamic: they are loaded by the compiler.
STATIC_TARGET="$(uname -m)-unknown-linux-gnu"

# The profile of images for tests, close to `dist` in size and memory. Whole-program optimisation would cost minutes
# after each change. It is said here, so that commits which do not know it can be built with it.
STATIC_CONFIG=(
    --config 'profile.image.inherits="release"'
    --config 'profile.image.lto=false'
    --config 'profile.image.codegen-units=1'
)

# build_static PROFILE TARGET_FOLDER: builds dvara of the current folder.
#
# The random source is the system call alone, since its usual lookup finds nothing in a static program. No path of
# this machine gets into the binary: sources of dependencies are called /crates, and ours have no absolute path. Nor
# does the time, which mimalloc asks the C compiler for: it is one for all builds, so that what was compiled for an
# earlier commit is the same as what is compiled for this one.
#
# Two options of the linker take a million and a half of bytes off: relocations are packed, and of functions with the
# same instructions one is kept, where nothing compares their addresses. The latter is known to LLVM's linker, which
# Rust brings for this machine's kind and not for all.
build_static() {
    local profile="$1" target_folder="$2" crates="${CARGO_HOME:-$HOME/.cargo}/registry/src" flags
    flags=(
        -Ctarget-feature=+crt-static
        --cfg='getrandom_backend="linux_raw"'
        --remap-path-prefix="$crates=/crates"
        "-Clink-arg=-Wl,-z,pack-relative-relocs"
    )
    [ "$(uname -m)" != x86_64 ] || flags+=("-Clink-arg=-Wl,--icf=safe")
    env CARGO_ENCODED_RUSTFLAGS="$(IFS=$'\x1f' && printf '%s' "${flags[*]}")" \
        "CFLAGS_${STATIC_TARGET//-/_}=-ffile-prefix-map=$crates=/crates" SOURCE_DATE_EPOCH=0 \
        nice -n 10 cargo build "${STATIC_CONFIG[@]}" --profile "$profile" --locked --package dvara \
        --target "$STATIC_TARGET" --target-dir "$target_folder"
}

# Cargo tells its own packages from changed ones by the age of files, and by their path within the clone: after a
# change of clones it would take the other's for fresh. own_target_folder PROFILE
own_target_folder() {
    local mark="$CARGO_TARGET_DIR/clone"
    [ ! -d "$CARGO_TARGET_DIR" ] || [ "$(cat "$mark" 2>/dev/null)" = "$ROOT" ] || forget_own_packages "$1"
    mkdir -p "$CARGO_TARGET_DIR"
    printf '%s' "$ROOT" >"$mark"
}

forget_own_packages() {
    cargo clean "${STATIC_CONFIG[@]}" --quiet --workspace --profile "$1" --target "$STATIC_TARGET" >&2
}

product_version() { sed -nE '/^\[workspace.package\]/,/^\[/ s/^version = "(.*)"/\1/p' "$ROOT/Cargo.toml"; }

size_of() { numfmt --to=si --suffix=B "$(stat --format %s "$1")"; }
