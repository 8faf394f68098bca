//! Usage by day: partitions made ahead, rows that came before theirs, old days dropped.

use std::time::{Duration, SystemTime};

use chrono::{Days, NaiveDate, TimeZone, Utc};
use dvara_store::usage;
use dvara_testkit::database::TestDatabase;

use crate::harness::{Look, Process, settings, settle_at};

const WHERE_ROWS_ARE: &str =
    "SELECT trace_id || ' ' || tableoid::regclass::text FROM dvara_main.usage ORDER BY opened_at";
const PARTITIONS: &str = "
SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'dvara_main.usage'::regclass ORDER BY relname";

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn midnight(date: NaiveDate) -> SystemTime {
    Utc.from_utc_datetime(&date.and_hms_opt(0, 0, 0).unwrap())
        .into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_start_makes_the_partitions_from_yesterday_to_three_days_ahead() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    Process::start(&store, spool.path()).await.stop().await;
    let today = Utc::now().date_naive();
    let first = today.checked_sub_days(Days::new(1)).unwrap();
    let mut expected: Vec<String> = (0..5)
        .map(|ahead| {
            first
                .checked_add_days(Days::new(ahead))
                .unwrap()
                .format("usage_p%Y%m%d")
                .to_string()
        })
        .collect();
    expected.insert(0, "usage_default".to_owned());
    assert_eq!(
        Look::at(&database.settings()).await.texts(PARTITIONS).await,
        expected
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn calls_on_both_sides_of_midnight_go_to_the_partitions_of_their_days_whatever_the_time_zone()
{
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let mut look = Look::at(&database.settings()).await;
    // A person at a console somewhere makes the same days.
    look.run("SET timezone = 'America/New_York'; SELECT dvara_main.usage_ensure_partitions('2030-01-31', '2030-02-01')")
        .await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    let midnight = midnight(day(2030, 2, 1));
    process
        .on_core(move |ledgers| {
            settle_at(ledgers, "before", 0, midnight - Duration::from_micros(1));
            settle_at(ledgers, "after", 0, midnight);
        })
        .await;
    process.stop().await;
    assert_eq!(
        look.texts(WHERE_ROWS_ARE).await,
        [
            "before-000000 dvara_main.usage_p20300131",
            "after-000000 dvara_main.usage_p20300201"
        ]
    );
    let hours = "SELECT to_char(hour AT TIME ZONE 'UTC', 'DD HH24:MI') FROM dvara_main.usage_hourly ORDER BY hour";
    assert_eq!(look.texts(hours).await, ["31 23:00", "01 00:00"]);
    look.sums_equal_rows().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn rows_of_a_day_without_a_partition_are_kept_and_move_once_it_is_made() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    process
        .on_core(|ledgers| {
            for (number, date) in [(0, day(2031, 5, 6)), (1, day(2031, 5, 7))] {
                settle_at(
                    ledgers,
                    "call",
                    number,
                    midnight(date) + Duration::from_secs(3_600),
                );
            }
        })
        .await;
    process.stop().await;
    let mut look = Look::at(&database.settings()).await;
    assert_eq!(
        look.texts(WHERE_ROWS_ARE).await,
        [
            "call-000000 dvara_main.usage_default",
            "call-000001 dvara_main.usage_default"
        ]
    );
    let made = usage::ensure_partitions(&store, day(2031, 5, 6), day(2031, 5, 6))
        .await
        .unwrap();
    assert_eq!(made, 1);
    assert_eq!(
        look.texts(WHERE_ROWS_ARE).await,
        [
            "call-000000 dvara_main.usage_p20310506",
            "call-000001 dvara_main.usage_default"
        ]
    );
    // Made once, however often and by however many it is asked for.
    let again = || usage::ensure_partitions(&store, day(2031, 5, 6), day(2031, 5, 9));
    let (one, two) = tokio::join!(again(), again());
    assert_eq!(one.unwrap() + two.unwrap(), 3);
    look.has_exactly(&[("call", 0..2)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn old_days_are_dropped_by_partition_and_their_sums_stay() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    usage::ensure_partitions(&store, day(2032, 3, 1), day(2032, 3, 3))
        .await
        .unwrap();
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    process
        .on_core(|ledgers| {
            // The first has no partition.
            let days = [
                day(2001, 1, 1),
                day(2032, 3, 1),
                day(2032, 3, 2),
                day(2032, 3, 3),
            ];
            for (number, date) in (0..).zip(days) {
                settle_at(ledgers, "call", number, midnight(date));
            }
        })
        .await;
    process.stop().await;
    let mut look = Look::at(&database.settings()).await;
    look.sums_equal_rows().await;
    let ours = day(2032, 3, 2);
    // The start's own partitions, of the days around today, go too.
    assert_eq!(usage::drop_before(&store, ours).await.unwrap(), 1 + 5);
    assert_eq!(
        look.texts(WHERE_ROWS_ARE).await,
        [
            "call-000002 dvara_main.usage_p20320302",
            "call-000003 dvara_main.usage_p20320303"
        ]
    );
    assert_eq!(
        look.number("SELECT sum(calls)::bigint FROM dvara_main.usage_hourly")
            .await,
        4
    );
    assert_eq!(usage::drop_before(&store, ours).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_start_drops_the_days_that_are_not_to_be_kept_and_without_a_limit_none() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let today = Utc::now().date_naive();
    let ago = move |days| today.checked_sub_days(Days::new(days)).unwrap();
    usage::ensure_partitions(&store, ago(40), today)
        .await
        .unwrap();
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    process
        .on_core(move |ledgers| {
            for (number, days) in (0..).zip([40, 31, 30, 29, 0]) {
                settle_at(ledgers, "call", number, midnight(ago(days)));
            }
        })
        .await;
    process.stop().await;
    let mut look = Look::at(&database.settings()).await;
    look.has_exactly(&[("call", 0..5)]).await;

    let mut month = settings(spool.path());
    month.keep_days = Some(30);
    Process::with(&store, month, vec![]).await.stop().await;
    let traces: Vec<_> = look.traces().await.into_keys().collect();
    assert_eq!(traces, ["call-000002", "call-000003", "call-000004"]);
    let oldest = format!("usage_p{}", ago(30).format("%Y%m%d"));
    assert_eq!(look.texts(PARTITIONS).await[1], oldest);
    let calls = "SELECT sum(calls)::bigint FROM dvara_main.usage_hourly";
    assert_eq!(look.number(calls).await, 5, "sums stay");
}
