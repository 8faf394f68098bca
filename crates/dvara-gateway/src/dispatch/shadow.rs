//! Shadow traffic: a copy of an answered call goes to another target, whose answer nobody reads (data-plane sheet §13).
//!
//! It runs beside the real call and after it: it can neither slow nor fail it, nor any other call: it takes no place in the queue of
//! its provider, and no breaker counts it. Its tokens are in the usage as nobody's, under the
//! endpoint `shadow`, so that no tenant pays and the platform sees what the experiment costs.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;

use dvara_ledger::{Endpoint, Ledger, Method};
use dvara_types::ProviderName;

use super::attempt::once;
use super::{Answered, Reply};
use crate::core::Core;
use crate::http::error::GatewayError;
use crate::reserve::Reserved;
use crate::stream::{Piece, Stream};

/// How many shadows of one core are under way at most; a further one is not sent.
const MOST: usize = 64;

/// Sends the copy, if there is room for it.
pub(super) fn begin(core: &Rc<Core>, reserved: Reserved, original: &Ledger) {
    if Rc::strong_count(&core.shadows) > MOST {
        core.shared.shadows_left_out.inc();
        return;
    }
    let so_far = original.so_far();
    let (Some(primary), Ok(mut ledger)) = (so_far.provider.clone(), core.ledgers.open()) else {
        return;
    };
    ledger.trace(&so_far.trace_id, so_far.session_id.as_deref());
    ledger.called(Method::Post, Endpoint::Shadow);
    let (core, place) = (core.clone(), core.shadows.clone());
    tokio::task::spawn_local(async move {
        let drain = core.drain.clone();
        tokio::select! {
            () = ask(core, reserved, ledger, primary) => {}
            () = drain.cutting() => {}
        }
        drop(place);
    });
}

async fn ask(core: Rc<Core>, reserved: Reserved, mut ledger: Ledger, primary: ProviderName) {
    let plan = reserved.plan();
    let Some(target) = &plan.choice().shadow else {
        return;
    };
    let request = plan.admitted().request();
    ledger.requested(request.model(), request.stream());
    ledger.shadows(&primary);
    if let Some(route) = &plan.choice().route {
        ledger.route(route);
    }
    let asked = {
        let book = RefCell::new(&mut ledger);
        once(&core, plan, target, &book).await
    };
    let outcome = match asked {
        Ok(Reply {
            answered: Answered::Stream(stream),
            ..
        }) => drained(stream, &mut ledger).await,
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => ledger.completed(),
        Err(error) => {
            tracing::debug!(code = error.code(), "a shadow call failed");
            ledger.fail(error.status(), error.code());
        }
    }
}

/// Reads a stream to its end, for what it came to.
async fn drained(mut stream: Box<Stream>, ledger: &mut Ledger) -> Result<(), GatewayError> {
    let limits = stream.limits();
    let mut relayed = VecDeque::new();
    let outcome = loop {
        let piece = poll_fn(|context| stream.poll_piece(context, &mut relayed));
        let silent_until = tokio::time::Instant::now() + limits.idle;
        let until = limits
            .ends
            .map_or(silent_until, |ends| ends.min(silent_until));
        match tokio::time::timeout_at(until, piece).await {
            Ok(Piece::More) => relayed.clear(),
            Ok(Piece::End) => break Ok(()),
            Ok(Piece::Fault(error)) => break Err(error),
            Err(_) => {
                let silent =
                    dvara_dialects::fault::UpstreamFault::timeout("the shadow fell silent");
                break Err(silent.into());
            }
        }
    };
    stream.note(ledger);
    outcome
}
