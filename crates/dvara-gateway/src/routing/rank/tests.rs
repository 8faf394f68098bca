use proptest::prelude::*;

use super::*;
use crate::routing::hash::stable_hash;

const ONE: Seen<'_> = Seen {
    weight: 1,
    region: None,
    price: None,
    latency: 0,
    identity: 0,
    fits: true,
};

fn named(count: u64) -> Vec<Seen<'static>> {
    let identity = |at: u64| stable_hash([at.to_be_bytes().as_slice()]);
    (0..count)
        .map(|at| Seen {
            identity: identity(at),
            ..ONE
        })
        .collect()
}

#[test]
fn turns_go_round() {
    let seen = named(3);
    let orders: Vec<_> = (0..4)
        .map(|turn| rank(Rule::InTurn { turn }, &seen))
        .collect();
    assert_eq!(orders, [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]);
    assert!(rank(Rule::InTurn { turn: 7 }, &[]).is_empty());
}

#[test]
fn weights_are_kept_within_one_percent_over_a_hundred_thousand_picks() {
    let seen: Vec<_> = [50, 30, 15, 5, 0]
        .map(|weight| Seen { weight, ..ONE })
        .into();
    let mut picks = [0_u32; 5];
    let mut draw = 42;
    for _ in 0..100_000 {
        draw = mix(draw);
        let order = rank(Rule::Weighted { draw }, &seen);
        picks[order[0]] += 1;
        assert_eq!(order[4], 4, "one of weight 0 only stands in");
    }
    for (picked, wanted) in picks.into_iter().zip([50_000, 30_000, 15_000, 5_000, 0]) {
        assert!(picked.abs_diff(wanted) <= 1_000, "{picked} of {wanted}");
    }
}

#[test]
fn who_stands_in_is_drawn_by_weight_too() {
    let seen: Vec<_> = [50, 40, 10].map(|weight| Seen { weight, ..ONE }).into();
    let mut seconds = [0_u32; 3];
    let mut draw = 7;
    for _ in 0..100_000 {
        draw = mix(draw);
        let order = rank(Rule::Weighted { draw }, &seen);
        if order[0] == 0 {
            seconds[order[1]] += 1;
        }
    }
    let share = f64::from(seconds[1]) / f64::from(seconds[1] + seconds[2]);
    assert!((share - 0.8).abs() < 0.01, "{share}");
}

#[test]
fn the_quickest_is_asked_first_unless_it_is_too_dear_or_all_are_too_slow() {
    let of = |latency, price| Seen {
        latency,
        price: Some(price),
        ..ONE
    };
    let seen = [of(300, 100), of(100, 130), of(200, 110)];
    let order = |tolerance_pct, within| {
        rank(
            Rule::Quickest {
                tolerance_pct,
                within,
            },
            &seen,
        )
    };
    assert_eq!(order(0, 0), [1, 2, 0]);
    assert_eq!(order(10, 0), [2, 0, 1]);
    assert_eq!(
        order(10, 50),
        [2, 0, 1],
        "all are too slow, which changes nothing"
    );
    assert_eq!(order(0, 250), [1, 2, 0]);
    let priceless = [Seen { latency: 1, ..ONE }, of(9, 100)];
    let rule = Rule::Quickest {
        tolerance_pct: 50,
        within: 0,
    };
    assert_eq!(rank(rule, &priceless), [1, 0]);
}

#[test]
fn the_cheapest_is_asked_first_and_one_without_a_price_last() {
    let seen = [None, Some(30), Some(10), Some(10)].map(|price| Seen { price, ..ONE });
    assert_eq!(rank(Rule::Cheapest, &seen), [2, 3, 1, 0]);
}

#[test]
fn the_nearest_is_asked_first() {
    let regions = [
        Some("us-east-1"),
        Some("eu-central-1"),
        None,
        Some("eu-west-1"),
    ];
    let seen = regions.map(|region| Seen { region, ..ONE });
    let order = |region| rank(Rule::Nearest { region }, &seen);
    assert_eq!(order(Some("eu-west-1")), [3, 1, 0, 2]);
    assert_eq!(order(Some("EU-WEST-1")), [3, 1, 0, 2]);
    assert_eq!(order(None), [0, 1, 2, 3]);
}

#[test]
fn a_call_that_seems_too_long_goes_to_a_larger_window_first() {
    let mut seen = [30, 20, 10].map(|price| Seen {
        price: Some(price),
        ..ONE
    });
    seen[2].fits = false;
    assert_eq!(rank(Rule::Cheapest, &seen), [1, 0, 2]);
}

#[test]
fn a_conversation_moves_only_when_its_target_leaves() {
    let all = named(5);
    let conversations = (0..10_000).map(mix);
    let mut firsts = [0_u32; 5];
    for conversation in conversations {
        let rule = Rule::Sticky { conversation };
        let order = rank(rule, &all);
        firsts[order[0]] += 1;
        let gone = 3;
        let left: Vec<_> = (0..5).filter(|at| *at != gone).collect();
        let seen: Vec<_> = left.iter().map(|at| all[*at]).collect();
        let now = left[rank(rule, &seen)[0]];
        let expected = if order[0] == gone { order[1] } else { order[0] };
        assert_eq!(now, expected);
    }
    assert!(
        firsts.iter().all(|first| (1_800..=2_200).contains(first)),
        "{firsts:?}"
    );
}

fn any_rule() -> impl Strategy<Value = Rule<'static>> {
    prop_oneof![
        Just(Rule::AsListed),
        any::<u64>().prop_map(|turn| Rule::InTurn { turn }),
        any::<u64>().prop_map(|draw| Rule::Weighted { draw }),
        (0_u32..=100, 0_u64..500).prop_map(|(tolerance_pct, within)| Rule::Quickest {
            tolerance_pct,
            within
        }),
        Just(Rule::Cheapest),
        (0_usize..9, 0_usize..9).prop_map(|(first, second)| Rule::OneThen { first, second }),
        Just(Rule::Nearest {
            region: Some("eu-west-1")
        }),
        any::<u64>().prop_map(|conversation| Rule::Sticky { conversation }),
    ]
}

fn any_seen() -> impl Strategy<Value = Seen<'static>> {
    let region = prop_oneof![Just(None), Just(Some("eu-west-1")), Just(Some("us-1"))];
    let price = proptest::option::of(0_i64..i64::MAX);
    (
        0_u32..4,
        region,
        price,
        any::<u64>(),
        any::<u64>(),
        any::<bool>(),
    )
        .prop_map(|(weight, region, price, latency, identity, fits)| Seen {
            weight,
            region,
            price,
            latency,
            identity,
            fits,
        })
}

proptest! {
    #[test]
    fn every_target_has_one_place_and_the_same_view_gives_the_same_order(
        rule in any_rule(),
        seen in proptest::collection::vec(any_seen(), 0..9),
    ) {
        let order = rank(rule, &seen);
        let mut places = order.clone();
        places.sort_unstable();
        prop_assert_eq!(places, (0..seen.len()).collect::<Vec<_>>());
        prop_assert_eq!(rank(rule, &seen), order.clone());
        let fitting = order.iter().map(|at| seen[*at].fits);
        prop_assert!(fitting.is_sorted_by(|before, after| before >= after));
    }
}
