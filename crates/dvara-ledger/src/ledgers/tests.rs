use std::future::pending;

use dvara_types::{ApiKeyId, ProviderName, TenantId, TokenCount, Usage};
use tokio::runtime::{Builder, LocalOptions};

use super::*;
use crate::{Endpoint, LEFT_BEFORE_ANSWER, Method, Outcome, Uncounted};

/// Runs a test as a core would: on a single-threaded local runtime. Returns what was handed over.
fn on_a_core<F: Future<Output = ()>>(limit: u64, test: impl FnOnce(Ledgers) -> F) -> Vec<Batch> {
    let counters = Arc::new(CoreCounters::default());
    let (outbox, mut inbox) = mpsc::unbounded_channel();
    let core = Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())
        .unwrap();
    core.block_on(async { test(Ledgers::start(counters, limit, outbox)).await });
    drop(core);
    let mut batches = vec![];
    while let Ok(batch) = inbox.try_recv() {
        batches.push(batch);
    }
    batches
}

/// What one test's calls settled to.
fn settled<F: Future<Output = ()>>(test: impl FnOnce(Ledgers) -> F) -> Vec<Settlement> {
    let batches = on_a_core(OPEN_LIMIT, test);
    batches
        .into_iter()
        .flat_map(|batch| batch.settlements)
        .collect()
}

/// A response body that keeps the ledger until it is dropped, and says how it ended.
struct Relay {
    ledger: Ledger,
    chunks: Vec<&'static str>,
}

impl Relay {
    async fn chunk(&mut self) -> Option<&'static str> {
        tokio::task::yield_now().await;
        match self.chunks.pop() {
            Some(chunk) => {
                self.ledger.first_byte();
                self.ledger.relayed(chunk.chars().count() as u64);
                Some(chunk)
            }
            None => {
                self.ledger.completed();
                None
            }
        }
    }
}

