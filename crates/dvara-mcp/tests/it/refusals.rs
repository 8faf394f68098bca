//! Databases that a start refuses. What it refuses of the settings is tested with the binary.

use dvara_service::boot::BootError;
use dvara_service::drain::DrainTiming;
use dvara_testkit::database::TestDatabase;

use crate::harness::launch;

async fn refused(database: &TestDatabase) -> BootError {
    let started = Box::pin(launch(database, &[], DrainTiming::immediate())).await;
    started.err().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_serves_newer_binaries_only_is_refused() {
    let database = TestDatabase::new().await;
    database
        .execute("UPDATE dvara_main.schema_floor SET oldest_binary = '99.0.0'")
        .await;
    let error = refused(&database).await;
    assert_eq!(error.code(), 1);
    let text = error.to_string();
    assert!(text.contains("99.0.0 and newer only"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_let_us_in_is_refused() {
    let database = TestDatabase::new().await;
    database.cut().await;
    let error = refused(&database).await;
    database.restore().await;
    assert_eq!(error.code(), 1);
    assert!(!error.messages()[0].is_empty());
}
