//! Migrations: embedded, run in one transaction under an advisory lock, and the floor below which a binary may not start.
//!
//! One transaction for all of them means that a start either finds the old schema or the new one, and that the lock
//! holds behind a transaction pooler too. Old and new pods overlap, so migrations expand first and contract in a later
//! release; one that takes something away raises `schema_floor.oldest_binary`.

use std::borrow::Cow;
use std::collections::HashMap;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Connection, PgConnection, Row, SqlSafeStr};

use crate::error::StoreError;
use crate::sqlstate::Failure;
use crate::statements::{query, statements};

/// Where sqlx notes which migrations ran.
const TABLE: &str = "dvara_main.schema_migrations";

/// The migrations in order; a test holds them against the folder.
const EMBEDDED: &[(i64, &str, &str)] = &[
    (
        1,
        "configuration",
        include_str!("../migrations/0001_configuration.sql"),
    ),
    (2, "usage", include_str!("../migrations/0002_usage.sql")),
    (
        3,
        "usage_sums",
        include_str!("../migrations/0003_usage_sums.sql"),
    ),
    (
        4,
        "cluster_key",
        include_str!("../migrations/0004_cluster_key.sql"),
    ),
    (
        5,
        "rate_counts",
        include_str!("../migrations/0005_rate_counts.sql"),
    ),
    (
        6,
        "policies",
        include_str!("../migrations/0006_policies.sql"),
    ),
    (
        7,
        "prompt_templates",
        include_str!("../migrations/0007_prompt_templates.sql"),
    ),
    (
        8,
        "output_schemas",
        include_str!("../migrations/0008_output_schemas.sql"),
    ),
];

statements! {
    // Read from the catalog's tables: `to_regclass` answers from a cache that is not refreshed by waiting for a lock.
    INSPECT = "SELECT current_setting('server_version_num')::int4 AS number, \
               current_setting('server_version') AS version, \
               EXISTS (SELECT FROM pg_catalog.pg_tables \
                       WHERE schemaname = 'dvara_main' AND tablename = 'schema_floor') AS has_floor, \
               EXISTS (SELECT FROM pg_catalog.pg_tables \
                       WHERE schemaname = 'dvara_main' AND tablename = 'schema_migrations') AS has_migrations";
    // The key is `dvara` in ASCII; a constant, because every version has to take the same lock.
    LOCK = "SELECT pg_advisory_xact_lock(431215473249)";
    HAS_SCHEMA = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'dvara_main') AS present";
    CREATE_SCHEMA = "CREATE SCHEMA dvara_main";
    FLOOR = "SELECT oldest_binary FROM dvara_main.schema_floor";
    APPLIED = "SELECT version, checksum, success FROM dvara_main.schema_migrations";
}

/// What a server and its schema look like from outside.
#[derive(Debug)]
pub(crate) struct Inspection {
    has_floor: bool,
    has_migrations: bool,
}

/// Looks at the server: refuses one that is too old, and a schema that no longer serves this binary.
pub(crate) async fn inspect(
    connection: &mut PgConnection,
    binary: &str,
) -> Result<Inspection, StoreError> {
    let row = sqlx::raw_sql(INSPECT)
        .fetch_one(&mut *connection)
        .await
        .map_err(StoreError::doing("look at the database"))?;
    let (number, inspection) =
        read_inspection(&row).map_err(StoreError::doing("look at the database"))?;
    if number < 140_000 {
        return Err(StoreError::ServerTooOld {
            found: row.try_get("version").unwrap_or_default(),
        });
    }
    if inspection.has_floor {
        check_floor(connection, binary).await?;
    }
    Ok(inspection)
}

fn read_inspection(row: &sqlx::postgres::PgRow) -> Result<(i32, Inspection), sqlx::Error> {
    Ok((
        row.try_get("number")?,
        Inspection {
            has_floor: row.try_get("has_floor")?,
            has_migrations: row.try_get("has_migrations")?,
        },
    ))
}

async fn check_floor(connection: &mut PgConnection, binary: &str) -> Result<(), StoreError> {
    let doing = "read the schema's floor";
    let row = sqlx::raw_sql(FLOOR)
        .fetch_optional(&mut *connection)
        .await
        .map_err(StoreError::doing(doing))?;
    let Some(row) = row else {
        return Err(StoreError::Inconsistent(
            "dvara_main.schema_floor has no row".to_owned(),
        ));
    };
    let oldest: String = row
        .try_get("oldest_binary")
        .map_err(StoreError::doing(doing))?;
    if version(binary) < version(&oldest) {
        return Err(StoreError::BinaryTooOld {
            binary: binary.to_owned(),
            oldest,
        });
    }
    Ok(())
}

