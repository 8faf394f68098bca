//! What `dvara route create` takes.

use clap::Args;
use dvara_store::admin::{CanaryDraft, RouteDraft, RouteTargetDraft, ShadowDraft};

/// A route in options.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Which models it serves: `gpt-4*`; the first route that fits a model serves it.
    model: String,
    /// Its id. One is made when absent; that of an existing route makes a new version of it.
    #[arg(long)]
    id: Option<String>,
    /// Whose calls it serves; everybody's when absent. A tenant's own routes come first.
    #[arg(long)]
    tenant: Option<String>,
    /// A provider that serves; any by the model's prefix when absent. Several are shared by the strategy.
    #[arg(long = "provider")]
    providers: Vec<String>,
    /// A provider with more to say: `provider=NAME`, and any of `model`, `weight`, `region`, `price-input`, `price-output`
    /// (US dollars for a million tokens), separated by commas.
    #[arg(long = "target", value_name = "KEY=VALUE,…")]
    targets: Vec<String>,
    /// How it chooses among providers: model-prefix, round-robin, weighted, latency-aware, cost-aware, canary, geo-aware or
    /// prompt-cache.
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
    /// For latency-aware: by how many percent a target may be dearer than the cheapest.
    #[arg(long, value_name = "PERCENT")]
    cost_tolerance: Option<u32>,
    /// For latency-aware: milliseconds within which answers should begin.
    #[arg(long, value_name = "MILLISECONDS")]
    latency_sla_ms: Option<u32>,
    /// A model of the order in which calls may be downgraded, the best first.
    #[arg(long = "tier", value_name = "MODEL")]
    tiers: Vec<String>,
    /// For canary: who is in use.
    #[arg(long, value_name = "PROVIDER", requires = "canary_candidate")]
    canary_baseline: Option<String>,
    /// For canary: who is tried.
    #[arg(long, value_name = "PROVIDER", requires = "canary_baseline")]
    canary_candidate: Option<String>,
    /// For canary: with how many of a hundred calls.
    #[arg(long, value_name = "PERCENT", default_value_t = 0)]
    canary_split: u32,
    /// For canary: with whose calls alone; several may be given.
    #[arg(long = "canary-tenant", value_name = "TENANT")]
    canary_tenants: Vec<String>,
    /// Who gets copies of answered calls, whose answers nobody reads.
    #[arg(long, value_name = "PROVIDER[:MODEL]")]
    shadow: Option<String>,
    /// How many of a hundred calls are copied.
    #[arg(
        long,
        value_name = "PERCENT",
        default_value_t = 100,
        requires = "shadow"
    )]
    shadow_percent: u32,
    /// Whose calls alone are copied; several may be given.
    #[arg(long = "shadow-tenant", value_name = "TENANT", requires = "shadow")]
    shadow_tenants: Vec<String>,
    /// What people call the experiment.
    #[arg(long, value_name = "NAME")]
    test_name: Option<String>,
    /// After how many milliseconds without an answer the next target is asked too.
    #[arg(long, value_name = "MILLISECONDS")]
    hedge_after_ms: Option<u32>,
}

impl CreateArgs {
    /// The draft that the options make.
    ///
    /// # Errors
    /// When a target cannot be read.
    pub(super) fn draft(&self) -> anyhow::Result<RouteDraft> {
        let mut providers: Vec<_> = self.providers.iter().map(RouteTargetDraft::named).collect();
        for text in &self.targets {
            providers.push(target(text)?);
        }
        let canary = self
            .canary_baseline
            .as_ref()
            .zip(self.canary_candidate.as_ref());
        let shadow = self.shadow.as_deref().map(pair);
        Ok(RouteDraft {
            id: self.id.clone(),
            position: self.position,
            model_pattern: self.model.clone(),
            strategy: Some(self.strategy.clone()),
            providers,
            pinned_model_version: self.pin.clone(),
            fallbacks: self.fallbacks.iter().map(|text| pair(text)).collect(),
            tenant: self.tenant.clone(),
            cost_tolerance_pct: self.cost_tolerance,
            latency_sla_ms: self.latency_sla_ms,
            model_tiers: self.tiers.clone(),
            canary_config: canary.map(|(baseline, candidate)| CanaryDraft {
                baseline_provider: baseline.clone(),
                candidate_provider: candidate.clone(),
                split_pct: self.canary_split,
                tenant_scope: self.canary_tenants.clone(),
                test_name: self.test_name.clone(),
            }),
            shadow_config: shadow.map(|(provider, model)| ShadowDraft {
                shadow_provider: provider,
                shadow_model: model,
                sample_pct: self.shadow_percent,
                tenant_scope: self.shadow_tenants.clone(),
                test_name: self.test_name.clone(),
            }),
            hedge_after_ms: self.hedge_after_ms,
        })
    }
}

/// `PROVIDER:MODEL` in two; models hold colons of their own (`llama3:8b`), providers do not.
fn pair(text: &str) -> (String, Option<String>) {
    match text.split_once(':') {
        Some((provider, model)) => (provider.to_owned(), Some(model.to_owned())),
        None => (text.to_owned(), None),
    }
}

fn target(text: &str) -> anyhow::Result<RouteTargetDraft> {
    let mut target = RouteTargetDraft::default();
    for part in text.split(',') {
        let (key, value) = part
            .split_once('=')
            .ok_or_else(|| anyhow::anyhow!("--target: `{part}` is no `KEY=VALUE`"))?;
        let value = value.to_owned();
        match key.trim() {
            "provider" => target.provider = value,
            "model" => target.model = Some(value),
            "region" => target.region = Some(value),
            "price-input" => target.price_input = Some(value),
            "price-output" => target.price_output = Some(value),
            "weight" => {
                let weight = value.parse();
                target.weight = Some(weight.map_err(|_| {
                    anyhow::anyhow!(
                        "--target: `weight` must be a whole number that is not negative"
                    )
                })?);
            }
            other => anyhow::bail!(
                "--target: `{other}` is none of provider, model, weight, region, price-input and price-output"
            ),
        }
    }
    anyhow::ensure!(
        !target.provider.is_empty(),
        "--target: `provider=` is missing in `{text}`"
    );
    Ok(target)
}
