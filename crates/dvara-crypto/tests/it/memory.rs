//! A key derivation uses 19 MiB and must not keep them: they would be most of what an idle process weighs.

use std::process::Command;

use dvara_crypto::Secret;
use dvara_crypto::envelope::MasterKey;

/// What the process may weigh more after a derivation than before, in KiB.
const KEPT_KIB: u64 = 4 * 1024;

/// Something less than a derivation uses, in KiB: proof that the measurement would see it.
const USED_KIB: u64 = 18 * 1024;

#[test]
fn a_derivation_gives_its_memory_back() {
    // In a process of its own, where no other test allocates.
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "memory::derive_and_weigh",
            "--test-threads=1",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

#[test]
#[ignore = "the other half of a_derivation_gives_its_memory_back, which runs it in a process of its own"]
fn derive_and_weigh() {
    let before = weight("VmRSS");
    for password in ["one", "two"] {
        drop(MasterKey::derive(&Secret::new(password.to_owned())));
    }
    let peak = weight("VmHWM");
    assert!(
        peak > before + USED_KIB,
        "{before} KiB before, {peak} KiB at most: nothing was measured"
    );
    let after = weight("VmRSS");
    assert!(
        after < before + KEPT_KIB,
        "{before} KiB before, {after} KiB after"
    );
}

/// A line of `/proc/self/status`, in KiB.
fn weight(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_ascii_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}
