//! Rows as JSON, for tests that look at what was stored and must not speak SQL themselves.

use serde_json::Value;
use sqlx::{Connection as _, Row as _};

use crate::database::TestDatabase;

impl TestDatabase {
    /// Every usage row, the oldest call first.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn usage(&self) -> Vec<Value> {
        let mut connection = self.connection().await;
        let rows =
            sqlx::query("SELECT to_jsonb(u) AS row FROM dvara_main.usage u ORDER BY opened_at, id")
                .fetch_all(&mut connection)
                .await
                .expect("usage can be read");
        connection.close().await.expect("the connection closes");
        rows.iter().map(|row| row.get("row")).collect()
    }
}
