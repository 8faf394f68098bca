//! `dvara policy`: which calls tenants may make.

pub(super) mod sample;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use dvara_governance::policy::PolicyStatus;
use dvara_store::admin::{NewPolicy, PolicyChange, PolicyRecord, PolicyVersion};
use dvara_store::{Admin, Store};
use dvara_types::{PolicyId, TenantId};
use serde_json::{Value, json};

use super::listing::{Printed, exactly, owner, write_all, write_deleted, write_one};
use super::text_file;

/// Manage policies.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// List all policies.
    List,
    /// Show a policy with its text.
    Show {
        /// The policy.
        id: PolicyId,
    },
    /// Make a policy. It is a draft and meets no call until `status` puts it in force.
    Create {
        /// A name for people.
        #[arg(long)]
        name: String,
        /// Whose calls it binds; everybody's when absent.
        #[arg(long)]
        tenant: Option<TenantId>,
        /// What it is for.
        #[arg(long)]
        description: Option<String>,
        /// The policy's text, YAML; `-` for standard input.
        file: PathBuf,
    },
    /// Change a policy's name, description or text; what is not given stays. Every change is a new version.
    Update {
        /// The policy.
        id: PolicyId,
        /// A name for people.
        #[arg(long)]
        name: Option<String>,
        /// What it is for; an empty text takes it away.
        #[arg(long)]
        description: Option<String>,
        /// The new text, YAML; `-` for standard input.
        file: Option<PathBuf>,
    },
    /// Put a policy in force (ACTIVE), have it only recorded (SHADOW), or neither (DRAFT, ARCHIVED).
    Status {
        /// The policy.
        id: PolicyId,
        /// ACTIVE, SHADOW, DRAFT or ARCHIVED.
        #[arg(value_parser = status)]
        status: PolicyStatus,
    },
    /// List a policy's versions that can be restored, newest first.
    Versions {
        /// The policy.
        id: PolicyId,
    },
    /// Bring an earlier version back, as a new one; the status stays.
    #[command(visible_alias = "restore")]
    Rollback {
        /// The policy.
        id: PolicyId,
        /// The version.
        version: i32,
    },
    /// Delete a policy and its versions.
    Delete {
        /// The policy.
        id: PolicyId,
    },
    /// Try a policy's text on a sample call. Nothing is stored, and no database is needed.
    Test(sample::TestArgs),
}

pub(crate) async fn run(
    args: &PolicyArgs,
    store: &Store,
    input: &mut dyn Read,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let admin = Admin::new(store).acting_as("dvara policy");
    let json = args.json;
    match &args.command {
        PolicyCommand::List => write_all(out, json, &admin.policies().await?)?,
        PolicyCommand::Versions { id } => write_all(out, json, &admin.policy_versions(id).await?)?,
        PolicyCommand::Show { id } => write_whole(out, json, &admin.policy(id).await?)?,
        PolicyCommand::Delete { id } => {
            admin.delete_policy(id).await?;
            write_deleted(out, json, id.as_str())?;
        }
        PolicyCommand::Create {
            name,
            tenant,
            description,
            file,
        } => {
            let new = NewPolicy {
                tenant: tenant.clone(),
                name: name.clone(),
                description: description.clone(),
                dsl: text_file::read(file, input)?,
            };
            write_one(out, json, &admin.create_policy(new).await?)?;
        }
        PolicyCommand::Update {
            id,
            name,
            description,
            file,
        } => {
            let change = PolicyChange {
                name: name.clone(),
                description: description.clone(),
                dsl: text_file::read_if_given(file.as_deref(), input)?,
            };
            write_one(out, json, &admin.update_policy(id, change).await?)?;
        }
        PolicyCommand::Status { id, status } => {
            write_one(out, json, &admin.set_policy_status(id, *status).await?)?;
        }
        PolicyCommand::Rollback { id, version } => {
            let policy = admin.restore_policy_version(id, *version).await?;
            write_one(out, json, &policy)?;
        }
        PolicyCommand::Test(_) => unreachable!("needs no store"),
    }
    Ok(ExitCode::SUCCESS)
}

fn write_whole(out: &mut dyn Write, json: bool, policy: &PolicyRecord) -> std::io::Result<()> {
    write_one(out, json, policy)?;
    if json {
        return Ok(());
    }
    writeln!(out, "\n{}", policy.dsl.trim_end())
}

/// A status in any case.
fn status(text: &str) -> Result<PolicyStatus, String> {
    let status: Result<PolicyStatus, _> = text.to_ascii_uppercase().parse();
    status.map_err(|error| error.to_string())
}

impl Printed for PolicyRecord {
    fn line(&self) -> String {
        format!(
            "{:<30}  v{:<4}  {:<8}  {:<20}  {}",
            self.id.as_str(),
            self.version,
            self.status.as_str(),
            owner(self.tenant.as_ref()),
            self.name
        )
    }

    fn described(&self) -> Value {
        json!({
            "id": self.id,
            "tenant": self.tenant,
            "name": self.name,
            "description": self.description,
            "dsl": self.dsl,
            "status": self.status.as_str(),
            "version": self.version,
            "created_at": exactly(self.created_at),
            "updated_at": exactly(self.updated_at),
        })
    }
}

impl Printed for PolicyVersion {
    fn line(&self) -> String {
        format!(
            "v{:<4}  {}  {}",
            self.version,
            self.since.to_rfc3339_opts(SecondsFormat::Secs, true),
            self.name
        )
    }

    fn described(&self) -> Value {
        json!({
            "id": self.policy,
            "version": self.version,
            "name": self.name,
            "description": self.description,
            "dsl": self.dsl,
            "status": self.status.as_str(),
            "since": exactly(self.since),
        })
    }
}

#[cfg(test)]
mod tests;
