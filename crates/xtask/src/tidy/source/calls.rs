//! Calls that only some places may make.

use super::SourceFile;
use super::mentions::Mentions;
use crate::tidy::Finding;
use crate::tidy::map::{APPS, PURE, TOOLS};

/// Where a rule does not hold, beside tests.
#[derive(Clone, Copy)]
enum Except {
    /// In the process kit's settings, which read the environment for everybody, and in tools.
    Settings,
    /// In the process kit, which owns tasks, and in tools.
    ProcessKit,
    /// In crates that are not pure.
    Impure,
    /// Outside the services.
    Services,
    /// In tools.
    Tools,
}

struct Rule {
    name: &'static str,
    /// The end of a path, from a `::` on: `Utc::now` is also `chrono::Utc::now`.
    ends: &'static [&'static str],
    /// The beginning of a path.
    begins: &'static [&'static str],
    methods: &'static [&'static str],
    except: Except,
    instead: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        name: "environment",
        ends: &[
            "std::env::var",
            "std::env::var_os",
            "std::env::vars",
            "std::env::vars_os",
            "std::env::set_var",
            "std::env::remove_var",
        ],
        begins: &[],
        methods: &[],
        except: Except::Settings,
        instead: "settings come through dvara_service::settings::Env, which tests fill",
    },
    Rule {
        name: "spawn",
        ends: &["tokio::spawn", "tokio::task::spawn"],
        begins: &[],
        methods: &[],
        except: Except::ProcessKit,
        instead: "use the task tracker, or shutdown abandons the work",
    },
    Rule {
        name: "exit",
        ends: &["std::process::exit", "std::process::abort"],
        begins: &[],
        methods: &[],
        except: Except::Tools,
        instead: "return an ExitCode from main",
    },
    Rule {
        name: "clock",
        ends: &["SystemTime::now", "Instant::now", "Utc::now", "Local::now"],
        begins: &[],
        methods: &[],
        except: Except::Impure,
        instead: "time is an argument of pure crates",
    },
    Rule {
        name: "random",
        ends: &[
            "SystemRandom::new",
            "aws_lc_rs::rand::fill",
            "Uuid::now_v7",
            "Uuid::new_v4",
        ],
        begins: &["rand::", "getrandom::"],
        methods: &[],
        except: Except::Impure,
        instead: "random bytes are an argument of pure crates",
    },
    Rule {
        name: "outside",
        ends: &[],
        begins: &[
            "std::fs",
            "std::env",
            "std::process",
            "std::thread",
            "std::net::Tcp",
            "std::net::Udp",
        ],
        methods: &[],
        except: Except::Impure,
        instead: "pure crates know nothing of files, environment, processes and sockets",
    },
    Rule {
        name: "extensions",
        ends: &["http::Extensions", "hyper::http::Extensions"],
        begins: &[],
        methods: &["extensions", "extensions_mut"],
        except: Except::Services,
        instead: "a stage takes the value that the previous stage returned",
    },
];

/// Checks one file.
pub(super) fn check(file: &SourceFile, mentions: &Mentions) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES.iter().filter(|rule| holds(rule.except, file)) {
        let paths = mentions.paths.iter().filter(|(_, path)| breaks(rule, path));
        let methods = mentions
            .methods
            .iter()
            .filter(|(_, name)| rule.methods.contains(&name.as_str()));
        findings.extend(paths.chain(methods).map(|(line, what)| Finding {
            rule: rule.name,
            place: format!("{}:{line}", file.path),
            message: format!("{what}: {}", rule.instead),
        }));
    }
    findings
}

fn holds(except: Except, file: &SourceFile) -> bool {
    let owner = file.owner.as_str();
    let tool = TOOLS.contains(&owner);
    match except {
        Except::Settings => !tool && !file.path.starts_with("crates/dvara-service/src/settings"),
        Except::ProcessKit => !tool && owner != "dvara-service",
        Except::Impure => PURE.contains(&owner),
        Except::Services => APPS.contains(&owner),
        Except::Tools => !tool,
    }
}

fn breaks(rule: &Rule, path: &str) -> bool {
    let ends = rule.ends.iter().any(|end| {
        path.strip_suffix(end)
            .is_some_and(|before| before.is_empty() || before.ends_with("::"))
    });
    ends || rule.begins.iter().any(|begin| path.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::super::mentions;
    use super::*;

    fn found(owner: &str, path: &str, text: &str) -> Vec<&'static str> {
        let file = SourceFile::parse(owner, path, text).unwrap();
        let mut rules: Vec<_> = check(&file, &mentions::of(&file))
            .iter()
            .map(|f| f.rule)
            .collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    #[test]
    fn environment_is_read_by_the_settings_only() {
        let text = "fn f() { std::env::var(\"DVARA_A\").ok(); }";
        assert_eq!(
            found("dvara-store", "crates/dvara-store/src/a.rs", text),
            ["environment"]
        );
        assert_eq!(
            found("dvara-service", "crates/dvara-service/src/cores.rs", text),
            ["environment"]
        );
        assert_eq!(
            found(
                "dvara-service",
                "crates/dvara-service/src/settings/env.rs",
                text
            ),
            [""; 0]
        );
        assert_eq!(
            found("dvara-store", "crates/dvara-store/tests/it/main.rs", text),
            [""; 0]
        );
        assert_eq!(
            found("dvara-testkit", "crates/dvara-testkit/src/lib.rs", text),
            [""; 0]
        );
    }

    #[test]
    fn tasks_belong_to_the_process_kit() {
        let text = "use tokio::task; fn f() { task::spawn(async {}); }";
        assert_eq!(
            found("dvara-gateway", "crates/dvara-gateway/src/a.rs", text),
            ["spawn"]
        );
        assert_eq!(
            found("dvara-service", "crates/dvara-service/src/tasks.rs", text),
            [""; 0]
        );
        let local = "fn f() { tokio::task::spawn_local(async {}); }";
        assert_eq!(
            found("dvara-upstream", "crates/dvara-upstream/src/a.rs", local),
            [""; 0]
        );
    }

    #[test]
    fn pure_crates_have_no_clock_randomness_or_files() {
        let text = "use chrono::Utc; fn f() { Utc::now(); rand::random(); std::fs::read(\"a\"); }";
        assert_eq!(
            found("dvara-types", "crates/dvara-types/src/a.rs", text),
            ["clock", "outside", "random"]
        );
        assert_eq!(
            found("dvara-store", "crates/dvara-store/src/a.rs", text),
            [""; 0]
        );
        let addresses = "use std::net::IpAddr; use std::time::Duration;";
        assert_eq!(
            found("dvara-types", "crates/dvara-types/src/a.rs", addresses),
            [""; 0]
        );
    }

    #[test]
    fn services_carry_nothing_in_extensions() {
        let text = "fn f(r: &mut R) { r.extensions_mut().insert(1); }";
        assert_eq!(
            found("dvara-gateway", "crates/dvara-gateway/src/a.rs", text),
            ["extensions"]
        );
        assert_eq!(
            found("dvara-dialects", "crates/dvara-dialects/src/a.rs", text),
            [""; 0]
        );
    }

    #[test]
    fn nothing_leaves_the_process_from_the_middle() {
        let text = "fn f() { std::process::exit(1); }";
        assert_eq!(found("dvara", "crates/dvara/src/main.rs", text), ["exit"]);
        assert_eq!(found("dvara-bench", "bench/src/main.rs", text), [""; 0]);
    }
}
