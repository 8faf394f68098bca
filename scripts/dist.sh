# shellcheck shell=bash
# Sourced by scripts/image: the product as it is published, in dist/.

image_of_the_product() {
    # A licence root for tests opens the product to whoever has the test key.
    case ",${DVARA_LICENSE_ROOTS:-}" in
        *,test-*) fail "DVARA_LICENSE_ROOTS names a test root. Unset it: this builds the product, not a test" ;;
    esac
    scripts/install image dist >&2
    export CARGO_TARGET_DIR="$CACHE/dist-target"
    own_target_folder dist
    heading "Building dvara (dist, static; this takes minutes)" >&2
    build_static dist "$CARGO_TARGET_DIR" >&2
    write_dist "$CARGO_TARGET_DIR/$STATIC_TARGET/dist/dvara"
    report_dist >&2
    [ -n "${DVARA_LICENSE_ROOTS:-}" ] ||
        say "note: built without DVARA_LICENSE_ROOTS: its services accept no licence, and scripts/release does not publish it" >&2
    say "$ROOT/dist"
}

# write_dist BINARY: everything that is published, made of one commit and one binary.
write_dist() {
    local version created
    version="$(product_version)"
    created="$(git show --no-patch --format=%ct HEAD)"
    rm -rf dist
    mkdir -p dist
    install -m 755 "$1" dist/dvara
    python3 deploy/image/pack.py dist/dvara dist/image.tar \
        --version "$version" --revision "$(revision_here)" --created "$created" >dist/images
    bill_of_materials "$created" dist/dvara dist/dvara.cdx.json
    python3 deploy/image/licences.py dist/licences.txt --target "$STATIC_TARGET"
    (cd dist && sha256sum dvara dvara.cdx.json image.tar images licences.txt >SHA256SUMS)
}

# The commit, and whether the clone differs from it.
revision_here() {
    git rev-parse HEAD | tr -d '\n'
    [ -z "$(git status --porcelain)" ] || printf -- '-dirty'
}

# bill_of_materials CREATED BINARY BILL. The tool writes beside every Cargo.toml of the workspace, so it gets one of its
# own.
bill_of_materials() {
    local copy
    copy="$(mktemp -d)"
    git ls-files -z | xargs -0 cp --parents --target-directory "$copy"
    (
        cd "$copy/crates/dvara" || exit
        SOURCE_DATE_EPOCH="$1" PATH="$CACHE/tools/bin:$PATH" cargo cyclonedx --quiet --format json --spec-version 1.5 \
            --describe binaries --no-build-deps --target "$STATIC_TARGET"
    )
    python3 deploy/image/bill.py "$copy/crates/dvara/dvara_bin.cdx.json" "$3" \
        --binary "$2" --target "$STATIC_TARGET"
    rm -rf "$copy"
}

report_dist() {
    heading "dist/"
    for file in dvara image.tar dvara.cdx.json licences.txt; do
        printf '%-16s %8s  %s\n' "$file" "$(size_of "dist/$file")" "$(sha256sum "dist/$file" | cut -c 1-16)…"
    done
    cat dist/images
    python3 deploy/image/start_time.py dist/dvara
}
