//! `dvara prompt`: texts that calls name and fill in.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use dvara_governance::template::{Prompt, RenderedPrompt, TemplateStatus};
use dvara_store::admin::{NewPromptTemplate, PromptTemplateChange, PromptTemplateRecord};
use dvara_store::{Admin, Store};
use dvara_types::{PromptTemplateId, TenantId};
use serde_json::{Map, Value, json};

use super::listing::{Printed, exactly, owner, write_all, write_one};
use super::text_file;

/// Manage prompt templates.
#[derive(Debug, Args)]
pub(crate) struct PromptArgs {
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: PromptCommand,
}

#[derive(Debug, Subcommand)]
enum PromptCommand {
    /// List all prompt templates.
    List,
    /// Show a prompt template with its texts and variables.
    Show {
        /// The template.
        id: PromptTemplateId,
    },
    /// Make a prompt template. It is a draft that no call may name until `status` makes it ACTIVE.
    Create {
        /// A name for people.
        #[arg(long)]
        name: String,
        /// Who may use it; everybody when absent.
        #[arg(long)]
        tenant: Option<TenantId>,
        /// The text that goes before all messages.
        #[arg(long, value_name = "FILE")]
        system: Option<PathBuf>,
        /// The text that goes before the messages of a call, with `{{name}}` where a variable goes; `-` for standard input.
        file: PathBuf,
    },
    /// Change a prompt template's name or texts; what is not given stays. Every change is a new version.
    Update {
        /// The template.
        id: PromptTemplateId,
        /// A name for people.
        #[arg(long)]
        name: Option<String>,
        /// The new text that goes before all messages; an empty file takes it away.
        #[arg(long, value_name = "FILE")]
        system: Option<PathBuf>,
        /// The new text that goes before the messages of a call; `-` for standard input.
        file: Option<PathBuf>,
    },
    /// Put a draft in use (ACTIVE), or an active template away for good (ARCHIVED).
    Status {
        /// The template.
        id: PromptTemplateId,
        /// ACTIVE or ARCHIVED.
        #[arg(value_parser = status)]
        status: TemplateStatus,
    },
    /// Fill a prompt template in and print what a call would say.
    Render {
        /// The template, whatever its status.
        id: PromptTemplateId,
        /// The value of a variable; may be given several times.
        #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
        variables: Vec<(String, String)>,
    },
}

pub(crate) async fn run(
    args: &PromptArgs,
    store: &Store,
    input: &mut dyn Read,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let admin = Admin::new(store).acting_as("dvara prompt");
    let json = args.json;
    match &args.command {
        PromptCommand::List => write_all(out, json, &admin.prompt_templates().await?)?,
        PromptCommand::Show { id } => write_whole(out, json, &admin.prompt_template(id).await?)?,
        PromptCommand::Render { id, variables } => {
            let template = admin.prompt_template(id).await?;
            write_rendered(out, json, &rendered(&template, variables)?)?;
        }
        PromptCommand::Create {
            name,
            tenant,
            system,
            file,
        } => {
            let new = NewPromptTemplate {
                tenant: tenant.clone(),
                name: name.clone(),
                system_prompt: text_file::read_if_given(system.as_deref(), input)?,
                user_prompt: text_file::read(file, input)?,
            };
            write_one(out, json, &admin.create_prompt_template(new).await?)?;
        }
        PromptCommand::Update {
            id,
            name,
            system,
            file,
        } => {
            let change = PromptTemplateChange {
                name: name.clone(),
                system_prompt: text_file::read_if_given(system.as_deref(), input)?,
                user_prompt: text_file::read_if_given(file.as_deref(), input)?,
            };
            write_one(out, json, &admin.update_prompt_template(id, change).await?)?;
        }
        PromptCommand::Status { id, status } => {
            let template = admin.set_prompt_template_status(id, *status).await?;
            write_one(out, json, &template)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A status in any case.
fn status(text: &str) -> Result<TemplateStatus, String> {
    let status: Result<TemplateStatus, _> = text.to_ascii_uppercase().parse();
    status.map_err(|error| error.to_string())
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as name=value".to_owned()),
    }
}

fn rendered(
    template: &PromptTemplateRecord,
    variables: &[(String, String)],
) -> anyhow::Result<RenderedPrompt> {
    let values: Map<String, Value> = variables
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.clone())))
        .collect();
    let prompt = Prompt::parse(template.system_prompt.as_deref(), &template.user_prompt)?;
    prompt
        .render(&values)
        .map_err(|error| anyhow::anyhow!("{error}: give it as --var NAME=VALUE"))
}

fn write_whole(
    out: &mut dyn Write,
    json: bool,
    template: &PromptTemplateRecord,
) -> std::io::Result<()> {
    write_one(out, json, template)?;
    if json {
        return Ok(());
    }
    write_texts(
        out,
        template.system_prompt.as_deref(),
        &template.user_prompt,
    )
}

