use proptest::prelude::*;

use super::*;

fn admitted(window: &mut Window, now_ms: i64, limit: u64, basis: Basis, calls: usize) -> usize {
    (0..calls)
        .filter(|_| window.admit(now_ms, limit, basis).is_ok())
        .count()
}

#[test]
fn the_last_call_of_the_limit_is_served_and_the_next_is_not() {
    let mut window = Window::default();
    assert_eq!(admitted(&mut window, 5_000, 100, Basis::Fleet, 100), 100);
    let full = window.admit(5_999, 100, Basis::Fleet).unwrap_err();
    assert_eq!(full.frees_at_ms, 66_000);
    assert_eq!(window.admit(65_999, 100, Basis::Fleet), Err(full));
    assert_eq!(
        admitted(&mut window, full.frees_at_ms, 100, Basis::Fleet, 200),
        100
    );
}

#[test]
fn what_others_admitted_counts_once_however_often_it_is_heard() {
    let mut window = Window::default();
    for heard in [3, 7, 7, 5] {
        window.learn(10, heard, 10);
    }
    window.learn(11, 1, 10);
    assert_eq!(admitted(&mut window, 10_000, 10, Basis::Fleet, 10), 2);
    assert_eq!(window.unsent().collect::<Vec<_>>(), [(10, 2)]);
    window.sent(10, 1);
    assert_eq!(window.unsent().collect::<Vec<_>>(), [(10, 2)]);
    window.sent(10, 2);
    assert_eq!(window.unsent().count(), 0);
}

#[test]
fn a_refusal_waits_for_as_many_seconds_as_have_to_leave() {
    let mut window = Window::default();
    for second in 0..10 {
        window.learn(second, 2, 10);
    }
    // Twenty counted, a limit of seventeen: the seconds 0 and 1 have to leave.
    let full = window.admit(10_000, 17, Basis::Fleet).unwrap_err();
    assert_eq!(full.frees_at_ms, 62_000);
    assert!(window.admit(62_000, 17, Basis::Fleet).is_ok());
}

#[test]
fn a_process_alone_admits_its_share_of_what_was_left() {
    let share = Basis::Share {
        known_until: 10,
        members: 3,
    };
    let mut window = Window::default();
    window.learn(9, 40, 10);
    assert_eq!(admitted(&mut window, 11_000, 100, share, 200), 20);
    // What was known has left; what was admitted alone has not.
    assert_eq!(admitted(&mut window, 71_000, 100, share, 200), 34 - 20);
    assert_eq!(admitted(&mut window, 72_000, 100, share, 200), 20);
    let mut never_heard = Window::default();
    let share = Basis::Share {
        known_until: i64::MIN,
        members: 3,
    };
    assert_eq!(admitted(&mut never_heard, 11_000, 100, share, 200), 34);
    let nobody = Basis::Share {
        known_until: i64::MIN,
        members: 0,
    };
    assert_eq!(admitted(&mut Window::default(), 0, 5, nobody, 9), 5);
}

#[test]
fn seconds_of_a_clock_gone_wrong_do_not_count() {
    let mut window = Window::default();
    window.learn(1_000_000, 50, 100);
    assert!(window.expire(100));
    assert_eq!(admitted(&mut window, 900_000, 5, Basis::Fleet, 9), 5);
    // The clock was set back by far more than a window.
    assert_eq!(admitted(&mut window, 100_000, 5, Basis::Fleet, 9), 5);
}

#[derive(Debug, Clone)]
enum Step {
    Wait(i64),
    Call,
    Learn { ago: i64, others: u64 },
    Send,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..20_000_i64).prop_map(Step::Wait),
        6 => Just(Step::Call),
        2 => (-1..70_i64, 0..6_u64).prop_map(|(ago, others)| Step::Learn { ago, others }),
        1 => Just(Step::Send),
    ]
}

/// The window as a list of everything that ever happened.
#[derive(Default)]
struct Model {
    calls: Vec<i64>,
    others: std::collections::BTreeMap<i64, u64>,
    sent: usize,
}

