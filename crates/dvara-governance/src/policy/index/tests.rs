use super::*;
use crate::policy::sample::{llm_call, policy_of};

fn denied_by(policies: &Policies) -> Option<String> {
    let denial = policies.evaluate(&llm_call()).denial?;
    Some(denial.policy_id.to_string())
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

fn source<'a>(id: &'a str, of: Option<&str>, dsl: &'a str) -> PolicySource<'a> {
    PolicySource {
        id,
        tenant: of.map(tenant),
        dsl,
        status: PolicyStatus::Active,
    }
}

#[test]
fn tenants_policy_binds_that_tenant_alone() {
    let deny = policy_of("expression: 'true'");
    let (index, _) = PolicyIndex::compile([source("p", Some("acme"), &deny)]);
    assert_eq!(
        denied_by(index.of(Some(&tenant("acme")))).as_deref(),
        Some("p")
    );
    assert_eq!(denied_by(index.of(Some(&tenant("other")))), None);
    assert_eq!(denied_by(index.of(None)), None);
}

#[test]
fn global_policy_binds_everybody() {
    let deny = policy_of("expression: 'true'");
    let quiet = policy_of("expression: 'false'");
    let rows = [
        source("own", Some("acme"), &quiet),
        source("g", None, &deny),
    ];
    let (index, _) = PolicyIndex::compile(rows);
    for of in [Some(tenant("acme")), Some(tenant("other")), None] {
        assert_eq!(
            denied_by(index.of(of.as_ref())).as_deref(),
            Some("g"),
            "{of:?}"
        );
    }
}

#[test]
fn broken_policy_is_named_and_the_rest_stays_in_force() {
    let deny = policy_of("expression: 'true'");
    let rows = [
        source("broken-global", None, "version: '1'\nrulez: []"),
        source("broken-own", Some("acme"), "{"),
        source("whole", Some("acme"), &deny),
    ];
    let (index, broken) = PolicyIndex::compile(rows);
    let named: Vec<_> = broken
        .iter()
        .map(|policy| (policy.id.as_str(), policy.tenant.clone()))
        .collect();
    assert_eq!(
        named,
        [
            ("broken-global", None),
            ("broken-own", Some(tenant("acme")))
        ]
    );
    assert_eq!(
        broken[0].errors.to_string(),
        "line 2, column 1: unknown key `rulez` in a policy; did you mean `rules`?"
    );
    assert_eq!(
        denied_by(index.of(Some(&tenant("acme")))).as_deref(),
        Some("whole")
    );
}

#[test]
fn draft_and_archived_policies_are_not_even_compiled() {
    let deny = policy_of("expression: 'true'");
    for status in [PolicyStatus::Draft, PolicyStatus::Archived] {
        let rows = [&*deny, "{"].map(|dsl| PolicySource {
            status,
            ..source("p", None, dsl)
        });
        let (index, broken) = PolicyIndex::compile(rows);
        assert!(index.of(None).are_empty());
        assert_eq!(broken, []);
    }
}

#[test]
fn global_rules_are_shared_by_all_pools() {
    let deny = policy_of("expression: 'true'");
    let rows = [
        source("g", None, &deny),
        source("a", Some("acme"), &deny),
        source("b", Some("other"), &deny),
    ];
    let (index, _) = PolicyIndex::compile(rows);
    let first = |of: Option<&str>| index.of(of.map(tenant).as_ref()).enforced[0].rule.clone();
    assert!(Arc::ptr_eq(&first(None), &first(Some("acme"))));
    assert!(Arc::ptr_eq(&first(None), &first(Some("other"))));
}

#[test]
fn unchanged_text_is_taken_over_and_changed_text_is_not() {
    let (deny, quiet) = (
        policy_of("expression: 'true'"),
        policy_of("expression: 'false'"),
    );
    let rows = || [source("same", None, &deny), source("bad", None, "{")];
    let (first, broken) = PolicyIndex::compile(rows());
    let (second, broken_again) = first.recompile(rows());
    let rule = |index: &PolicyIndex| index.of(None).enforced[0].rule.clone();
    assert!(Arc::ptr_eq(&rule(&first), &rule(&second)));
    assert_eq!(broken, broken_again);

    let (third, broken) = second.recompile([source("same", None, &quiet)]);
    assert_eq!((denied_by(third.of(None)), broken), (None, vec![]));
    let (moved, _) = second.recompile([source("same", Some("acme"), &deny)]);
    assert_eq!(denied_by(moved.of(None)), None);
    assert!(denied_by(moved.of(Some(&tenant("acme")))).is_some());
    let (gone, _) = second.recompile([]);
    assert!(gone.of(None).are_empty());
}

#[test]
fn index_is_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<PolicyIndex>();
}