fn write_rendered(
    out: &mut dyn Write,
    json: bool,
    rendered: &RenderedPrompt,
) -> std::io::Result<()> {
    if json {
        let described = json!({"system": rendered.system, "user": rendered.user});
        writeln!(out, "{described}")
    } else {
        write_texts(out, rendered.system.as_deref(), &rendered.user)
    }
}

fn write_texts(out: &mut dyn Write, system: Option<&str>, user: &str) -> std::io::Result<()> {
    if let Some(system) = system {
        writeln!(out, "--- system\n{}", system.trim_end())?;
    }
    writeln!(out, "--- user\n{}", user.trim_end())
}

impl Printed for PromptTemplateRecord {
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
        let prompt = Prompt::parse(self.system_prompt.as_deref(), &self.user_prompt);
        json!({
            "id": self.id,
            "tenant": self.tenant,
            "name": self.name,
            "system_prompt": self.system_prompt,
            "user_prompt": self.user_prompt,
            "variables": prompt.as_ref().map(Prompt::variables).unwrap_or_default(),
            "status": self.status.as_str(),
            "version": self.version,
            "created_at": exactly(self.created_at),
            "updated_at": exactly(self.updated_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use dvara_testkit::database::TestDatabase;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        prompt: PromptArgs,
    }

    /// What a command says with this text on its standard input.
    async fn call(store: &Store, line: &str, input: &str) -> anyhow::Result<String> {
        let words = std::iter::once("dvara").chain(line.split(' '));
        let args = Line::try_parse_from(words)?.prompt;
        let mut out = Vec::new();
        run(&args, store, &mut input.as_bytes(), &mut out).await?;
        Ok(String::from_utf8(out)?)
    }

    async fn json_of(store: &Store, line: &str, input: &str) -> Value {
        serde_json::from_str(&call(store, line, input).await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_template_is_made_changed_put_in_use_and_filled_in() {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        let folder = tempfile::tempdir().unwrap();
        let system = folder.path().join("system.txt");
        std::fs::write(&system, "You are {{role}}.\n").unwrap();
        let system = system.display();
        let made = json_of(
            &store,
            &format!("create --name greeting --system {system} - --json"),
            "Hello {{name}}!",
        )
        .await;
        assert_eq!(
            (&made["status"], &made["version"]),
            (&json!("DRAFT"), &json!(1))
        );
        assert_eq!(made["variables"], json!(["role", "name"]));
        let id = made["id"].as_str().unwrap();
        let changed = call(&store, &format!("update {id} -"), "Bye {{ name }}!")
            .await
            .unwrap();
        assert!(
            changed.contains("v2") && changed.ends_with("greeting\n"),
            "{changed}"
        );
        let active = call(&store, &format!("status {id} active"), "")
            .await
            .unwrap();
        assert!(active.contains("ACTIVE"), "{active}");
        assert_eq!(call(&store, "list", "").await.unwrap(), active);
        let shown = call(&store, &format!("show {id}"), "").await.unwrap();
        assert!(
            shown.ends_with("--- system\nYou are {{role}}.\n--- user\nBye {{ name }}!\n"),
            "{shown}"
        );
        let line = format!("render {id} --var role=kind --var name=Ada=B");
        let said = call(&store, &line, "").await.unwrap();
        assert_eq!(said, "--- system\nYou are kind.\n--- user\nBye Ada=B!\n");
        let said = json_of(&store, &format!("{line} --json"), "").await;
        assert_eq!(
            said,
            json!({"system": "You are kind.\n", "user": "Bye Ada=B!"})
        );
        let missing = call(&store, &format!("render {id} --var role=x"), "").await;
        assert_eq!(
            missing.unwrap_err().to_string(),
            "the variable `name` has no value: give it as --var NAME=VALUE"
        );
        let refused = call(&store, &format!("status {id} DRAFT"), "")
            .await
            .unwrap_err();
        assert!(
            refused.to_string().contains("only ARCHIVED does"),
            "{refused}"
        );
    }

    #[tokio::test]
    async fn mistakes_say_what_is_wrong() {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        for (line, expected) in [
            ("create -", "--name <NAME>"),
            ("create --name p -", "user_prompt: must not be empty"),
            ("create --name p --system /no/such -", "read /no/such"),
            ("show prm_ghost", "there is no prompt template `prm_ghost`"),
            (
                "update prm_ghost --name p",
                "there is no prompt template `prm_ghost`",
            ),
            (
                "status prm_ghost ACTIVE",
                "there is no prompt template `prm_ghost`",
            ),
            ("status prm_ghost SHADOW", "use DRAFT, ACTIVE or ARCHIVED"),
            (
                "render prm_ghost",
                "there is no prompt template `prm_ghost`",
            ),
            ("render prm_ghost --var name", "write it as name=value"),
        ] {
            let error = format!("{:#}", call(&store, line, "").await.unwrap_err());
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