/// `major.minor.patch` as numbers; what follows a `-` or `+` does not count, a missing part is 0.
fn version(text: &str) -> [u64; 3] {
    let release = text.split(['-', '+']).next().unwrap_or_default();
    let mut parts = release.split('.').map(|part| part.parse().unwrap_or(0));
    [(); 3].map(|()| parts.next().unwrap_or(0))
}

/// Brings the schema up to this binary; returns the names of the migrations that ran now.
pub(crate) async fn run(
    connection: &mut PgConnection,
    binary: &str,
) -> Result<Vec<String>, StoreError> {
    let inspection = inspect(connection, binary).await?;
    // The usual start: nothing to do, no lock taken, no right to create anything needed.
    if inspection.has_migrations && missing(connection).await?.is_empty() {
        return Ok(Vec::new());
    }
    let doing = StoreError::doing("migrate the schema");
    let mut transaction = connection.begin().await.map_err(&doing)?;
    sqlx::raw_sql(LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(&doing)?;
    // Somebody else may have migrated while we waited for the lock.
    let inspection = inspect(&mut transaction, binary).await?;
    let to_run = if inspection.has_migrations {
        missing(&mut transaction).await?
    } else {
        EMBEDDED
            .iter()
            .map(|(number, name, _)| label(*number, name))
            .collect()
    };
    if !to_run.is_empty() {
        create_schema(&mut transaction).await?;
        migrator()
            .run(&mut *transaction)
            .await
            .map_err(migrate_error)?;
    }
    transaction.commit().await.map_err(&doing)?;
    Ok(to_run)
}

/// A user who owns the schema need not be allowed to create one, and `IF NOT EXISTS` asks for that right first.
async fn create_schema(connection: &mut PgConnection) -> Result<(), StoreError> {
    let doing = StoreError::doing("create the schema `dvara_main`");
    let row = query(HAS_SCHEMA)
        .fetch_one(&mut *connection)
        .await
        .map_err(&doing)?;
    if !row.try_get::<bool, _>("present").map_err(&doing)? {
        query(CREATE_SCHEMA)
            .execute(&mut *connection)
            .await
            .map_err(&doing)?;
    }
    Ok(())
}

/// The migrations that have not run yet. One that ran with another text is an error.
async fn missing(connection: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let doing = StoreError::doing("read which migrations ran");
    let rows = sqlx::raw_sql(APPLIED)
        .fetch_all(&mut *connection)
        .await
        .map_err(&doing)?;
    let mut applied: HashMap<i64, Vec<u8>> = HashMap::new();
    for row in rows {
        let number = row.try_get("version").map_err(&doing)?;
        applied.insert(number, row.try_get("checksum").map_err(&doing)?);
    }
    let mut missing = Vec::new();
    for migration in migrator().iter() {
        match applied.get(&migration.version) {
            None => missing.push(label(migration.version, &migration.description)),
            Some(checksum) if *checksum == *migration.checksum => {}
            Some(_) => {
                return Err(migrate_error(MigrateError::VersionMismatch(
                    migration.version,
                )));
            }
        }
    }
    Ok(missing)
}

fn migrator() -> Migrator {
    let migrations = EMBEDDED
        .iter()
        .map(|(number, name, sql)| {
            Migration::new(
                *number,
                Cow::Borrowed(*name),
                MigrationType::Simple,
                (*sql).into_sql_str(),
                false,
            )
        })
        .collect();
    let mut migrator = Migrator::with_migrations(migrations);
    migrator.dangerous_set_table_name(TABLE);
    // The lock is taken above, for the length of the transaction; and a newer binary may have migrated further.
    migrator.set_locking(false);
    migrator.set_ignore_missing(true);
    migrator
}

fn label(number: i64, name: &str) -> String {
    format!("{number:04}_{name}")
}

fn migrate_error(source: MigrateError) -> StoreError {
    let failure = match &source {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            Failure::of(error)
        }
        _ => Failure::Other,
    };
    StoreError::Migrate { failure, source }
}

/// A text that differs whenever the migrations do, for naming a database that has them.
pub(crate) fn digest() -> String {
    let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
    for migration in migrator().iter() {
        let number = migration.version.to_be_bytes();
        for byte in number.iter().chain(migration.checksum.iter()) {
            // FNV-1a: names a template, guards nothing.
            digest = (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{digest:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_embedded_in_order() {
        let mut files: Vec<String> = std::fs::read_dir("migrations")
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let embedded: Vec<String> = EMBEDDED
            .iter()
            .map(|(number, name, _)| format!("{}.sql", label(*number, name)))
            .collect();
        assert_eq!(embedded, files);
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(version("1.9.0") < version("1.10.0"));
        assert!(version("1.0.0-rc.1") == version("1.0.0"));
        assert!(version("2") > version("1.99.99"));
        assert!(version("1.2") == version("1.2.0"));
    }
}
