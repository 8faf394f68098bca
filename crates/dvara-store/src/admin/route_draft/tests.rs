use super::*;

fn target(provider: &str) -> RouteTargetDraft {
    RouteTargetDraft::named(provider)
}

fn priced(provider: &str) -> RouteTargetDraft {
    RouteTargetDraft {
        price_input: Some("2.5".to_owned()),
        price_output: Some("10".to_owned()),
        ..target(provider)
    }
}

fn draft(strategy: &str, providers: Vec<RouteTargetDraft>) -> RouteDraft {
    RouteDraft {
        id: Some("r".to_owned()),
        model_pattern: "m*".to_owned(),
        strategy: Some(strategy.to_owned()),
        providers,
        ..RouteDraft::default()
    }
}

fn canary(baseline: &str, candidate: &str) -> CanaryDraft {
    CanaryDraft {
        baseline_provider: baseline.to_owned(),
        candidate_provider: candidate.to_owned(),
        split_pct: 5,
        ..CanaryDraft::default()
    }
}

#[test]
fn each_strategy_has_a_route_that_is_right() {
    let near = |provider: &str, region: &str| RouteTargetDraft {
        region: Some(region.to_owned()),
        ..target(provider)
    };
    let weighted = |provider: &str, weight| RouteTargetDraft {
        weight: Some(weight),
        ..target(provider)
    };
    for draft in [
        draft("round-robin", vec![target("a"), target("b")]),
        draft("weighted", vec![weighted("a", 1), weighted("b", 0)]),
        draft("cost-aware", vec![priced("a"), priced("b")]),
        draft("geo-aware", vec![near("a", "eu"), near("b", "us")]),
        draft("PROMPT_CACHE", vec![target("a")]),
        RouteDraft {
            cost_tolerance_pct: Some(20),
            latency_sla_ms: Some(800),
            ..draft("latency-aware", vec![priced("a"), priced("b")])
        },
        RouteDraft {
            canary_config: Some(canary("a", "b")),
            ..draft("canary", vec![])
        },
        draft(
            "round-robin",
            vec![
                target("a"),
                RouteTargetDraft {
                    model: Some("other".to_owned()),
                    ..target("a")
                },
            ],
        ),
    ] {
        let route = check(&draft).unwrap_or_else(|problems| panic!("{draft:?}: {problems:?}"));
        assert_eq!(route.providers.len(), draft.providers.len());
    }
}

#[test]
fn what_does_not_go_together_is_refused_by_its_field() {
    let two = || vec![target("a"), target("b")];
    let nothing = || draft("model-prefix", vec![]);
    for (wrong, field, problem) in [
        (draft("model-prefix", two()), "providers", "one provider"),
        (draft("round-robin", vec![]), "providers", "name them"),
        (
            draft("round-robin", vec![target("a"), target("a")]),
            "providers",
            "given twice",
        ),
        (draft("cost-aware", two()), "providers.price", "is missing"),
        (draft("geo-aware", two()), "providers.region", "is missing"),
        (draft("canary", two()), "canary_config", "is missing"),
        (draft("intelligent", two()), "strategy", "not built yet"),
        (
            draft(
                "weighted",
                vec![RouteTargetDraft {
                    weight: Some(0),
                    ..target("a")
                }],
            ),
            "providers",
            "all have weight 0",
        ),
        (
            draft(
                "round-robin",
                vec![RouteTargetDraft {
                    weight: Some(0),
                    ..target("a")
                }],
            ),
            "providers",
            "never be used",
        ),
        (
            draft(
                "cost-aware",
                vec![RouteTargetDraft {
                    price_output: None,
                    ..priced("a")
                }],
            ),
            "providers.price",
            "input",
        ),
        (
            draft(
                "cost-aware",
                vec![RouteTargetDraft {
                    price_output: Some("-1".to_owned()),
                    ..priced("a")
                }],
            ),
            "providers.price.output",
            "US dollars",
        ),
        (
            RouteDraft {
                canary_config: Some(canary("a", "b")),
                ..nothing()
            },
            "canary_config",
            "strategy `canary`",
        ),
        (
            RouteDraft {
                canary_config: Some(canary("a", "a")),
                ..draft("canary", vec![])
            },
            "canary_config",
            "two providers",
        ),
        (
            RouteDraft {
                canary_config: Some(canary("a", "c")),
                ..draft("canary", two())
            },
            "providers",
            "baseline and candidate",
        ),
        (
            RouteDraft {
                canary_config: Some(CanaryDraft {
                    split_pct: 101,
                    ..canary("a", "b")
                }),
                ..draft("canary", vec![])
            },
            "canary_config.split_pct",
            "0 to 100",
        ),
        (
            RouteDraft {
                shadow_config: Some(ShadowDraft {
                    shadow_provider: "A!".to_owned(),
                    ..ShadowDraft::default()
                }),
                ..nothing()
            },
            "shadow_config.shadow_provider",
            "",
        ),
        (
            RouteDraft {
                cost_tolerance_pct: Some(10),
                ..nothing()
            },
            "cost_tolerance_pct",
            "latency-aware",
        ),
        (
            RouteDraft {
                latency_sla_ms: Some(10),
                ..draft("round-robin", two())
            },
            "latency_sla_ms",
            "latency-aware",
        ),
        (
            RouteDraft {
                hedge_after_ms: Some(0),
                ..nothing()
            },
            "hedge_after_ms",
            "from 1",
        ),
        (
            RouteDraft {
                tenant: Some("No Tenant".to_owned()),
                ..nothing()
            },
            "tenant",
            "",
        ),
        (
            RouteDraft {
                model_tiers: vec!["a".to_owned(), "a".to_owned()],
                ..nothing()
            },
            "model_tiers",
            "given twice",
        ),
    ] {
        let problems = check(&wrong).expect_err(field);
        let found = problems
            .iter()
            .any(|found| found.field == field && found.problem.contains(problem));
        assert!(found, "{field}, {problem}: {problems:?}");
    }
}
