//! Hedging: a second target is asked too when the first takes long to begin its answer, and the sooner answer counts
//! (`hedge_after_ms` of a route; off without it).
//!
//! The target that loses is cut off. What its vendor bills for that nobody says, so it is not in the usage; the metric counts how
//! often it happened.

use std::rc::Rc;
use std::time::Duration;

use super::attempt::retried;
use super::{Book, Reply};
use crate::core::Core;
use crate::http::error::GatewayError;
use crate::plan::{Attempt, Plan};

/// Two targets, and how long the first has to itself.
pub(super) struct Pair<'a> {
    pub(super) first: &'a Attempt,
    pub(super) second: &'a Attempt,
    pub(super) after: Duration,
}

/// What came of a pair.
pub(super) struct Hedged {
    pub(super) outcome: Result<Reply, GatewayError>,
    pub(super) second_was_asked: bool,
}

/// Asks the first, and the second too if that takes long. The error is the first's.
pub(super) async fn run(core: &Rc<Core>, plan: &Plan, pair: Pair<'_>, book: &Book<'_>) -> Hedged {
    let Pair {
        first,
        second,
        after,
    } = pair;
    let mut of_first = Box::pin(retried(core, plan, first, None, book));
    let alone = |outcome| Hedged {
        outcome,
        second_was_asked: false,
    };
    tokio::select! {
        biased;
        outcome = &mut of_first => return alone(outcome),
        () = tokio::time::sleep(after) => {}
    }
    // A hedge is one call more than was asked for, as a retry is.
    if !second.state.retries.try_withdraw() {
        return alone(of_first.await);
    }
    book.borrow_mut().hedged();
    let mut of_second = Box::pin(retried(core, plan, second, None, book));
    let outcome = tokio::select! {
        biased;
        outcome = &mut of_first => match outcome {
            Err(error) => of_second.await.map_err(|_| error),
            reply => reply,
        },
        outcome = &mut of_second => match outcome {
            Err(_) => of_first.await,
            reply => reply,
        },
    };
    Hedged {
        outcome,
        second_was_asked: true,
    }
}
