use proptest::prelude::*;

use super::*;

const OLDEST: WindowSettings = WindowSettings {
    warning_percent: 70,
    hard_percent: Some(90),
    strategy: PruningStrategy::TruncateOldest,
};
const MIDDLE: WindowSettings = WindowSettings {
    strategy: PruningStrategy::TruncateMiddle,
    ..OLDEST
};

fn messages(roles: &str) -> Vec<Message> {
    let role = |letter| match letter {
        's' => Role::System,
        'u' => Role::User,
        'a' => Role::Assistant,
        'c' => Role::ToolCall,
        'r' => Role::ToolResult,
        other => panic!("no role {other}"),
    };
    roles
        .chars()
        .map(|letter| Message {
            role: role(letter),
            tokens: 10,
        })
        .collect()
}

#[test]
fn the_two_shares_decide_between_fitting_warning_and_too_long() {
    let settings = WindowSettings {
        hard_percent: Some(90),
        ..WindowSettings::default()
    };
    assert_eq!(
        settings.judge(&messages("uauauau"), 100),
        WindowVerdict::Fits
    );
    assert_eq!(
        settings.judge(&messages("uauauaua"), 100),
        WindowVerdict::Warning(80)
    );
    assert_eq!(
        settings.judge(&messages("uauauauau"), 100),
        WindowVerdict::Warning(90)
    );
    assert_eq!(
        settings.judge(&messages("uauauauaua"), 100),
        WindowVerdict::Exceeded
    );
    assert_eq!(settings.judge(&[], 0), WindowVerdict::Fits);
}

#[test]
fn a_hard_bound_holds_where_it_is_set_or_messages_may_be_left_out() {
    let long = messages("uauauauaua");
    let judged = |hard_percent, strategy| {
        let settings = WindowSettings {
            hard_percent,
            strategy,
            ..WindowSettings::default()
        };
        settings.judge(&long, 100)
    };
    let (none, oldest) = (PruningStrategy::None, PruningStrategy::TruncateOldest);
    assert_eq!(judged(None, none), WindowVerdict::Warning(100));
    assert_eq!(judged(Some(0), oldest), WindowVerdict::Warning(100));
    assert_eq!(judged(Some(100), none), WindowVerdict::Warning(100));
    assert_eq!(judged(Some(99), none), WindowVerdict::Exceeded);
    assert_eq!(judged(None, oldest), WindowVerdict::Prune(vec![0]));
}

#[test]
fn an_estimate_is_close_within_a_tenth_of_a_bound_in_force() {
    let close = |settings: WindowSettings| -> Vec<u64> {
        let at = |tokens: &u64| settings.is_close(*tokens, 1_000);
        (0..=1_200).filter(at).collect()
    };
    let warning_only: Vec<u64> = (630..=770).collect();
    assert_eq!(close(WindowSettings::default()), warning_only);
    let refusing = WindowSettings {
        hard_percent: Some(100),
        ..WindowSettings::default()
    };
    let both: Vec<u64> = (630..=770).chain(900..=1_100).collect();
    assert_eq!(close(refusing), both);
    // What is left of a call that loses messages is near the bound, however long the call was.
    let pruning: Vec<u64> = (630..=770).chain(810..=1_200).collect();
    assert_eq!(close(OLDEST), pruning);
    let far = [1_201, 2_000, 2_001].map(|tokens| OLDEST.is_close(tokens, 1_000));
    assert_eq!(far, [true, true, false]);
}

#[test]
fn what_is_far_below_every_bound_does_not_matter() {
    let lowest =
        |settings: WindowSettings| (0..=1_000).find(|most| settings.may_matter(*most, 1_000));
    assert_eq!(lowest(WindowSettings::default()), Some(630));
    let low = WindowSettings {
        hard_percent: Some(50),
        ..WindowSettings::default()
    };
    assert_eq!(lowest(low), Some(450));
    let never = WindowSettings {
        hard_percent: Some(0),
        ..WindowSettings::default()
    };
    assert_eq!(lowest(never), Some(630));
}

#[test]
fn the_oldest_go_first_and_system_messages_stay() {
    assert_eq!(
        OLDEST.judge(&messages("suauau"), 45),
        WindowVerdict::Prune(vec![1, 2])
    );
}

#[test]
fn the_middle_goes_and_the_opening_stays() {
    assert_eq!(
        MIDDLE.judge(&messages("suauau"), 45),
        WindowVerdict::Prune(vec![2, 3])
    );
}

#[test]
fn a_call_of_tools_goes_with_its_results() {
    assert_eq!(
        OLDEST.judge(&messages("ucrrau"), 56),
        WindowVerdict::Prune(vec![0])
    );
    assert_eq!(
        OLDEST.judge(&messages("ucrrau"), 45),
        WindowVerdict::Prune(vec![0, 1, 2, 3])
    );
}

#[test]
fn the_newest_question_and_what_was_done_about_it_stay() {
    assert_eq!(
        OLDEST.judge(&messages("uaucr"), 34),
        WindowVerdict::Prune(vec![0, 1])
    );
    assert_eq!(
        OLDEST.judge(&messages("uaucr"), 23),
        WindowVerdict::Exceeded
    );
    assert_eq!(OLDEST.judge(&messages("su"), 12), WindowVerdict::Exceeded);
}

#[test]
fn every_strategy_is_found_by_name_and_no_other() {
    assert_eq!(PruningStrategy::named("none"), Some(PruningStrategy::None));
    assert_eq!(
        PruningStrategy::named("TRUNCATE_OLDEST"),
        Some(PruningStrategy::TruncateOldest)
    );
    assert_eq!(
        PruningStrategy::named("Truncate_Middle"),
        Some(PruningStrategy::TruncateMiddle)
    );
    assert_eq!(PruningStrategy::named("TRUNCATE"), None);
}

proptest! {
    #[test]
    fn what_is_kept_fits_and_keeps_what_must_stay(
        roles in "s?(u(cr{1,2})?a?){0,6}s?u(cr)?", sizes in prop::collection::vec(1u64..50, 60), limit in 1u64..600, middle: bool,
    ) {
        let mut all = messages(&roles);
        all.iter_mut().zip(sizes).for_each(|(message, tokens)| message.tokens = tokens);
        let settings = if middle { MIDDLE } else { OLDEST };
        let WindowVerdict::Prune(gone) = settings.judge(&all, limit) else { return Ok(()) };
        prop_assert!(gone.is_sorted() && !gone.is_empty());
        let kept: Vec<usize> = (0..all.len()).filter(|index| !gone.contains(index)).collect();
        prop_assert!(kept.iter().map(|index| all[*index].tokens).sum::<u64>() * 10 <= limit * 9);
        prop_assert!(gone.iter().all(|index| all[*index].role != Role::System));
        let newest = all.iter().rposition(|message| message.role == Role::User);
        prop_assert!(newest.is_none_or(|newest| kept.contains(&newest)));
        for group in groups(&all) {
            let lost = group.clone().filter(|index| gone.contains(index)).count();
            prop_assert!(lost == 0 || lost == group.len());
        }
    }
}
