//! `dvara schema`: what answers have to look like.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use dvara_governance::schema::Schema;
use dvara_store::admin::{NewOutputSchema, OutputSchemaRecord};
use dvara_store::{Admin, Store};
use dvara_types::{Glob, OutputSchemaId, RouteId, TenantId};
use serde_json::{Value, json};

use super::listing::{Printed, exactly, owner, write_all, write_deleted, write_one};
use super::text_file;

/// `EX_USAGE`, as for wrong settings.
const WRONG_SCHEMA: u8 = 64;

/// Manage output schemas.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    pub(crate) command: SchemaCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    /// List all output schemas.
    List,
    /// Make an output schema. Answers are held against it from then on.
    Create {
        /// For the answers of which models: `gpt-4*`; `*` for all.
        #[arg(long, value_name = "PATTERN")]
        model: Option<String>,
        /// For the calls of which route.
        #[arg(long)]
        route: Option<RouteId>,
        /// Whose answers it is for; everybody's when absent. A tenant's own schemas come first.
        #[arg(long)]
        tenant: Option<TenantId>,
        /// The JSON schema, draft 7 unless it names another; `-` for standard input.
        file: PathBuf,
    },
    /// Delete an output schema.
    Delete {
        /// The schema.
        id: OutputSchemaId,
    },
    /// Hold an answer against a schema. Nothing is stored, and no database is needed.
    Test(TestArgs),
}

/// A schema and an answer. Exits 0 when the answer fits, 1 when it does not, 64 when the schema is wrong.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// The JSON schema.
    schema: PathBuf,
    /// The answer; `-` for standard input.
    answer: PathBuf,
}

pub(crate) async fn run(
    args: &SchemaArgs,
    store: &Store,
    input: &mut dyn Read,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let admin = Admin::new(store).acting_as("dvara schema");
    match &args.command {
        SchemaCommand::List => write_all(out, args.json, &admin.output_schemas().await?)?,
        SchemaCommand::Create {
            model,
            route,
            tenant,
            file,
        } => {
            let new = NewOutputSchema {
                tenant: tenant.clone(),
                model_pattern: model.clone(),
                route: route.clone(),
                schema: schema(file, input)?,
            };
            let made = admin.create_output_schema(new).await?;
            write_one(out, args.json, &made)?;
        }
        SchemaCommand::Delete { id } => {
            admin.delete_output_schema(id).await?;
            write_deleted(out, args.json, id.as_str())?;
        }
        SchemaCommand::Test(_) => unreachable!("needs no store"),
    }
    Ok(ExitCode::SUCCESS)
}

