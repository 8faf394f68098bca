use super::*;

fn parse(url: &str) -> Result<StoreSettings, Vec<SettingProblem>> {
    StoreSettings::parse(
        SettingNames::SPRING,
        &Secret::new(url.to_owned()),
        Some("dvara"),
        Some(&Secret::new("p+/ss=".to_owned())),
    )
}

fn problem(url: &str) -> String {
    let problems = parse(url).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].to_string()
}

fn mode(url: &str) -> String {
    format!("{:?}", parse(url).unwrap().options.get_ssl_mode())
}

#[test]
fn both_spellings_name_host_port_and_database() {
    for (url, target) in [
        (
            "jdbc:postgresql://postgres:5432/dvara",
            "postgres:5432/dvara",
        ),
        (
            "jdbc:postgresql://db.internal/dvara?sslmode=disable",
            "db.internal:5432/dvara",
        ),
        ("jdbc:postgresql:dvara", "localhost:5432/dvara"),
        ("jdbc:postgresql://db:6432/", "db:6432/dvara"),
        ("postgres://db/one%2Fname", "db:5432/one/name"),
        ("postgresql://[::1]:5433/dvara", "::1:5433/dvara"),
        (
            "postgres:///dvara?host=/var/run/postgresql",
            "/var/run/postgresql/dvara",
        ),
        ("postgres://%2Frun%2Fpg/dvara", "/run/pg/dvara"),
        (
            "postgres://ignored/dvara?host=db&port=7000",
            "db:7000/dvara",
        ),
    ] {
        assert_eq!(parse(url).unwrap().target(), target, "{url}");
    }
}

#[test]
fn a_user_given_beside_the_url_counts_more_than_one_within() {
    let url = Secret::new("postgres://inside:s%40cret@db/x".to_owned());
    let inside = StoreSettings::parse(SettingNames::SPRING, &url, None, None).unwrap();
    assert_eq!(inside.options.get_username(), "inside");
    let beside = StoreSettings::parse(SettingNames::SPRING, &url, Some("beside"), None).unwrap();
    assert_eq!(beside.options.get_username(), "beside");
    let parameter = Secret::new("jdbc:postgresql://db/x?user=jdbc&password=x".to_owned());
    let parameter =
        StoreSettings::parse(SettingNames::SPRING, &parameter, Some(" "), None).unwrap();
    assert_eq!(parameter.options.get_username(), "jdbc");
}

#[test]
fn a_missing_user_is_named() {
    let url = Secret::new("jdbc:postgresql://db/x".to_owned());
    let problems = StoreSettings::parse(SettingNames::SPRING, &url, None, None).unwrap_err();
    assert!(problems[0].what.starts_with("SPRING_DATASOURCE_USERNAME"));
}

#[test]
fn ssl_parameters_mean_what_libpq_and_jdbc_mean() {
    let root = "Cargo.toml";
    for (query, expected) in [
        ("", "Prefer"),
        ("?sslmode=disable", "Disable"),
        ("?sslmode=allow", "Prefer"),
        ("?sslmode=REQUIRE", "Require"),
        ("?sslmode=verify-ca", "VerifyCa"),
        ("?ssl=true", "VerifyFull"),
        ("?ssl=false", "Prefer"),
        ("?ssl=true&sslmode=require", "Require"),
    ] {
        assert_eq!(
            mode(&format!("jdbc:postgresql://db/x{query}")),
            expected,
            "{query}"
        );
    }
    assert_eq!(
        mode(&format!(
            "postgres://db/x?sslmode=require&sslrootcert={root}"
        )),
        "VerifyCa"
    );
}

#[test]
fn mistakes_name_the_setting_and_the_fix() {
    for (url, expected) in [
        (
            "mysql://db/x",
            "SPRING_DATASOURCE_URL is not a PostgreSQL URL",
        ),
        ("db:5432/x", "SPRING_DATASOURCE_URL is not a PostgreSQL URL"),
        ("jdbc:postgresql://a:1,b:2/x", "several hosts"),
        ("postgres:///x?host=a,b", "several hosts"),
        ("jdbc:postgresql://db:port/x", "the port is no number"),
        ("jdbc:postgresql://db:0/x", "the port is no number"),
        (
            "jdbc:postgresql://db/x?sslmode=maybe",
            "`maybe` is no sslmode",
        ),
        (
            "jdbc:postgresql://db/x?sslrootcert=/no/such/file",
            "sslrootcert names no file",
        ),
        (
            "jdbc:postgresql://db/x?sslfactory=a.b.C",
            "`sslfactory` is not supported",
        ),
        (
            "jdbc:postgresql://db/x?connectTimeout=soon",
            "connectTimeout is no number",
        ),
        (
            "jdbc:postgresql://db/x%zz",
            "the database is not percent-encoded",
        ),
    ] {
        let problem = problem(url);
        assert!(problem.contains(expected), "{url}: {problem}");
        assert!(problem.contains("SPRING_DATASOURCE_URL"), "{problem}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let problems = parse("jdbc:postgresql://db:x/y?sslmode=z&sslpassword=q").unwrap_err();
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn no_password_is_ever_shown() {
    for url in [
        "postgres://u:hunter2@db:99999999/x",
        "postgres://u:hunter2@db,db2/x",
        "postgres://u:hunter2%zz@db/x",
        "http://u:hunter2@db/x",
        "jdbc:postgresql://db/x?password=hunter2&sslmode=hm",
    ] {
        let problems = format!("{:?}", parse(url).unwrap_err());
        assert!(!problems.contains("hunter2"), "{problems}");
    }
    let settings = parse("postgres://u:hunter2@db/x").unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(!format!("{settings:?}").contains("p+/ss="));
}

#[test]
fn what_has_no_effect_is_said() {
    let settings = parse(
        "jdbc:postgresql://db/x?prepareThreshold=0&currentSchema=app&targetServerType=primary",
    )
    .unwrap();
    assert_eq!(settings.warnings.len(), 2, "{:?}", settings.warnings);
    assert!(settings.warnings[0].contains("currentSchema"));
}
