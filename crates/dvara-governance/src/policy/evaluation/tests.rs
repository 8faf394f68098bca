use std::collections::BTreeSet;

use dvara_types::TenantId;
use proptest::prelude::*;

use super::*;
use crate::policy::sample::llm_call;
use crate::policy::{PolicyIndex, PolicySource, PolicyStatus};

fn tenant() -> TenantId {
    TenantId::parse("acme").unwrap()
}

fn global<'a>(id: &'a str, dsl: &'a str) -> PolicySource<'a> {
    PolicySource {
        id,
        tenant: None,
        dsl,
        status: PolicyStatus::Active,
    }
}

fn own<'a>(id: &'a str, dsl: &'a str) -> PolicySource<'a> {
    PolicySource {
        tenant: Some(tenant()),
        ..global(id, dsl)
    }
}

fn in_shadow(source: PolicySource<'_>) -> PolicySource<'_> {
    PolicySource {
        status: PolicyStatus::Shadow,
        ..source
    }
}

/// Asks the policies of the tenant about a plain LLM call.
fn evaluated(sources: Vec<PolicySource<'_>>) -> Evaluation {
    let (index, broken) = PolicyIndex::compile(sources);
    assert_eq!(broken, []);
    index.of(Some(&tenant())).evaluate(&llm_call())
}

/// `policy/rule` of the denial and of each warning.
fn outcome(evaluation: &Evaluation) -> (Option<String>, Vec<String>) {
    let name = |policy: &str, rule: &str| format!("{policy}/{rule}");
    let denial = evaluation.denial.as_ref();
    (
        denial.map(|denial| name(&denial.policy_id, &denial.rule_id)),
        evaluation
            .warnings
            .iter()
            .map(|warning| name(&warning.policy_id, &warning.rule_id))
            .collect(),
    )
}

/// A policy of rules that always fire, each written `id action priority`.
fn always(rules: &[&str]) -> String {
    let rules: String = rules
        .iter()
        .map(|rule| {
            let [id, action, priority] = rule.split(' ').collect::<Vec<_>>()[..] else {
                panic!("id action priority");
            };
            format!("- {{id: {id}, action: {action}, priority: {priority}, expression: 'true'}}\n")
        })
        .collect();
    format!("version: '1'\nrules:\n{rules}")
}

#[test]
fn nothing_fired_is_an_empty_answer() {
    let never = "version: '1'\nrules:\n- {id: r, expression: 'false'}\n";
    assert_eq!(evaluated(vec![global("p", never)]), Evaluation::default());
    assert_eq!(evaluated(vec![]), Evaluation::default());
}

#[test]
fn denial_names_policy_rule_and_reason() {
    let dsl = "version: '1'\nrules:\n- {id: r, expression: 'true', deny_message: not today}\n";
    let denial = evaluated(vec![global("p", dsl)]).denial.unwrap();
    assert_eq!((&*denial.policy_id, &*denial.rule_id), ("p", "r"));
    assert_eq!(&*denial.reason, "not today");
    let silent = always(&["r DENY 1"]);
    let denial = evaluated(vec![global("p", &silent)]).denial.unwrap();
    assert_eq!(&*denial.reason, "Request blocked by policy rule: r");
}

#[test]
fn lower_priority_is_asked_first() {
    let dsl = always(&["late DENY 200", "early DENY -5", "middle DENY 100"]);
    assert_eq!(
        outcome(&evaluated(vec![global("p", &dsl)])),
        (Some("p/early".into()), vec![])
    );
}

#[test]
fn globals_come_before_the_tenants_own_at_the_same_priority() {
    let warn = always(&["a WARN_AGENT 100", "b WARN_AGENT 100"]);
    let evaluation = evaluated(vec![
        own("own-1", &warn),
        global("global-1", &warn),
        own("own-2", &warn),
        global("global-2", &warn),
    ]);
    let expected = [
        "global-1/a",
        "global-1/b",
        "global-2/a",
        "global-2/b",
        "own-1/a",
        "own-1/b",
        "own-2/a",
        "own-2/b",
    ];
    assert_eq!(
        outcome(&evaluation),
        (None, expected.map(String::from).into())
    );
}

#[test]
fn priority_counts_across_policies() {
    let (first, second) = (always(&["own DENY 1"]), always(&["global DENY 2"]));
    let evaluation = evaluated(vec![global("g", &second), own("o", &first)]);
    assert_eq!(outcome(&evaluation).0, Some("o/own".into()));
}

#[test]
fn warnings_before_a_denial_stay_and_rules_after_it_are_not_asked() {
    let dsl = always(&["before WARN_AGENT 1", "no DENY 2", "after WARN_AGENT 3"]);
    assert_eq!(
        outcome(&evaluated(vec![global("p", &dsl)])),
        (Some("p/no".into()), vec!["p/before".into()])
    );
}

#[test]
fn warning_carries_its_message() {
    let dsl = "version: '1'\nrules:\n- {id: r, expression: 'true', action: WARN_AGENT, warn_message: careful}\n";
    let evaluation = evaluated(vec![global("p", dsl)]);
    assert_eq!(&*evaluation.warnings[0].message, "careful");
    assert_eq!(evaluation.denial, None);
}

#[test]
fn shadow_is_recorded_and_never_enforced() {
    let dsl = always(&["no DENY 1", "hm WARN_AGENT 0"]);
    let evaluation = evaluated(vec![in_shadow(own("s", &dsl))]);
    assert_eq!(outcome(&evaluation), (None, vec![]));
    let decision = ShadowDecision {
        policy_id: "s".into(),
        rule_id: "no".into(),
        effect: Effect::Deny,
        reason: "Request blocked by policy rule: no".into(),
        divergence: Some(Divergence::WouldDeny),
    };
    assert_eq!(evaluation.shadow, [decision]);
}

#[test]
fn shadow_diverges_only_when_it_is_stricter() {
    let deny = always(&["no DENY 1"]);
    let warn = always(&["hm WARN_AGENT 1"]);
    let never = "version: '1'\nrules:\n- {id: r, expression: 'false'}\n".to_owned();
    use Divergence::{WouldDeny, WouldWarn};
    for (enforced, shadow, expected) in [
        (&never, &deny, Some(Some(WouldDeny))),
        (&never, &warn, Some(Some(WouldWarn))),
        (&never, &never, None),
        (&warn, &deny, Some(Some(WouldDeny))),
        (&warn, &warn, Some(None)),
        (&deny, &deny, Some(None)),
        (&deny, &warn, Some(None)),
        (&deny, &never, None),
    ] {
        let evaluation = evaluated(vec![global("e", enforced), in_shadow(global("s", shadow))]);
        let divergence = evaluation
            .shadow
            .first()
            .map(|decision| decision.divergence);
        assert_eq!(divergence, expected, "{enforced}{shadow}");
    }
    assert_eq!(
        (WouldDeny.as_str(), WouldWarn.as_str()),
        ("would_deny", "would_warn")
    );
}

#[test]
fn target_is_asked_about_by_rules_on_model_and_region_alone() {
    let dsl = "
version: '1'
rules:
- {id: warns, action: WARN_AGENT, conditions: {model: {denylist: [other]}}}
- {id: tokens, conditions: {max_tokens: {limit: 1}}}
- {id: stream, expression: request.stream}
- {id: model, conditions: {model: {denylist: [other]}, max_tokens: {limit: 1}}}
- {id: region, conditions: {data_residency: {allowed_regions: [eu]}}}
- {id: expression, expression: request.model == 'third'}
";
    let (index, broken) = PolicyIndex::compile([
        global("p", dsl),
        in_shadow(global("s", &always(&["no DENY 1"]))),
    ]);
    assert_eq!(broken, []);
    let policies = index.of(None);
    let asked = |model, region| {
        let facts = Facts {
            model: Some(model),
            region: Some(region),
            max_tokens: Some(2),
            stream: true,
            ..llm_call()
        };
        policies
            .denies_target(&facts)
            .map(|denial| denial.rule_id.to_string())
    };
    assert_eq!(asked("gpt-4o", "eu"), None);
    assert_eq!(asked("other", "eu").as_deref(), Some("model"));
    assert_eq!(asked("gpt-4o", "us").as_deref(), Some("region"));
    assert_eq!(asked("third", "eu").as_deref(), Some("expression"));
}

/// A rule as the reference sees it: which models it denies or warns about, and when.
#[derive(Debug, Clone)]
struct Plain {
    priority: i32,
    denies: bool,
    models: BTreeSet<usize>,
}

const MODELS: [&str; 4] = ["a", "b", "c", "d"];

fn plain() -> impl Strategy<Value = Plain> {
    let models = proptest::collection::btree_set(0..MODELS.len(), 1..3);
    (-2..3, any::<bool>(), models).prop_map(|(priority, denies, models)| Plain {
        priority,
        denies,
        models,
    })
}

/// Policies, each with whether it is global, and its rules.
fn plain_policies() -> impl Strategy<Value = Vec<(bool, Vec<Plain>)>> {
    let rules = proptest::collection::vec(plain(), 0..5);
    proptest::collection::vec((any::<bool>(), rules), 0..5)
}

fn written(rules: &[Plain]) -> String {
    let mut dsl = "version: '1'\nrules:\n".to_owned();
    for (id, rule) in rules.iter().enumerate() {
        let action = if rule.denies { "DENY" } else { "WARN_AGENT" };
        let models: Vec<&str> = rule.models.iter().map(|model| MODELS[*model]).collect();
        dsl += &format!(
            "- {{id: '{id}', priority: {}, action: {action}, conditions: {{model: {{denylist: [{}]}}}}}}\n",
            rule.priority,
            models.join(", ")
        );
    }
    dsl
}

/// Asks for the rule that comes first again and again, the slow and obvious way.
fn reference(policies: &[(bool, Vec<Plain>)], model: usize) -> (Option<String>, Vec<String>) {
    let mut left: Vec<(i32, bool, usize, usize)> = Vec::new();
    for (policy, (is_global, rules)) in policies.iter().enumerate() {
        for (id, rule) in rules.iter().enumerate() {
            if rule.models.contains(&model) {
                left.push((rule.priority, !is_global, policy, id));
            }
        }
    }
    let mut warnings = Vec::new();
    while let Some(first) = left.iter().min().copied() {
        left.retain(|rule| *rule != first);
        let (_, _, policy, id) = first;
        let name = format!("p{policy}/{id}");
        if policies[policy].1[id].denies {
            return (Some(name), warnings);
        }
        warnings.push(name);
    }
    (None, warnings)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pooled_evaluation_equals_the_reference(policies in plain_policies(), model in 0..MODELS.len()) {
        let texts: Vec<(String, String)> = policies
            .iter()
            .enumerate()
            .map(|(policy, (_, rules))| (format!("p{policy}"), written(rules)))
            .collect();
        let sources = policies.iter().zip(&texts).map(|((is_global, _), (id, dsl))| {
            if *is_global { global(id, dsl) } else { own(id, dsl) }
        });
        let (index, broken) = PolicyIndex::compile(sources);
        prop_assert_eq!(broken, []);
        let facts = Facts { model: Some(MODELS[model]), ..llm_call() };
        let policies_of_tenant = index.of(Some(&tenant()));
        let evaluation = policies_of_tenant.evaluate(&facts);
        let expected = reference(&policies, model);
        prop_assert_eq!(policies_of_tenant.denies_target(&facts), evaluation.denial.clone());
        prop_assert_eq!(outcome(&evaluation), expected);
    }
}