impl TestArgs {
    /// Holds the answer against the schema. Mistakes of the answer stand on `out`, one a line; those of the schema on
    /// `errors`.
    pub(crate) fn run(
        &self,
        input: &mut dyn Read,
        out: &mut dyn Write,
        errors: &mut dyn Write,
    ) -> anyhow::Result<ExitCode> {
        ensure!(
            self.schema != Path::new("-"),
            "the schema has to be a file: standard input is for the answer"
        );
        let name = text_file::name(&self.schema);
        let compiled = schema(&self.schema, input)
            .and_then(|schema| Schema::compile(&schema).with_context(|| name.clone()));
        let schema = match compiled {
            Ok(schema) => schema,
            Err(error) => {
                writeln!(errors, "{error:#}")?;
                return Ok(WRONG_SCHEMA.into());
            }
        };
        let answer = text_file::read(&self.answer, input)?;
        match schema.check(&answer) {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(misfits) => {
                for misfit in misfits {
                    writeln!(out, "{misfit}")?;
                }
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

fn schema(file: &Path, input: &mut dyn Read) -> anyhow::Result<Value> {
    let text = text_file::read(file, input)?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", text_file::name(file)))
}

impl Printed for OutputSchemaRecord {
    fn line(&self) -> String {
        let pattern = self.model_pattern.as_ref();
        let route = self.route.as_ref();
        format!(
            "{:<30}  {:<8}  {:<20}  {} {}",
            self.id.as_str(),
            if self.enabled { "enabled" } else { "disabled" },
            owner(self.tenant.as_ref()),
            pattern.map_or("(all models)", Glob::as_str),
            route.map_or_else(String::new, |route| format!("by {route}")),
        )
        .trim_end()
        .to_owned()
    }

    fn described(&self) -> Value {
        json!({
            "id": self.id,
            "tenant": self.tenant,
            "model_pattern": self.model_pattern,
            "route_id": self.route,
            "schema": self.schema,
            "enabled": self.enabled,
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
        schema: SchemaArgs,
    }

    /// What a command says with this text on its standard input.
    async fn call(store: &Store, line: &str, input: &str) -> anyhow::Result<String> {
        let words = std::iter::once("dvara").chain(line.split(' '));
        let args = Line::try_parse_from(words)?.schema;
        let mut out = Vec::new();
        run(&args, store, &mut input.as_bytes(), &mut out).await?;
        Ok(String::from_utf8(out)?)
    }

    #[tokio::test]
    async fn a_schema_is_made_listed_and_deleted() {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        let schema = json!({"type": "object"});
        let line = "create --model gpt-* --route fast - --json";
        let made = call(&store, line, &schema.to_string()).await.unwrap();
        let made: Value = serde_json::from_str(&made).unwrap();
        assert_eq!((&made["schema"], &made["enabled"]), (&schema, &json!(true)));
        let id = made["id"].as_str().unwrap();
        let listed = call(&store, "list", "").await.unwrap();
        assert!(
            listed.starts_with(id) && listed.ends_with("gpt-* by fast\n"),
            "{listed}"
        );
        let deleted = call(&store, &format!("delete {id}"), "").await.unwrap();
        assert_eq!(deleted, format!("deleted {id}\n"));
        assert_eq!(call(&store, "list --json", "").await.unwrap(), "[]\n");
    }

    #[tokio::test]
    async fn mistakes_say_what_is_wrong() {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        for (line, input, expected) in [
            ("create -", "{}", "scope: give a model pattern or a route"),
            ("create --model * -", "{", "standard input is no JSON"),
            (
                "create --model * -",
                "[]",
                "schema: a schema is a JSON object",
            ),
            (
                "create --model * -",
                r#"{"$ref": "http://x/"}"#,
                "schema: #: `http://x/` leads out",
            ),
            (
                "create --model * --tenant ghost -",
                "{}",
                "there is no tenant `ghost`",
            ),
            ("create --route R! -", "{}", "is not an id"),
            (
                "delete sch_ghost",
                "",
                "there is no output schema `sch_ghost`",
            ),
        ] {
            let error = format!("{:#}", call(&store, line, input).await.unwrap_err());
            assert!(error.contains(expected), "{line}: {error}");
        }
    }

    /// The exit code with what was written to standard output and to standard error.
    fn tried(schema: &str, answer: &str) -> (ExitCode, String, String) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("schema.json");
        std::fs::write(&file, schema).unwrap();
        let test = TestArgs {
            schema: file,
            answer: "-".into(),
        };
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        let code = test
            .run(&mut answer.as_bytes(), &mut out, &mut errors)
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (code, text(out), text(errors))
    }

    #[test]
    fn an_answer_is_held_against_a_schema_without_a_database() {
        let schema = r#"{"properties": {"a": {"type": "string"}}}"#;
        let nothing = String::new;
        assert_eq!(
            tried(schema, r#"{"a": "x"}"#),
            (ExitCode::SUCCESS, nothing(), nothing())
        );
        assert_eq!(
            tried(schema, r#"{"a": 1}"#),
            (
                ExitCode::FAILURE,
                "/a: is no string\n".to_owned(),
                nothing()
            )
        );
        for (wrong, expected) in [
            ("{", "is no JSON"),
            (r#"{"$ref": "x"}"#, "schema.json: #: `x` leads out"),
        ] {
            let (code, out, errors) = tried(wrong, "{}");
            assert_eq!((code, out), (ExitCode::from(64), nothing()));
            assert!(errors.contains(expected), "{errors}");
        }
    }
}