impl Model {
    fn counts(second: i64, now: i64) -> bool {
        second >= now - WINDOW_SECONDS
    }

    fn total(&self, now: i64) -> u64 {
        let own = self
            .calls
            .iter()
            .filter(|call| Self::counts(call.div_euclid(1_000), now));
        let others = self
            .others
            .iter()
            .filter(|(second, _)| Self::counts(**second, now));
        own.count() as u64 + others.map(|(_, others)| others).sum::<u64>()
    }
}

proptest! {
    #[test]
    fn the_window_counts_as_a_list_of_all_calls_would(
        limit in 1..8_u64,
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let (mut window, mut model, mut now_ms) = (Window::default(), Model::default(), 1_000_000);
        for step in steps {
            let now = now_ms / 1_000;
            match step {
                Step::Wait(ms) => now_ms += ms,
                Step::Learn { ago, others } => {
                    window.learn(now - ago, others, now);
                    if ago <= WINDOW_SECONDS {
                        let known = model.others.entry(now - ago).or_default();
                        *known = others.max(*known);
                    }
                }
                Step::Send => {
                    let unsent: Vec<_> = window.unsent().collect();
                    for (second, own) in unsent {
                        window.sent(second, own);
                    }
                    prop_assert_eq!(window.unsent().count(), 0);
                    model.sent = model.calls.len();
                }
                Step::Call => {
                    let room = model.total(now) < limit;
                    match window.admit(now_ms, limit, Basis::Fleet) {
                        Ok(()) => {
                            prop_assert!(room, "refused by the model");
                            model.calls.push(now_ms);
                        }
                        Err(full) => {
                            prop_assert!(!room, "refused although there is room");
                            prop_assert!(full.frees_at_ms > now_ms);
                            prop_assert!(full.frees_at_ms - now_ms <= 62_000);
                            // True to the millisecond, if nobody calls meanwhile.
                            prop_assert!(model.total((full.frees_at_ms - 1) / 1_000) >= limit);
                            prop_assert!(model.total(full.frees_at_ms / 1_000) < limit);
                        }
                    }
                }
            }
            let now = now_ms / 1_000;
            window.expire(now);
            prop_assert_eq!(window.total, model.total(now));
            prop_assert!(window.slots.len() <= 62);
            prop_assert!(window.slots.iter().is_sorted_by(|a, b| a.second < b.second));
            let unsent: u64 = window.unsent().map(|(_, own)| u64::from(own)).sum();
            let own_unsent = model.calls[model.sent..].iter();
            let own_unsent = own_unsent.filter(|call| Model::counts(call.div_euclid(1_000), now)).count();
            prop_assert!(unsent >= own_unsent as u64);
        }
        // Never more than the limit of our own in any sixty seconds.
        for (index, first) in model.calls.iter().enumerate() {
            let within = model.calls[index..].iter().take_while(|call| *call - first < 60_000);
            prop_assert!(within.count() as u64 <= limit);
        }
    }

    #[test]
    fn shares_of_a_fleet_come_to_the_limit(
        limit in 1..200_u64,
        members in 1..9_u64,
        admitted_before in prop::collection::vec(0..40_u64, 8),
    ) {
        // All were in touch until second 10, then nobody hears of anybody.
        let before = &admitted_before[..members as usize];
        let fleet: u64 = before.iter().sum();
        let share = Basis::Share { known_until: 10, members };
        let mut after = 0;
        for own in before {
            let mut window = Window::default();
            for _ in 0..*own {
                // Admitted as they were, limit or not.
                prop_assert!(window.admit(10_000, u64::MAX, Basis::Fleet).is_ok());
            }
            window.learn(10, fleet - own, 10);
            after += admitted(&mut window, 12_000, limit, share, 300) as u64;
        }
        let left = limit.saturating_sub(fleet);
        prop_assert!(after >= left, "{after} of {left}: refused for our own fault");
        prop_assert!(after < left + members, "{after} of {left}");
    }
}
