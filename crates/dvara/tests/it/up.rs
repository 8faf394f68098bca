//! `dvara up` in a folder of its own: first start, commands beside it, restart, and what is refused.

use std::os::unix::fs::PermissionsExt as _;

use crate::run::run;
use crate::running::{Up, open_to_the_database, up_on};

#[test]
fn a_folder_comes_up_is_managed_beside_survives_a_kill_and_stops_clean() {
    let folder = tempfile::tempdir().unwrap();
    open_to_the_database(folder.path());
    let data = folder.path().join("data");
    let data_dir = data.to_str().unwrap().to_owned();
    let up = Up::start(&data);
    let fields: Vec<&String> = up.quickstart.as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        ["gateway_url", "flightdeck_url", "mcp_url", "api_key"],
        "what does not exist has no field"
    );
    for service in ["gateway_url", "flightdeck_url", "mcp_url"] {
        let url = up.quickstart[service].as_str().unwrap();
        let ready = format!("{url}/actuator/health/readiness");
        assert_eq!(run(&["healthcheck", &ready], &[]).code, 0, "{service}");
    }
    let secrets = std::fs::metadata(data.join("secrets.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(secrets & 0o077, 0, "secrets are their owner's alone");

    let second = run(&up_on(&data), &[]);
    assert_eq!(second.code, 1, "{}", second.err);
    assert!(second.err.contains(&data_dir), "{}", second.err);

    let tenant = run(
        &[
            "tenant",
            "create",
            "--data-dir",
            &data_dir,
            "Acme",
            "--id",
            "acme",
        ],
        &[],
    );
    assert_eq!(tenant.code, 0, "{}", tenant.err);
    let key = run(
        &[
            "key",
            "create",
            "--data-dir",
            &data_dir,
            "--tenant",
            "acme",
            "ci",
        ],
        &[],
    );
    assert_eq!(key.code, 0, "{}", key.err);
    assert!(key.out.contains("gw_"), "{}", key.out);
    let route = run(
        &[
            "route",
            "create",
            "--data-dir",
            &data_dir,
            "fast-*",
            "--provider",
            "mock",
            "--pin",
            "mock/fast",
        ],
        &[],
    );
    assert_eq!(route.code, 0, "{}", route.err);

    let first_key = up.quickstart["api_key"].clone();
    up.kill();
    let again = Up::start(&data);
    assert_eq!(
        again.quickstart["api_key"], first_key,
        "a key that works is kept"
    );
    let stopped = again.stop();
    assert_eq!(stopped.code, 0, "{}{}", stopped.out, stopped.err);
    assert!(
        !data.join("postgres/postmaster.pid").exists(),
        "the database was stopped with it"
    );

    let alone = run(&["key", "list", "--data-dir", &data_dir], &[]);
    assert_eq!(alone.code, 1);
    assert!(alone.err.contains("dvara up"), "{}", alone.err);
}

#[test]
fn a_database_that_cannot_be_reached_is_exit_1() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(
        &[
            "up",
            "--data-dir",
            folder.path().to_str().unwrap(),
            "--gateway-port",
            "0",
            "--flightdeck-port",
            "0",
            "--mcp-port",
            "0",
            "--database-url",
            "postgres://u@127.0.0.1:1/x",
        ],
        &[],
    );
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains("127.0.0.1:1"), "{}", refused.err);
}

#[test]
fn a_missing_server_says_how_to_install_one() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(
        &["up", "--data-dir", folder.path().to_str().unwrap()],
        &[("DVARA_PG_BIN", "/nonexistent")],
    );
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(
        refused.err.contains("/nonexistent") || refused.err.contains("apt"),
        "{}",
        refused.err
    );
}
