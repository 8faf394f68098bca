//! Migrations: on nothing, on something, by several at once, and by binaries of other ages.

use dvara_store::rows::config_versions::Area;
use dvara_store::{Admin, Failure, Store, StoreError};
use dvara_testkit::database::TestDatabase;
use sqlx::Row;

use crate::{key, tenant};

async fn count(database: &TestDatabase, sql: &'static str) -> i64 {
    let mut connection = database.connection().await;
    let row = sqlx::query(sql).fetch_one(&mut connection).await.unwrap();
    row.try_get(0).unwrap()
}

#[tokio::test]
async fn an_empty_database_is_migrated_and_a_second_run_does_nothing() {
    let database = TestDatabase::empty().await;
    let store = database.store().await;
    let ran = store.migrate().await.unwrap();
    assert_eq!(ran.first().map(String::as_str), Some("0001_configuration"));
    assert!(store.migrate().await.unwrap().is_empty());
    let areas = count(&database, "SELECT count(*) FROM dvara_main.config_versions").await;
    assert_eq!(areas, Area::ALL.len() as i64);
}

#[tokio::test]
async fn a_filled_database_is_migrated_again_and_keeps_its_rows() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let admin = Admin::new(&store);
    tenant(&admin, "acme").await;
    let made = key(&admin, "acme", "ci").await;
    // As if only the first migration had ever run: what came after it has to run on a filled database.
    database
        .execute(
            "DROP TABLE dvara_main.usage, dvara_main.usage_hourly, dvara_main.epochs, \
             dvara_main.cluster_key, dvara_main.rate_counts, dvara_main.policies, dvara_main.policy_versions, \
             dvara_main.prompt_templates, dvara_main.prompt_template_versions, dvara_main.output_schemas CASCADE; \
             DROP FUNCTION dvara_main.usage_ensure_partitions, dvara_main.usage_drop_before, \
             dvara_main.usage_add_sums, dvara_main.rate_exchange, dvara_main.rate_forget; \
             DELETE FROM dvara_main.config_versions WHERE area IN ('policies', 'prompt_templates', 'output_schemas'); \
             DELETE FROM dvara_main.schema_migrations WHERE version > 1",
        )
        .await;
    assert_eq!(
        store.migrate().await.unwrap(),
        [
            "0002_usage",
            "0003_usage_sums",
            "0004_cluster_key",
            "0005_rate_counts",
            "0006_policies",
            "0007_prompt_templates",
            "0008_output_schemas"
        ]
    );
    assert_eq!(admin.keys(None).await.unwrap(), [made.record]);
}

#[tokio::test]
async fn replicas_that_start_together_migrate_once() {
    let database = TestDatabase::empty().await;
    let store = database.store().await;
    let (one, two, three) = tokio::join!(store.migrate(), store.migrate(), store.migrate());
    let ran: usize = [one, two, three]
        .map(|ran| usize::from(!ran.unwrap().is_empty()))
        .iter()
        .sum();
    assert_eq!(ran, 1);
}

#[tokio::test]
async fn a_failed_migration_leaves_nothing_behind() {
    let database = TestDatabase::empty().await;
    // Somebody else's table stands in the way of the second migration.
    database
        .execute("CREATE SCHEMA dvara_main; CREATE TABLE dvara_main.epochs (id text)")
        .await;
    let store = database.store().await;
    let error = store.migrate().await.unwrap_err();
    assert!(matches!(error, StoreError::Migrate { .. }), "{error}");
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'dvara_main'";
    assert_eq!(count(&database, tables).await, 1);
}

#[tokio::test]
async fn a_binary_below_the_floor_is_refused_and_a_newer_schema_alone_is_no_reason() {
    let database = TestDatabase::new().await;
    database
        .execute(
            "INSERT INTO dvara_main.schema_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'from the future', true, '\\x00', 1)",
        )
        .await;
    let store = database.store().await;
    assert!(store.migrate().await.unwrap().is_empty());
    database
        .execute("UPDATE dvara_main.schema_floor SET oldest_binary = '1.10.0'")
        .await;
    let mut settings = database.settings();
    settings.binary_version = "1.9.3".to_owned();
    let error = Store::open(&settings).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::BinaryTooOld { oldest, .. } if oldest == "1.10.0"),
        "{error}"
    );
    assert!(store.migrate().await.is_err());
    settings.binary_version = "1.10.0".to_owned();
    Store::open(&settings).await.unwrap();
}

#[tokio::test]
async fn a_migration_whose_text_changed_since_it_ran_is_refused() {
    let database = TestDatabase::new().await;
    database
        .execute("UPDATE dvara_main.schema_migrations SET checksum = '\\x00' WHERE version = 1")
        .await;
    let error = database.store().await.migrate().await.unwrap_err();
    assert!(matches!(error, StoreError::Migrate { .. }), "{error}");
}

#[tokio::test]
async fn a_user_without_rights_to_create_starts_on_a_migrated_schema() {
    let database = TestDatabase::new().await;
    let name = database.settings().database().to_owned();
    let role = format!("reader_{name}");
    database
        .execute(&format!(
            "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA dvara_main TO {role}; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA dvara_main TO {role}"
        ))
        .await;
    let url = database
        .url()
        .replace("user=dvara", &format!("user={role}"));
    let settings = dvara_store::StoreSettings::parse(
        dvara_store::SettingNames::SPRING,
        &dvara_crypto::Secret::new(url),
        None,
        None,
    )
    .unwrap();
    let store = Store::open(&settings).await.unwrap();
    assert!(store.migrate().await.unwrap().is_empty());
    tenant(&Admin::new(&store), "acme").await;
    store.close().await;
    database
        .execute("DELETE FROM dvara_main.schema_migrations WHERE version = 1")
        .await;
    let error = Store::open(&settings)
        .await
        .unwrap()
        .migrate()
        .await
        .unwrap_err();
    assert_eq!(error.failure(), Failure::NoPrivilege);
    database
        .execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .await;
}

#[tokio::test]
async fn what_keeps_us_from_the_database_is_told_apart() {
    let database = TestDatabase::new().await;
    let gone = database.settings().with_database("no_such_database");
    let error = Store::open(&gone).await.unwrap_err();
    assert_eq!(error.failure(), Failure::NoDatabase, "{error}");
    let nobody = "postgres://dvara@127.0.0.1:1/x?connect_timeout=2".to_owned();
    let settings = dvara_store::StoreSettings::parse(
        dvara_store::SettingNames::SPRING,
        &dvara_crypto::Secret::new(nobody),
        None,
        None,
    )
    .unwrap();
    let error = Store::open(&settings).await.unwrap_err();
    assert_eq!(error.failure(), Failure::Unreachable, "{error}");
    assert!(error.to_string().contains("127.0.0.1:1/x"), "{error}");
}
