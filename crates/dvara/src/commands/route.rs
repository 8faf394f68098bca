//! `dvara route`: who serves which models.

mod draft;
pub(super) mod explain;

use std::io::Write;
use std::process::ExitCode;

use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use dvara_store::admin::RouteVersion;
use dvara_store::{Admin, Store};
use dvara_types::{Canary, RouteId, RouteRecord, RouteStrategy};
use serde_json::{Value, json};

use super::listing::write_deleted;

/// Manage routes.
#[derive(Debug, Args)]
pub(crate) struct RouteArgs {
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: RouteCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RouteCommand {
    /// List the stored routes in the order they are tried; those of a gateway.yaml come before them.
    List,
    /// Make a route, or a new version of one.
    #[command(visible_alias = "put")]
    Create(Box<draft::CreateArgs>),
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
    #[command(visible_alias = "rollback")]
    Restore {
        /// The route.
        id: RouteId,
        /// The version.
        version: i32,
    },
    /// Ask a running gateway where a call would go, and why. Nothing is sent.
    Explain(explain::ExplainArgs),
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
        RouteCommand::Create(create) => {
            write_one(out, args.json, &admin.put_route(create.draft()?).await?)?;
        }
        RouteCommand::Explain(_) => unreachable!("asks a gateway, and no store"),
        RouteCommand::Delete { id } => {
            admin.delete_route(id).await?;
            write_deleted(out, args.json, id.as_str())?;
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
    let named = |provider: &dyn std::fmt::Display, model: Option<&String>| match model {
        Some(model) => format!("{provider} as {model}"),
        None => provider.to_string(),
    };
    let targets = route.providers.iter().map(|target| {
        let named = named(&target.provider, target.model.as_ref());
        if route.strategy == RouteStrategy::Weighted {
            format!("{named} ({})", target.weight)
        } else {
            named
        }
    });
    let options = &route.options;
    let of_canary = options.canary_config.iter().map(|canary| {
        let Canary {
            baseline,
            candidate,
            split_pct,
            ..
        } = canary;
        format!("{baseline}, {split_pct} % to {candidate}")
    });
    let mut targets: Vec<String> = targets.collect();
    if targets.is_empty() || route.strategy == RouteStrategy::Canary {
        targets = of_canary.collect();
    }
    let by_prefix = || "(by prefix)".to_owned();
    let targets = if targets.is_empty() {
        by_prefix()
    } else {
        targets.join(" | ")
    };
    let pinned = match &route.pinned_model_version {
        Some(model) => format!(" as {model}"),
        None => String::new(),
    };
    let fallbacks: String = route
        .fallbacks
        .iter()
        .map(|fallback| {
            format!(
                ", else {}",
                named(&fallback.provider, fallback.model.as_ref())
            )
        })
        .collect();
    let strategy = match route.strategy {
        RouteStrategy::ModelPrefix => String::new(),
        other => format!(" [{}]", other.as_str()),
    };
    let tenant = options.tenant.as_ref();
    let tenant = tenant
        .map(|tenant| format!(" for {tenant}"))
        .unwrap_or_default();
    let shadow = options.shadow_config.as_ref();
    let shadow = shadow
        .map(|shadow| format!(", {} % copied to {}", shadow.sample_pct, shadow.provider))
        .unwrap_or_default();
    format!(
        "{:<30}  v{:<4} at {:<4}  {}{tenant} -> {targets}{pinned}{fallbacks}{shadow}{strategy}",
        route.id.as_str(),
        route.version,
        route.position,
        route.model_pattern.as_str()
    )
}

fn described(route: &RouteRecord) -> Value {
    let mut described = json!({
        "id": route.id,
        "version": route.version,
        "position": route.position,
        "model": route.model_pattern,
        "strategy": route.strategy,
        "providers": route.providers,
        "pinned_model_version": route.pinned_model_version,
        "fallbacks": route.fallbacks,
    });
    let options = serde_json::to_value(&route.options).unwrap_or_default();
    if let (Value::Object(described), Value::Object(options)) = (&mut described, options) {
        described.extend(options);
    }
    described
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
    async fn routes_with_several_targets_are_made_and_rolled_back() {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        let weighted = call(
            &store,
            "create m* --id r --strategy weighted --target provider=a,weight=3 --target provider=b,model=small,weight=0",
        )
        .await
        .unwrap();
        assert!(
            weighted.contains("m* -> a (3) | b as small (0) [weighted]"),
            "{weighted}"
        );
        let cheapest = json_of(
            &store,
            "put m* --id r --strategy cost-aware --target provider=a,price-input=2.50,price-output=10 \
             --target provider=b,price-input=0.15,price-output=0.6,region=eu-west-1 --tier large --tier small --json",
        )
        .await;
        assert_eq!(
            cheapest["providers"][0]["price"],
            json!({"input": "2.5", "output": "10"})
        );
        assert_eq!(cheapest["model_tiers"], json!(["large", "small"]));
        let canary = call(
            &store,
            "put m* --id r --strategy canary --canary-baseline a --canary-candidate b --canary-split 5 --shadow c:next \
             --shadow-percent 10 --hedge-after-ms 800",
        )
        .await
        .unwrap();
        assert!(
            canary.contains("m* -> a, 5 % to b, 10 % copied to c [canary]"),
            "{canary}"
        );
        let listed = json_of(&store, "list --json").await;
        assert_eq!(listed[0]["canary_config"]["split_pct"], 5);
        assert_eq!(listed[0]["shadow_config"]["shadow_model"], "next");
        assert_eq!(listed[0]["hedge_after_ms"], 800);
        let back = call(&store, "rollback r 1").await.unwrap();
        assert!(
            back.contains("v4") && back.contains("a (3) | b as small (0)"),
            "{back}"
        );
    }

    #[tokio::test]
    async fn mistakes_say_what_is_wrong() {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        for (line, expected) in [
            ("create x --strategy intelligent", "not built yet"),
            ("create x --strategy weighted", "providers:"),
            ("create x --provider a --provider b", "one provider"),
            ("create x --target model=y", "`provider=` is missing"),
            ("create x --target provider=a,wait=3", "`wait` is none of"),
            (
                "create x --tenant ghost --provider a",
                "there is no tenant `ghost`",
            ),
            (
                "create x --canary-baseline a --canary-candidate b",
                "is for the strategy `canary`",
            ),
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
