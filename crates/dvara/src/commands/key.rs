//! `dvara key`: API keys. A key is shown once, when it is made.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use dvara_store::admin::NewKey;
use dvara_store::{Admin, Store};
use dvara_types::{ApiKeyId, ApiKeyRecord, KeyStatus, Scopes, TenantId};
use serde_json::{Value, json};

/// Manage API keys.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// List keys; the keys themselves are known to nobody.
    List {
        /// Of this tenant only.
        #[arg(long)]
        tenant: Option<TenantId>,
    },
    /// Make a key and show it, once.
    Create {
        /// A name for people; unique among the tenant's keys in use.
        name: String,
        /// Whose it is.
        #[arg(long)]
        tenant: TenantId,
        /// What it may do (completions:write, embeddings:write, batches:write, models:read, mcp:list, mcp:call); may be given several
        /// times. Everything when absent.
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// When it stops working, as 2030-01-31T00:00:00Z.
        #[arg(long, value_name = "TIME")]
        expires_at: Option<DateTime<Utc>>,
        /// After how many days it stops working.
        #[arg(long, value_name = "DAYS", conflicts_with = "expires_at")]
        expires_in_days: Option<u32>,
    },
    /// Withdraw a key for good; every gateway refuses it within a second.
    Revoke {
        /// The key's id, not the key.
        id: ApiKeyId,
    },
}

pub(crate) async fn run(
    args: &KeyArgs,
    store: &Store,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let admin = Admin::new(store).acting_as("dvara key");
    match &args.command {
        KeyCommand::List { tenant } => {
            let keys = admin.keys(tenant.as_ref()).await?;
            if args.json {
                writeln!(out, "{}", Value::from_iter(keys.iter().map(described)))?;
            } else {
                keys.iter().try_for_each(|key| write_line(out, key))?;
            }
        }
        KeyCommand::Create {
            name,
            tenant,
            scopes,
            expires_at,
            expires_in_days,
        } => {
            let after = expires_in_days
                .map(|days| Utc::now() + Duration::from_secs(u64::from(days) * 24 * 60 * 60));
            let new = NewKey {
                tenant: tenant.clone(),
                name: name.clone(),
                scopes: Scopes(scopes.clone()),
                expires_at: expires_at.or(after),
            };
            let made = admin.create_key(new).await?;
            if args.json {
                let mut described = described(&made.record);
                described["key"] = Value::from(made.key.expose().as_str());
                writeln!(out, "{described}")?;
            } else {
                write_line(out, &made.record)?;
                writeln!(out, "{}", made.key.expose())?;
            }
        }
        KeyCommand::Revoke { id } => {
            let revoked = admin.revoke_key(id).await?;
            if args.json {
                writeln!(out, "{}", described(&revoked))?;
            } else {
                write_line(out, &revoked)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write_line(out: &mut dyn Write, key: &ApiKeyRecord) -> std::io::Result<()> {
    let status = match key.status {
        KeyStatus::Revoked => "REVOKED",
        KeyStatus::Active if key.expires_at.is_some_and(|end| end <= Utc::now()) => "EXPIRED",
        KeyStatus::Active => "ACTIVE",
    };
    let prefix = if key.prefix.is_empty() {
        "-"
    } else {
        &key.prefix
    };
    let expiry = match key.expires_at {
        Some(end) => format!("  until {}", end.to_rfc3339_opts(SecondsFormat::Secs, true)),
        None => String::new(),
    };
    writeln!(
        out,
        "{:<30}  {prefix:<11}  {status:<7}  {}/{}{expiry}",
        key.id.as_str(),
        key.tenant,
        key.name
    )
}

fn described(key: &ApiKeyRecord) -> Value {
    json!({
        "id": key.id,
        "tenant": key.tenant,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "status": key.status,
        "expires_at": key.expires_at,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use dvara_crypto::api_key;
    use dvara_store::admin::NewTenant;
    use dvara_testkit::database::TestDatabase;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        key: KeyArgs,
    }

    async fn call(store: &Store, line: &str) -> anyhow::Result<String> {
        let words = std::iter::once("dvara").chain(line.split(' '));
        let mut out = Vec::new();
        run(&Line::try_parse_from(words)?.key, store, &mut out).await?;
        Ok(String::from_utf8(out)?)
    }

    async fn with_tenant() -> (TestDatabase, Store) {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        let acme = NewTenant {
            id: Some(TenantId::parse("acme").unwrap()),
            name: "Acme".to_owned(),
            ..NewTenant::default()
        };
        Admin::new(&store).create_tenant(acme).await.unwrap();
        (database, store)
    }

    #[tokio::test]
    async fn a_key_is_shown_when_it_is_made_and_never_again() {
        let (_database, store) = with_tenant().await;
        let made = call(
            &store,
            "create ci --tenant acme --scope models:read --expires-in-days 7",
        )
        .await
        .unwrap();
        let key = made.lines().nth(1).unwrap();
        assert!(key.starts_with("gw_") && key.len() == 43, "{made}");
        let listed = call(&store, "list --tenant acme").await.unwrap();
        assert!(
            listed.contains(&api_key::display_prefix(key)) && !listed.contains(key),
            "{listed}"
        );
        let json: Value =
            serde_json::from_str(&call(&store, "list --json").await.unwrap()).unwrap();
        assert_eq!(json[0]["scopes"], json!(["models:read"]));
        assert!(!json.to_string().contains(&api_key::hash(key).to_hex()));
        let id = json[0]["id"].as_str().unwrap();
        assert!(
            call(&store, &format!("revoke {id}"))
                .await
                .unwrap()
                .contains("REVOKED")
        );
        let again: Value = serde_json::from_str(
            &call(&store, "create ci --tenant acme --json")
                .await
                .unwrap(),
        )
        .unwrap();
        assert_eq!(again["key"].as_str().unwrap().len(), 43);
    }

    #[tokio::test]
    async fn mistakes_say_what_is_wrong() {
        let (_database, store) = with_tenant().await;
        for (line, expected) in [
            ("create ci --tenant ghost", "there is no tenant `ghost`"),
            ("create ci --tenant acme --scope chat", "`chat` is no scope"),
            (
                "create ci --tenant acme --expires-at yesterday",
                "expires-at",
            ),
            (
                "create ci --tenant acme --expires-in-days 0",
                "expires_at: must lie in the future",
            ),
            ("revoke key_nope", "there is no key `key_nope`"),
        ] {
            let error = format!("{:#}", call(&store, line).await.unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
