//! Tidy over this workspace, as `make test` and CI run it.

use std::path::Path;

use xtask::tidy;

#[test]
fn the_workspace_is_tidy() {
    let report = tidy::tidy(Path::new("../..")).unwrap();
    // Shown by `cargo xtask tidy` and, with the findings, when this test fails.
    println!("{report}");
    assert!(report.is_clean(), "the findings are above");
    assert!(
        report.crates >= 10 && report.files >= 20,
        "tidy looked at nothing"
    );
}
