//! Rows as JSON, for tests that look at what was stored and must not speak SQL themselves.

use serde_json::Value;
use sqlx::{Connection as _, PgConnection, Row as _};

use crate::database::TestDatabase;

impl TestDatabase {
    /// Every usage row, the oldest call first.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn usage(&self) -> Vec<Value> {
        self.all("SELECT to_jsonb(u) AS row FROM dvara_main.usage u ORDER BY opened_at, id")
            .await
    }

    /// Every row of the request rates, with its `place`, which changes whenever the row is written.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn rate_counts(&self) -> Vec<Value> {
        self.all(
            "SELECT to_jsonb(c) || jsonb_build_object('place', c.ctid::text || c.xmin::text) AS row \
             FROM dvara_main.rate_counts c ORDER BY key, second, writer",
        )
        .await
    }

    /// Holds the table of request rates, so that whoever uses it waits.
    ///
    /// # Panics
    /// When it cannot be had.
    pub async fn hold_rate_counts(&self) -> Held {
        let mut connection = self.connection().await;
        sqlx::raw_sql("BEGIN; LOCK TABLE dvara_main.rate_counts IN ACCESS EXCLUSIVE MODE")
            .execute(&mut connection)
            .await
            .expect("the table can be held");
        Held(connection)
    }

    async fn all(&self, sql: &'static str) -> Vec<Value> {
        let mut connection = self.connection().await;
        let rows = sqlx::query(sql)
            .fetch_all(&mut connection)
            .await
            .expect("rows can be read");
        connection.close().await.expect("the connection closes");
        rows.iter().map(|row| row.get("row")).collect()
    }
}

/// A table that is held until it is let go.
#[derive(Debug)]
pub struct Held(PgConnection);

impl Held {
    /// Lets it go.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn release(self) {
        self.0.close().await.expect("the connection closes");
    }
}
