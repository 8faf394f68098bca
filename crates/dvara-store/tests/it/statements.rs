//! Every statement that can be sent is one that a real server understands.

use dvara_store::statements;
use dvara_testkit::database::TestDatabase;
use sqlx::{Executor, SqlSafeStr};

#[tokio::test]
async fn every_statement_prepares_on_a_real_server() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    let all = statements::all();
    assert!(all.len() > 30, "{}", all.len());
    for statement in all {
        let prepared = connection.prepare(statement.sql.into_sql_str()).await;
        assert!(
            prepared.is_ok(),
            "{} in {}: {:?}",
            statement.name,
            statement.module,
            prepared.err()
        );
    }
}
