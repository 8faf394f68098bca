//! `dvara route`: who serves which models.

use std::io::Write;
use std::process::ExitCode;

use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use dvara_store::admin::{RouteDraft, RouteVersion};
use dvara_store::{Admin, Store};
use dvara_types::{RouteId, RouteRecord};
use serde_json::{Value, json};

/// Manage routes.
#[derive(Debug, Args)]
pub(crate) struct RouteArgs {
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: RouteCommand,
}

#[derive(Debug, Subcommand)]
enum RouteCommand {
    /// List the stored routes in the order they are tried; those of a gateway.yaml come before them.
    List,
    /// Make a route, or a new version of one.
    #[command(visible_alias = "put")]
    Create {
        /// Which models it serves: `gpt-4*`; the first route that fits a model serves it.
        model: String,
        /// Its id. One is made when absent; that of an existing route makes a new version of it.
        #[arg(long)]
        id: Option<String>,
        /// The provider that serves; any by the model's prefix when absent.
        #[arg(long)]
        provider: Option<String>,
        /// How it chooses among providers.
        #[arg(long, default_value = "model-prefix")]
        strategy: String,
        /// The model that is sent in place of the one asked for.
        #[arg(long, value_name = "MODEL")]
        pin: Option<String>,
        /// Where calls go when the provider failed, `PROVIDER` or `PROVIDER:MODEL`; several are tried in order.
        #[arg(long = "fallback", value_name = "PROVIDER[:MODEL]")]
        fallbacks: Vec<String>,
        /// Where it stands; lower is tried first. As before, or last, when absent.
        #[arg(long, allow_negative_numbers = true)]
        position: Option<i32>,
    },
    /// Delete a route; its versions can still be restored.
    Delete {
        /// The route.
        id: RouteId,
    },
    /// List a route's versions that can be restored, newest first.
    Versions {
        /// The route.
        id: RouteId,
    },
    /// Bring an earlier version back, as a new one.
    Restore {
        /// The route.
        id: RouteId,
        /// The version.
        version: i32,
    },
}

