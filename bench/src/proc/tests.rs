use super::*;

#[test]
fn schedstat_begins_with_nanoseconds_on_a_cpu() {
    assert_eq!(
        parse_schedstat("221006459 33228979 453\n"),
        Some(221_006_459)
    );
    assert_eq!(parse_schedstat(""), None);
}

#[test]
fn process_ticks_are_user_and_system_time() {
    let stat =
        "4711 (nginx: worker) S 42 4711 4711 0 -1 4194624 350 0 0 0 270 930 7 8 20 0 1 0 100 1 2";
    assert_eq!(parse_process_ticks(stat), Some(1_200));
    assert_eq!(parse_process_ticks("4711 (nginx) S 42"), None);
}

#[test]
fn parent_is_found_behind_a_hostile_name() {
    assert_eq!(
        parse_parent("4711 (nginx) S 42 4711 4711 0 -1 4194560 99"),
        Some(42)
    );
    assert_eq!(parse_parent("4711 (a b) R 1 (c) S 43 1 1 0"), Some(43));
    assert_eq!(parse_parent("4711"), None);
}

#[test]
fn ticks_of_the_named_cpus_only() {
    let stat = "cpu  100 1 50 1000 5 2 3 7 0 0\n\
                cpu0 60 1 30 500 2 1 2 4 0 0\n\
                cpu1 40 0 20 500 3 1 1 3 0 0\n\
                cpu10 9 9 9 9 9 9 9 9 9 9\nintr 1\n";
    assert_eq!(parse_cpu_ticks(stat, &[1]), CpuTicks { taken: 65 });
    assert_eq!(parse_cpu_ticks(stat, &[0, 1]), CpuTicks { taken: 163 });
    assert_eq!(CpuTicks { taken: 163 }.since(&CpuTicks { taken: 63 }), 1.0);
}

#[test]
fn use_is_counted_per_thread_and_never_negative() {
    let clock = |threads: &[(u32, u64)]| CpuClock {
        threads: threads.iter().copied().collect(),
        processes: BTreeMap::from([(1, 5)]),
    };
    // Thread 2 ended, thread 3 is new.
    let used = clock(&[(1, 500), (3, 70)]).since(&clock(&[(1, 100), (2, 900)]));
    assert_eq!(used, Duration::from_nanos(470));
}

#[test]
fn threads_that_ended_count_when_they_were_more_than_rounding() {
    let clock = |nanos, ticks| CpuClock {
        threads: BTreeMap::from([(1, nanos)]),
        processes: BTreeMap::from([(1, ticks)]),
    };
    assert_eq!(
        clock(9_000_000, 2).since(&clock(0, 0)),
        Duration::from_millis(9)
    );
    assert_eq!(
        clock(9_000_000, 50).since(&clock(0, 0)),
        Duration::from_millis(500)
    );
}

#[test]
fn fields_of_status_are_matched_at_the_start_of_a_line() {
    let status = "Name:\tnginx\nVmHWM:\t    9000 kB\nVmRSS:\t    8192 kB\nUid:\t0\t0\t0\t0\n";
    assert_eq!(field(status, "VmRSS:"), Some(8_192));
    assert_eq!(field(status, "Uid:"), Some(0));
    assert_eq!(field(status, "RSS:"), None);
}

#[test]
fn family_is_children_and_their_children() {
    let parents = BTreeMap::from([(2, 1), (3, 2), (4, 2), (5, 4), (6, 1)]);
    assert_eq!(descendants(2, &parents), vec![2, 3, 4, 5]);
    assert_eq!(descendants(9, &parents), vec![9]);
}

#[test]
fn account_numbers_come_from_the_named_line() {
    let passwd = "daemon:x:1:1:daemon:/usr/sbin:/bin/sh\npostgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n";
    assert_eq!(parse_account(passwd, "postgres"), Some((101, 104)));
    assert_eq!(parse_account(passwd, "post"), None);
}

#[test]
fn work_shows_in_the_clock_while_the_thread_lives_and_after() {
    let me = std::process::id();
    let before = CpuClock::read(&[me]);
    let work = || {
        let started = std::time::Instant::now();
        let mut sum = 0_u64;
        while started.elapsed() < Duration::from_millis(200) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
    };
    std::thread::spawn(work).join().unwrap();
    // Other tests keep the CPUs busy too; a tenth is enough to tell work from none.
    let used = CpuClock::read(&[me]).since(&before);
    assert!(used > Duration::from_millis(20), "{used:?}");
    let memory = Memory::read(&[me]);
    assert!(
        memory.rss_kib > 500 && memory.peak_rss_kib >= memory.rss_kib,
        "{memory:?}"
    );
}
