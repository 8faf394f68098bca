//! What the kernel says about processes and CPUs, from /proc.
//!
//! CPU time comes from each thread's `schedstat`, which counts nanoseconds; the ticks of `stat` are too coarse
//! for a process that works five milliseconds in a second. They do remember threads that have ended, though,
//! and count where there were many of those.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Length of a tick in /proc/stat: USER_HZ is 100 on every architecture that Linux tells user space about.
const TICK: Duration = Duration::from_millis(10);

/// CPU time of some processes.
#[derive(Debug, Clone, Default)]
pub(crate) struct CpuClock {
    /// Nanoseconds of each living thread.
    threads: BTreeMap<u32, u64>,
    /// Ticks of each process, those of its ended threads among them.
    processes: BTreeMap<u32, u64>,
}

impl CpuClock {
    /// Reads the clocks of `processes`. A process that is gone has none.
    pub(crate) fn read(processes: &[u32]) -> Self {
        let mut clock = Self::default();
        for process in processes {
            let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok();
            if let Some(ticks) = stat.as_deref().and_then(parse_process_ticks) {
                clock.processes.insert(*process, ticks);
            }
            let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else {
                continue;
            };
            for task in tasks.flatten() {
                let id = task.file_name().to_str().and_then(|name| name.parse().ok());
                let text = fs::read_to_string(task.path().join("schedstat"));
                if let (Some(id), Ok(text)) = (id, text)
                    && let Some(ran) = parse_schedstat(&text)
                {
                    clock.threads.insert(id, ran);
                }
            }
        }
        clock
    }

    /// CPU time used since `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Duration {
        let living = Duration::from_nanos(grown(&self.threads, &earlier.threads));
        let all =
            TICK * u32::try_from(grown(&self.processes, &earlier.processes)).unwrap_or(u32::MAX);
        // Both ends of a tick count are cut, for user and system time each and per process.
        let rounding = TICK * 2 * u32::try_from(self.processes.len()).unwrap_or(1);
        if all > living + rounding { all } else { living }
    }
}

/// The sum of what grew since `earlier`.
fn grown(now: &BTreeMap<u32, u64>, earlier: &BTreeMap<u32, u64>) -> u64 {
    let before = |id| earlier.get(id).copied().unwrap_or(0);
    now.iter()
        .map(|(id, value)| value.saturating_sub(before(id)))
        .sum()
}

/// Ticks of some CPUs together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CpuTicks {
    /// Ticks in which something ran, or which the hypervisor gave to somebody else.
    taken: u64,
}

impl CpuTicks {
    /// Reads the ticks of `cpus`.
    pub(crate) fn read(cpus: &[usize]) -> Self {
        fs::read_to_string("/proc/stat")
            .map(|text| parse_cpu_ticks(&text, cpus))
            .unwrap_or_default()
    }

    /// Seconds since `earlier` in which the CPUs were not idle, or not ours.
    pub(crate) fn since(&self, earlier: &Self) -> f64 {
        self.taken.saturating_sub(earlier.taken) as f64 * TICK.as_secs_f64()
    }
}

/// Memory of some processes in KiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Memory {
    /// Resident, pages shared with other processes counted in each.
    pub(crate) rss_kib: u64,
    /// The highest resident size so far.
    pub(crate) peak_rss_kib: u64,
    /// Resident, shared pages divided by the number of those who share them.
    pub(crate) pss_kib: u64,
}

impl Memory {
    /// Sums over `processes`.
    pub(crate) fn read(processes: &[u32]) -> Self {
        let mut sum = Self::default();
        for process in processes {
            let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
            let rollup =
                fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
            sum.rss_kib += field(&status, "VmRSS:").unwrap_or(0);
            sum.peak_rss_kib += field(&status, "VmHWM:").unwrap_or(0);
            sum.pss_kib += field(&rollup, "Pss:").unwrap_or(0);
        }
        sum
    }
}

/// `process` and everything that it and its children started, by id.
pub(crate) fn family(process: u32) -> Vec<u32> {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        if let Some(parent) = fs::read_to_string(entry.path().join("stat"))
            .ok()
            .as_deref()
            .and_then(parse_parent)
        {
            parents.insert(id, parent);
        }
    }
    descendants(process, &parents)
}

/// The name that the kernel knows a process by, at most 15 bytes of its program's.
pub(crate) fn name(process: u32) -> Option<String> {
    Some(
        fs::read_to_string(format!("/proc/{process}/comm"))
            .ok()?
            .trim_end()
            .to_owned(),
    )
}

/// Whether this process may become another user.
pub(crate) fn is_root() -> bool {
    fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| field(&status, "Uid:"))
        == Some(0)
}

/// User and group number of an account in /etc/passwd.
pub(crate) fn account(name: &str) -> Option<(u32, u32)> {
    parse_account(&fs::read_to_string(Path::new("/etc/passwd")).ok()?, name)
}

fn descendants(process: u32, parents: &BTreeMap<u32, u32>) -> Vec<u32> {
    let mut family = vec![process];
    let mut at = 0;
    while at < family.len() {
        let parent = family[at];
        family.extend(
            parents
                .iter()
                .filter(|(id, of)| **of == parent && **id != parent)
                .map(|(id, _)| *id),
        );
        at += 1;
    }
    family
}

/// `RAN WAITED SLICES`: nanoseconds on a CPU come first.
fn parse_schedstat(text: &str) -> Option<u64> {
    text.split_ascii_whitespace().next()?.parse().ok()
}

/// What follows the name in `/proc/PID/stat`, from the third field on. The name stands in brackets and may hold
/// blanks and brackets.
fn fields_of_stat(stat: &str) -> Option<impl Iterator<Item = &str>> {
    Some(stat.rsplit_once(')')?.1.split_ascii_whitespace())
}

/// The fourth field of `/proc/PID/stat`.
fn parse_parent(stat: &str) -> Option<u32> {
    fields_of_stat(stat)?.nth(1)?.parse().ok()
}

/// User and system time, fields 14 and 15 of `/proc/PID/stat`.
fn parse_process_ticks(stat: &str) -> Option<u64> {
    let mut fields = fields_of_stat(stat)?.skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    Some(user + fields.next()?.parse::<u64>().ok()?)
}

/// Lines `cpuN user nice system idle iowait irq softirq steal …`.
fn parse_cpu_ticks(stat: &str, cpus: &[usize]) -> CpuTicks {
    let mut sum = CpuTicks::default();
    for line in stat.lines() {
        let mut words = line.split_ascii_whitespace();
        let number = words
            .next()
            .and_then(|word| word.strip_prefix("cpu"))
            .and_then(|number| number.parse().ok());
        if !number.is_some_and(|number| cpus.contains(&number)) {
            continue;
        }
        let ticks: Vec<u64> = words.map_while(|word| word.parse().ok()).collect();
        if let [user, nice, system, _idle, _iowait, irq, softirq, stolen, ..] = ticks[..] {
            sum.taken += user + nice + system + irq + softirq + stolen;
        }
    }
    sum
}

/// The first number after `name` at the start of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

fn parse_account(passwd: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = passwd
        .lines()
        .map(|line| line.split(':'))
        .find(|fields| fields.clone().next() == Some(name))?;
    let user = fields.nth(2)?.parse().ok()?;
    Some((user, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests;