async fn chat(ledgers: &Ledgers, chunks: &[&'static str]) -> Relay {
    let mut ledger = ledgers.open().unwrap();
    ledger.called(Method::Post, Endpoint::ChatCompletions);
    ledger.trace("trace", Some("session"));
    ledger.caller(
        &TenantId::parse("acme").unwrap(),
        &ApiKeyId::parse("key_1").unwrap(),
    );
    ledger.requested("gpt-4o", true);
    ledger.expected_input(TokenCount(11));
    ledger.attempt(&ProviderName::parse("openai").unwrap(), "gpt-4o", None);
    tokio::time::sleep(Duration::from_millis(5)).await;
    ledger.answered();
    ledger.responded(200);
    Relay {
        ledger,
        chunks: chunks.to_vec(),
    }
}

#[test]
fn a_call_read_to_the_end_settles_once_as_completed() {
    let usage = Usage {
        input: TokenCount(7),
        output: TokenCount(3),
        ..Usage::default()
    };
    let settled = settled(async |ledgers| {
        let mut relay = chat(&ledgers, &["a", "b"]).await;
        while relay.chunk().await.is_some() {}
        relay.ledger.usage(usage);
    });
    let [settlement] = &settled[..] else {
        panic!("{settled:?}")
    };
    assert_eq!(settlement.outcome, Outcome::Completed);
    assert_eq!((settlement.status, settlement.attempts), (200, 1));
    assert_eq!(
        (settlement.usage, settlement.estimated),
        (Some(usage), false)
    );
    assert!(settlement.upstream.unwrap() >= Duration::from_millis(5));
    assert!(settlement.first_byte.unwrap() >= settlement.upstream.unwrap());
    assert!(settlement.total >= settlement.first_byte.unwrap());
}

#[test]
fn a_refused_call_settles_once_with_its_code() {
    let settled = settled(async |ledgers| {
        let refuse = async |ledger: &mut Ledger| -> Result<(), u16> {
            ledger.refuse(401, "api_key_required");
            Err(401)
        };
        let mut ledger = ledgers.open().unwrap();
        assert_eq!(refuse(&mut ledger).await, Err(401));
    });
    let [settlement] = &settled[..] else {
        panic!("{settled:?}")
    };
    assert_eq!(
        (settlement.outcome, settlement.status, settlement.error_code),
        (Outcome::Refused, 401, Some("api_key_required"))
    );
    assert_eq!((settlement.usage, settlement.upstream), (None, None));
}

#[test]
fn a_client_that_leaves_mid_stream_settles_once_as_abandoned_with_a_guess() {
    let settled = settled(async |ledgers| {
        let mut relay = chat(&ledgers, &["never sent", "four+4ch"]).await;
        relay.chunk().await;
        drop(relay);
    });
    let [settlement] = &settled[..] else {
        panic!("{settled:?}")
    };
    assert_eq!(
        (settlement.outcome, settlement.status),
        (Outcome::Abandoned, 200)
    );
    let usage = settlement.usage.unwrap();
    assert!(settlement.estimated);
    assert_eq!((usage.input, usage.output), (TokenCount(11), TokenCount(2)));
    assert_eq!(settlement.output_characters, 8);
}

#[test]
fn tokens_that_were_reported_in_part_are_kept_as_a_guess() {
    let usage = Usage {
        input: TokenCount(7),
        output: TokenCount(2),
        ..Usage::default()
    };
    let settled = settled(async |ledgers| {
        let mut relay = chat(&ledgers, &["never sent", "four+4ch"]).await;
        relay.chunk().await;
        relay.ledger.guess(usage);
    });
    let [settlement] = &settled[..] else {
        panic!("{settled:?}")
    };
    assert_eq!(settlement.outcome, Outcome::Abandoned);
    assert_eq!(
        (settlement.usage, settlement.estimated),
        (Some(usage), true)
    );
}

/// Leaves a stream whose vendor has told nothing.
async fn leave(
    ledgers: &Ledgers,
    count: impl FnOnce(&Uncounted) -> Option<Usage> + Send + 'static,
) {
    let mut relay = chat(ledgers, &["never sent", "four+4ch"]).await;
    relay.chunk().await;
    relay.ledger.counted_by(count);
}

/// Waits until so many settlements have been handed over.
async fn handed_over(ledgers: &Ledgers, count: u64) {
    while ledgers.core.counters.handed_over.get() < count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

const COUNTED: Usage = Usage {
    input: TokenCount(99),
    output: TokenCount(8),
    cache_read: TokenCount(0),
    cache_write: TokenCount(0),
    reasoning: TokenCount(0),
};

/// What every call of a test comes to that leaves its stream: 11 tokens expected, eight characters relayed.
fn estimated(settled: &[Settlement]) {
    let [settlement] = settled else {
        panic!("{settled:?}")
    };
    let usage = settlement.usage.unwrap();
    assert_eq!((usage.input, usage.output), (TokenCount(11), TokenCount(2)));
    assert!(settlement.estimated);
}

#[test]
fn tokens_that_can_be_counted_are_and_stay_marked_as_our_word() {
    let settled = settled(async |ledgers| {
        // One is enough: on a busy machine a count may come too late.
        for calls in 1..=20 {
            leave(&ledgers, |uncounted| {
                let of_model = uncounted.model.as_deref() == Some("gpt-4o");
                (of_model && uncounted.output_characters == 8).then_some(COUNTED)
            })
            .await;
            handed_over(&ledgers, calls).await;
        }
    });
    assert_eq!(settled.len(), 20);
    assert!(settled.iter().all(|settlement| settlement.estimated));
    let mut usages = settled.iter().map(|settlement| settlement.usage);
    assert!(usages.any(|usage| usage == Some(COUNTED)));
}

#[test]
fn nothing_is_counted_that_a_vendor_has_told() {
    let settled = settled(async |ledgers| {
        let mut relay = chat(&ledgers, &[]).await;
        relay.ledger.counted_by(|_| panic!("not asked"));
        relay.ledger.usage(COUNTED);
    });
    assert_eq!(settled[0].usage, Some(COUNTED));
    assert!(!settled[0].estimated);
}

#[test]
fn a_count_that_takes_too_long_leaves_the_estimate() {
    let settled = settled(async |ledgers| {
        let (open, never) = std::sync::mpsc::channel::<()>();
        leave(&ledgers, move |_| {
            let _ends = never.recv();
            Some(COUNTED)
        })
        .await;
        handed_over(&ledgers, 1).await;
        drop(open);
    });
    estimated(&settled);
}

#[test]
fn a_count_that_fails_leaves_the_estimate() {
    for fails in [true, false] {
        let settled = settled(async |ledgers| {
            leave(&ledgers, move |_| {
                assert!(!fails, "on purpose");
                None
            })
            .await;
            handed_over(&ledgers, 1).await;
        });
        estimated(&settled);
    }
}

#[test]
fn a_core_that_ends_hands_over_what_is_not_counted_yet() {
    // Not begun.
    estimated(&settled(async |ledgers| {
        leave(&ledgers, |_| Some(COUNTED)).await
    }));
    // Begun, and not at its end.
    let settled = settled(async |ledgers| {
        let (begins, begun) = tokio::sync::oneshot::channel();
        let (open, never) = std::sync::mpsc::channel::<()>();
        leave(&ledgers, move |_| {
            let _begins = begins.send(());
            let _ends = never.recv();
            Some(COUNTED)
        })
        .await;
        begun.await.unwrap();
        drop(open);
    });
    let [settlement] = &settled[..] else {
        panic!("{settled:?}")
    };
    assert!(settlement.usage.is_some() && settlement.estimated);
}

#[test]
fn a_counted_settlement_is_as_old_as_its_call() {
    let batches = on_a_core(OPEN_LIMIT, async |ledgers: Ledgers| {
        leave(&ledgers, |_| {
            std::thread::sleep(HAND_OVER_AFTER * 2);
            Some(COUNTED)
        })
        .await;
        handed_over(&ledgers, 1).await;
    });
    let [batch] = &batches[..] else {
        panic!("{batches:?}")
    };
    // It was settled this long ago at least, and the writer knows.
    assert!(batch.handed_over.elapsed() >= HAND_OVER_AFTER);
}

#[test]
fn a_client_that_leaves_while_we_wait_for_the_vendor_settles_once_as_abandoned() {
    let settled = settled(async |ledgers| {
        let call = async {
            let mut ledger = ledgers.open().unwrap();
            ledger.attempt(&ProviderName::parse("openai").unwrap(), "gpt-4o", None);
            pending::<()>().await;
            ledger.completed();
        };
        let left = tokio::time::timeout(Duration::from_millis(20), call).await;
        assert!(left.is_err());
    });
    let [settlement] = &settled[..] else {
        panic!("{settled:?}")
    };
    assert_eq!(
        (settlement.outcome, settlement.status),
        (Outcome::Abandoned, LEFT_BEFORE_ANSWER)
    );
    assert_eq!(settlement.usage, None);
    assert!(settlement.upstream.unwrap() >= Duration::from_millis(20));
}

#[test]
fn a_failure_after_the_head_keeps_the_status_that_went_out() {
    let settled = settled(async |ledgers| {
        let mut broken = chat(&ledgers, &["a"]).await;
        broken.ledger.fail(502, "provider_error");
        // The error event and the end that follow it are not the whole answer.
        while broken.chunk().await.is_some() {}
        let mut never_answered = ledgers.open().unwrap();
        never_answered.fail(502, "provider_error");
    });
    let seen: Vec<_> = settled
        .iter()
        .map(|each| (each.status, each.outcome, each.error_code))
        .collect();
    let failed = (Outcome::Failed, Some("provider_error"));
    // Dropped in the reverse order of their making.
    assert_eq!(seen, [(502, failed.0, failed.1), (200, failed.0, failed.1)]);
}

#[test]
fn every_call_has_an_id_of_its_own_also_within_a_millisecond() {
    let now = SystemTime::now();
    let settled = settled(async |ledgers| {
        for _ in 0..1_000 {
            drop(ledgers.open_at(now, Instant::now()).unwrap());
        }
    });
    let ids: std::collections::HashSet<_> = settled.iter().map(Settlement::id).collect();
    assert_eq!(ids.len(), 1_000);
}

#[test]
fn sixty_four_settlements_are_handed_over_at_once() {
    let batches = on_a_core(OPEN_LIMIT, async |ledgers| {
        for _ in 0..BATCH * 2 + 1 {
            drop(ledgers.open().unwrap());
        }
    });
    let sizes: Vec<_> = batches
        .iter()
        .map(|batch| batch.settlements.len())
        .collect();
    assert_eq!(sizes, [BATCH, BATCH, 1]);
}

#[test]
fn fewer_settlements_are_handed_over_after_fifty_milliseconds_and_not_before() {
    let (handed_over, dropped) = (Cell::new(None), Cell::new(None));
    let batches = on_a_core(OPEN_LIMIT, async |ledgers| {
        for _ in 0..2 {
            drop(ledgers.open().unwrap());
        }
        dropped.set(Some(Instant::now()));
        while ledgers.core.counters.handed_over.get() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        handed_over.set(Some(Instant::now()));
        // The next one waits for as long again.
        drop(ledgers.open().unwrap());
        let dropped = Instant::now();
        tokio::time::sleep(HAND_OVER_AFTER / 2).await;
        // A busy machine may have slept longer.
        if dropped.elapsed() < HAND_OVER_AFTER {
            assert_eq!(ledgers.core.counters.handed_over.get(), 2);
        }
        tokio::time::sleep(HAND_OVER_AFTER).await;
        assert_eq!(ledgers.core.counters.handed_over.get(), 3);
    });
    assert_eq!(batches.len(), 2);
    let waited = handed_over.get().unwrap() - dropped.get().unwrap();
    assert!(
        waited >= Duration::from_millis(45) && waited < Duration::from_millis(500),
        "{waited:?}"
    );
}

#[test]
fn calls_that_run_when_the_core_ends_are_settled_and_handed_over() {
    let batches = on_a_core(OPEN_LIMIT, async |ledgers| {
        let running = ledgers.open().unwrap();
        tokio::task::spawn_local(async move {
            pending::<()>().await;
            drop(running);
        });
        tokio::task::yield_now().await;
    });
    assert_eq!(batches.len(), 1);
    assert_eq!(batches[0].settlements[0].outcome, Outcome::Abandoned);
}

#[test]
fn beyond_the_limit_calls_are_refused_until_earlier_ones_are_recorded() {
    on_a_core(100, async |ledgers| {
        let open: Vec<_> = (0..100).map(|_| ledgers.open().unwrap()).collect();
        assert_eq!(ledgers.open().unwrap_err(), LedgerFull { outstanding: 100 });
        // Settling is not enough: what nobody has recorded still waits in memory.
        drop(open);
        assert_eq!(ledgers.open().unwrap_err(), LedgerFull { outstanding: 100 });
        assert_eq!(ledgers.core.counters.refused_full.get(), 2);
        ledgers.core.counters.recorded.add(64);
        assert!(ledgers.open().is_ok());
        assert_eq!(ledgers.outstanding(), 37);
    });
}
