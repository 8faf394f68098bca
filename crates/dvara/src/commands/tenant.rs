//! `dvara tenant`: who is served and billed.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use dvara_store::admin::NewTenant;
use dvara_store::{Admin, Store};
use dvara_types::{TenantId, TenantRecord, TenantStatus};
use serde_json::{Map, Value, json};

/// Manage tenants.
#[derive(Debug, Args)]
pub(crate) struct TenantArgs {
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: TenantCommand,
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// List all tenants.
    List,
    /// Make a tenant.
    Create {
        /// A name for people.
        name: String,
        /// Its id: 1 to 63 of a-z, 0-9, `.`, `_` and `-`. One is made when absent.
        #[arg(long)]
        id: Option<TenantId>,
        /// A setting or note; may be given several times.
        #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
        metadata: Vec<(String, String)>,
    },
    /// Change a tenant's settings and notes; every gateway follows within a second.
    Set {
        /// The tenant.
        id: TenantId,
        /// A setting or note, such as `pii.action=REDACT`; may be given several times.
        #[arg(value_name = "KEY=VALUE", value_parser = key_value)]
        metadata: Vec<(String, String)>,
        /// A setting or note to take away; may be given several times.
        #[arg(long, value_name = "KEY")]
        unset: Vec<String>,
    },
    /// Refuse a tenant's calls from now on; every gateway does within a second.
    Suspend {
        /// The tenant.
        id: TenantId,
        /// What its callers are told.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Serve a suspended tenant again.
    Resume {
        /// The tenant.
        id: TenantId,
    },
}

impl TenantArgs {
    /// Whether the command makes a tenant, of which the licence allows so many.
    pub(crate) fn creates(&self) -> bool {
        matches!(self.command, TenantCommand::Create { .. })
    }
}

pub(crate) async fn run(
    args: &TenantArgs,
    store: &Store,
    max_tenants: Option<u32>,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let admin = Admin::new(store)
        .acting_as("dvara tenant")
        .with_max_tenants(max_tenants);
    let tenants = match &args.command {
        TenantCommand::List => {
            let tenants = admin.tenants().await?;
            if args.json {
                writeln!(out, "{}", Value::from_iter(tenants.iter().map(described)))?;
                return Ok(ExitCode::SUCCESS);
            }
            tenants
        }
        TenantCommand::Create { name, id, metadata } => {
            let metadata = metadata
                .iter()
                .map(|(key, value)| (key.clone(), Value::from(value.clone())));
            let new = NewTenant {
                id: id.clone(),
                name: name.clone(),
                metadata: Map::from_iter(metadata),
            };
            vec![admin.create_tenant(new).await?]
        }
        TenantCommand::Set {
            id,
            metadata,
            unset,
        } => {
            let set = metadata
                .iter()
                .map(|(key, value)| (key.clone(), Some(Value::from(value.clone()))));
            let unset = unset.iter().map(|key| (key.clone(), None));
            let entries = set.chain(unset).collect();
            vec![admin.set_tenant_metadata(id, entries).await?]
        }
        TenantCommand::Suspend { id, reason } => {
            vec![admin.suspend_tenant(id, reason.as_deref()).await?]
        }
        TenantCommand::Resume { id } => vec![admin.resume_tenant(id).await?],
    };
    for tenant in &tenants {
        if args.json {
            writeln!(out, "{}", described(tenant))?;
        } else {
            writeln!(
                out,
                "{:<30}  {:<9}  {}",
                tenant.id.as_str(),
                status(tenant),
                tenant.name
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.to_owned()))
        }
        _ => Err("write it as key=value".to_owned()),
    }
}

fn status(tenant: &TenantRecord) -> &'static str {
    match tenant.status {
        TenantStatus::Active => "ACTIVE",
        TenantStatus::Suspended => "SUSPENDED",
    }
}

fn described(tenant: &TenantRecord) -> Value {
    json!({
        "id": tenant.id,
        "name": tenant.name,
        "status": tenant.status,
        "metadata": tenant.metadata,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use dvara_testkit::database::TestDatabase;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        tenant: TenantArgs,
    }

    async fn call(store: &Store, line: &str) -> anyhow::Result<String> {
        let words = std::iter::once("dvara").chain(line.split(' '));
        let mut out = Vec::new();
        run(&Line::try_parse_from(words)?.tenant, store, None, &mut out).await?;
        Ok(String::from_utf8(out)?)
    }

    #[tokio::test]
    async fn a_tenant_is_made_suspended_resumed_and_listed() {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        let made = call(&store, "create Acme --id acme --metadata region=eu")
            .await
            .unwrap();
        assert!(
            made.starts_with("acme ") && made.contains("ACTIVE"),
            "{made}"
        );
        let suspended = call(&store, "suspend acme --reason unpaid --json")
            .await
            .unwrap();
        let suspended: Value = serde_json::from_str(&suspended).unwrap();
        assert_eq!(suspended["status"], "SUSPENDED");
        assert_eq!(
            suspended["metadata"],
            json!({"region": "eu", "suspendedReason": "unpaid"})
        );
        call(&store, "resume acme").await.unwrap();
        let listed: Value =
            serde_json::from_str(&call(&store, "--json list").await.unwrap()).unwrap();
        assert_eq!(listed[0]["status"], "ACTIVE");
        assert_eq!(call(&store, "list").await.unwrap().lines().count(), 1);
    }

    #[tokio::test]
    async fn settings_are_set_checked_and_taken_away() {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        call(&store, "create Acme --id acme --metadata region=eu")
            .await
            .unwrap();
        let set = "set acme pii.action=REDACT guardrail.action=BLOCK --json";
        let set: Value = serde_json::from_str(&call(&store, set).await.unwrap()).unwrap();
        let all = json!({"region": "eu", "pii.action": "REDACT", "guardrail.action": "BLOCK"});
        assert_eq!(set["metadata"], all);
        let wrong = call(&store, "set acme pii.action=HIDE region=us").await;
        let wrong = format!("{:#}", wrong.unwrap_err());
        let fix = "metadata.pii.action: write BLOCK, REDACT, TOKENIZE or LOG";
        assert!(wrong.contains(fix), "{wrong}");
        let unset = "set acme --unset guardrail.action --json";
        let unset: Value = serde_json::from_str(&call(&store, unset).await.unwrap()).unwrap();
        assert_eq!(
            unset["metadata"],
            json!({"region": "eu", "pii.action": "REDACT"})
        );
    }

    #[tokio::test]
    async fn mistakes_say_what_is_wrong() {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        for (line, expected) in [
            ("create x --id Acme", "`Acme` is not an id"),
            ("suspend ghost", "there is no tenant `ghost`"),
            ("suspend Ghost", "is not an id"),
            ("create x --metadata novalue", "write it as key=value"),
        ] {
            let error = format!("{:#}", call(&store, line).await.unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