pub(crate) async fn run(
    args: &RouteArgs,
    store: &Store,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let admin = Admin::new(store).acting_as("dvara route");
    match &args.command {
        RouteCommand::List => write_versions(out, args.json, &admin.routes().await?)?,
        RouteCommand::Versions { id } => {
            write_versions(out, args.json, &admin.route_versions(id).await?)?
        }
        RouteCommand::Create {
            model,
            id,
            provider,
            strategy,
            pin,
            fallbacks,
            position,
        } => {
            let draft = RouteDraft {
                id: id.clone(),
                position: *position,
                model_pattern: model.clone(),
                strategy: Some(strategy.clone()),
                providers: provider.iter().map(|name| (name.clone(), None)).collect(),
                pinned_model_version: pin.clone(),
                fallbacks: fallbacks.iter().map(|text| fallback(text)).collect(),
            };
            write_one(out, args.json, &admin.put_route(draft).await?)?;
        }
        RouteCommand::Delete { id } => {
            admin.delete_route(id).await?;
            if args.json {
                writeln!(out, "{}", json!({"id": id, "deleted": true}))?;
            } else {
                writeln!(out, "deleted {id}")?;
            }
        }
        RouteCommand::Restore { id, version } => {
            write_one(
                out,
                args.json,
                &admin.restore_route_version(id, *version).await?,
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `PROVIDER:MODEL` in two; models hold colons of their own (`llama3:8b`), providers do not.
fn fallback(text: &str) -> (String, Option<String>) {
    match text.split_once(':') {
        Some((provider, model)) => (provider.to_owned(), Some(model.to_owned())),
        None => (text.to_owned(), None),
    }
}

fn write_versions(
    out: &mut dyn Write,
    json: bool,
    versions: &[RouteVersion],
) -> std::io::Result<()> {
    if json {
        let described = versions.iter().map(|version| {
            let mut route = described(&version.record);
            route["since"] =
                Value::from(version.since.to_rfc3339_opts(SecondsFormat::Micros, true));
            route
        });
        return writeln!(out, "{}", Value::from_iter(described));
    }
    versions.iter().try_for_each(|version| {
        let since = version.since.to_rfc3339_opts(SecondsFormat::Secs, true);
        writeln!(out, "{}  {since}", line(&version.record))
    })
}

fn write_one(out: &mut dyn Write, json: bool, route: &RouteRecord) -> std::io::Result<()> {
    if json {
        writeln!(out, "{}", described(route))
    } else {
        writeln!(out, "{}", line(route))
    }
}

fn line(route: &RouteRecord) -> String {
    let provider = route
        .providers
        .first()
        .map_or("(by prefix)", |target| target.provider.as_str());
    let pinned = match &route.pinned_model_version {
        Some(model) => format!(" as {model}"),
        None => String::new(),
    };
    let fallbacks: String = route
        .fallbacks
        .iter()
        .map(|fallback| match &fallback.model {
            Some(model) => format!(", else {} as {model}", fallback.provider),
            None => format!(", else {}", fallback.provider),
        })
        .collect();
    format!(
        "{:<30}  v{:<4} at {:<4}  {} -> {provider}{pinned}{fallbacks}",
        route.id.as_str(),
        route.version,
        route.position,
        route.model_pattern.as_str()
    )
}

fn described(route: &RouteRecord) -> Value {
    json!({
        "id": route.id,
        "version": route.version,
        "position": route.position,
        "model": route.model_pattern,
        "strategy": route.strategy,
        "providers": route.providers,
        "pinned_model_version": route.pinned_model_version,
        "fallbacks": route.fallbacks,
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
        route: RouteArgs,
    }

    async fn call(store: &Store, line: &str) -> anyhow::Result<String> {
        let words = std::iter::once("dvara").chain(line.split(' '));
        let mut out = Vec::new();
        run(&Line::try_parse_from(words)?.route, store, &mut out).await?;
        Ok(String::from_utf8(out)?)
    }

    async fn json_of(store: &Store, line: &str) -> Value {
        serde_json::from_str(&call(store, line).await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_route_is_made_changed_deleted_and_restored() {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        let made = json_of(
            &store,
            "create gpt-* --id fast --provider openai --pin gpt-4o --json",
        )
        .await;
        assert_eq!(
            (&made["version"], &made["model"]),
            (&json!(1), &json!("gpt-*"))
        );
        let chained = call(
            &store,
            "put o3* --id fast --provider openai --fallback anthropic:claude-x --fallback ollama:llama3:8b",
        )
        .await
        .unwrap();
        assert!(
            chained.contains("openai, else anthropic as claude-x, else ollama as llama3:8b"),
            "{chained}"
        );
        call(&store, "create mock/* --position -5").await.unwrap();
        let listed = json_of(&store, "list --json").await;
        assert_eq!(listed[0]["model"], "mock/*");
        assert_eq!(listed[1]["version"], 2);
        assert_eq!(call(&store, "delete fast").await.unwrap(), "deleted fast\n");
        assert_eq!(
            call(&store, "versions fast").await.unwrap().lines().count(),
            2
        );
        let back = call(&store, "restore fast 1").await.unwrap();
        assert!(
            back.contains("v3") && back.contains("gpt-* -> openai as gpt-4o"),
            "{back}"
        );
    }

    #[tokio::test]
    async fn mistakes_say_what_is_wrong() {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        for (line, expected) in [
            ("create x --strategy weighted", "not built yet"),
            ("create x --provider Open_AI!", "providers:"),
            ("create x --fallback Open_AI!", "fallbacks.provider:"),
            ("create x --fallback a --fallback a", "given twice"),
            (
                "create x --fallback a --fallback b --fallback c --fallback d --fallback e --fallback f",
                "at most 5",
            ),
            ("delete ghost", "there is no route `ghost`"),
            ("versions ghost", "there is no route `ghost`"),
            ("restore ghost 1", "no route version"),
        ] {
            let error = format!("{:#}", call(&store, line).await.unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
