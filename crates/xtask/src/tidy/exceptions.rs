//! The places that break a rule on purpose. An exception that nothing needs any more is a finding itself.

use super::Finding;

/// One place, one rule, one reason.
pub(super) struct Exception {
    /// The rule's short name.
    pub(super) rule: &'static str,
    /// A crate or file, as findings print it, without the line.
    pub(super) place: &'static str,
    /// Why the rule does not hold there.
    pub(super) reason: &'static str,
}

/// The whole list. A new line needs a reason that a reviewer believes.
pub(super) const EXCEPTIONS: &[Exception] = &[
    Exception {
        rule: "outside",
        place: "crates/dvara-crypto/src/envelope/master.rs",
        reason: "the stack of a thread that ends is the one way to give a derivation's memory back",
    },
    Exception {
        rule: "owned",
        place: "dvara-ledger",
        reason: "its tests read the rows past the store, to see what was really written",
    },
    Exception {
        rule: "skips",
        place: "crates/dvara-crypto/tests/it/memory.rs",
        reason: "the half of a test that the other half runs in a process of its own",
    },
    Exception {
        rule: "skips",
        place: "crates/dvara-store/tests/it/private.rs",
        reason: "the half of a test that the other half runs in a process of its own, and kills",
    },
    Exception {
        rule: "skips",
        place: "tests/cluster/test_values.py",
        reason: "on a cluster of the reader's, processes of pods are not to be seen; on the one that CI makes nothing is skipped",
    },
    Exception {
        rule: "skips",
        place: "tests/cluster/test_zero_downtime.py",
        reason: "on a cluster of the reader's, its network is not ours to cut; on the one that CI makes nothing is skipped",
    },
    Exception {
        rule: "skips",
        place: "tests/guide/test_table.py",
        reason: "the text of a test that shows what the table makes of one that was skipped",
    },
];

/// Removes what is excepted, and reports exceptions that removed nothing.
pub(super) fn apply(exceptions: &[Exception], findings: Vec<Finding>) -> Vec<Finding> {
    let excepted = |exception: &Exception, finding: &Finding| {
        exception.rule == finding.rule && exception.place == without_line(&finding.place)
    };
    let unused: Vec<Finding> = exceptions
        .iter()
        .filter(|exception| !findings.iter().any(|finding| excepted(exception, finding)))
        .map(|exception| Finding {
            rule: "exceptions",
            place: exception.place.to_owned(),
            message: format!(
                "nothing there breaks `{}` any more ({}): remove the exception",
                exception.rule, exception.reason
            ),
        })
        .collect();
    findings
        .into_iter()
        .filter(|finding| {
            !exceptions
                .iter()
                .any(|exception| excepted(exception, finding))
        })
        .chain(unused)
        .collect()
}

fn without_line(place: &str) -> &str {
    match place.rsplit_once(':') {
        Some((file, line)) if line.bytes().all(|byte| byte.is_ascii_digit()) => file,
        _ => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXCEPTION: Exception = Exception {
        rule: "spawn",
        place: "crates/a/src/b.rs",
        reason: "it is the tracker",
    };

    fn finding(rule: &'static str, place: &str) -> Finding {
        Finding {
            rule,
            place: place.to_owned(),
            message: String::new(),
        }
    }

    #[test]
    fn exception_covers_its_rule_in_its_file_only() {
        let left = apply(
            &[EXCEPTION],
            vec![
                finding("spawn", "crates/a/src/b.rs:7"),
                finding("clock", "crates/a/src/b.rs:7"),
                finding("spawn", "crates/a/src/c.rs:7"),
            ],
        );
        let rules: Vec<_> = left.iter().map(|f| (f.rule, f.place.as_str())).collect();
        assert_eq!(
            rules,
            [
                ("clock", "crates/a/src/b.rs:7"),
                ("spawn", "crates/a/src/c.rs:7")
            ]
        );
    }

    #[test]
    fn exception_that_nothing_needs_is_a_finding() {
        let left = apply(&[EXCEPTION], Vec::new());
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].rule, "exceptions");
    }
}
