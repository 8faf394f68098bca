//! A histogram of durations: fixed size, no allocation while recording, under 0.1 % error.
//!
//! Values are nanoseconds. Below 2,048 every value has a slot of its own, above that each power of two is
//! cut into 1,024 equal slots. The maximum is kept exactly.

use std::time::Duration;

/// log2 of the number of slots per power of two.
const SLOT_BITS: u32 = 10;
const SLOTS_PER_POWER: usize = 1 << SLOT_BITS;
/// Powers 11 to 63 take 1,024 slots each, all that lies below takes 2,048.
const SLOTS: usize = 2 * SLOTS_PER_POWER + 53 * SLOTS_PER_POWER;

/// Counts of durations by size.
#[derive(Clone)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
    sum: u128,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self {
            counts: vec![0; SLOTS],
            total: 0,
            max: 0,
            sum: 0,
        }
    }

    pub(crate) fn record(&mut self, duration: Duration) {
        self.record_nanos(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    fn record_nanos(&mut self, nanos: u64) {
        self.counts[slot(nanos)] += 1;
        self.total += 1;
        self.sum += u128::from(nanos);
        self.max = self.max.max(nanos);
    }

    /// Adds everything that `other` has seen.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    pub(crate) fn count(&self) -> u64 {
        self.total
    }

    /// The smallest recorded value that at least `quantile` (0 to 1) of all values do not exceed, in
    /// nanoseconds, rounded up to the end of its slot. 0 when nothing was recorded.
    pub(crate) fn quantile(&self, quantile: f64) -> u64 {
        let rank = ((self.total as f64 * quantile).ceil() as u64).clamp(1, self.total.max(1));
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return slot_end(index).min(self.max);
            }
        }
        self.max
    }

    pub(crate) fn max(&self) -> u64 {
        self.max
    }

    /// Mean in nanoseconds, 0 when nothing was recorded.
    pub(crate) fn mean(&self) -> f64 {
        if self.total == 0 {
            0.0
        } else {
            self.sum as f64 / self.total as f64
        }
    }
}

/// The slot that counts `value`.
fn slot(value: u64) -> usize {
    if value < 2 * SLOTS_PER_POWER as u64 {
        return value as usize;
    }
    let shift = 63 - value.leading_zeros() - SLOT_BITS;
    shift as usize * SLOTS_PER_POWER + (value >> shift) as usize
}

/// The largest value that `slot` counts.
fn slot_end(slot: usize) -> u64 {
    if slot < 2 * SLOTS_PER_POWER {
        return slot as u64;
    }
    let shift = slot / SLOTS_PER_POWER - 1;
    let step = (slot % SLOTS_PER_POWER + SLOTS_PER_POWER) as u128;
    // In 128 bits, because the last slot ends at 2^64 - 1.
    u64::try_from(((step + 1) << shift) - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_slot_and_the_slots_touch() {
        for value in
            (0..70_000).chain([1 << 20, (1 << 20) + 1, u64::MAX / 3, u64::MAX - 1, u64::MAX])
        {
            let index = slot(value);
            assert!(index < SLOTS, "{value} is in slot {index}");
            assert!(slot_end(index) >= value, "{value} is beyond its slot");
            assert!(
                index == 0 || slot_end(index - 1) < value,
                "{value} belongs to an earlier slot"
            );
        }
    }

    #[test]
    fn error_stays_under_a_thousandth() {
        for value in [2_049_u64, 4_097, 17_700, 250_001, 3_000_000_007] {
            let error = (slot_end(slot(value)) - value) as f64 / value as f64;
            assert!(error < 0.001, "{value} is off by {error}");
        }
    }

    #[test]
    fn quantiles_of_a_known_series() {
        let mut histogram = Histogram::new();
        for value in 1..=200 {
            histogram.record_nanos(value);
        }
        assert_eq!(histogram.quantile(0.5), 100);
        assert_eq!(histogram.quantile(0.9), 180);
        assert_eq!(histogram.quantile(0.99), 198);
        assert_eq!(histogram.quantile(1.0), 200);
        assert_eq!(histogram.quantile(0.0), 1);
        assert_eq!(histogram.mean(), 100.5);
    }

    #[test]
    fn one_slow_call_is_the_maximum_and_not_the_median() {
        let mut histogram = Histogram::new();
        for _ in 0..99 {
            histogram.record(Duration::from_micros(100));
        }
        histogram.record(Duration::from_secs(3));
        assert!(histogram.quantile(0.5).abs_diff(100_000) < 100);
        assert!(histogram.quantile(0.99).abs_diff(100_000) < 100);
        assert_eq!(histogram.max(), 3_000_000_000);
        assert_eq!(histogram.quantile(1.0), 3_000_000_000);
    }

    #[test]
    fn merged_histograms_equal_one_that_saw_all() {
        let (mut left, mut right, mut all) = (Histogram::new(), Histogram::new(), Histogram::new());
        for value in 0..5_000_u64 {
            let side = if value % 3 == 0 {
                &mut left
            } else {
                &mut right
            };
            side.record_nanos(value * value);
            all.record_nanos(value * value);
        }
        left.merge(&right);
        assert_eq!(left.count(), all.count());
        assert_eq!(left.max(), all.max());
        assert_eq!(left.mean(), all.mean());
        for quantile in [0.01, 0.5, 0.9, 0.99, 1.0] {
            assert_eq!(left.quantile(quantile), all.quantile(quantile));
        }
    }

    #[test]
    fn an_empty_histogram_answers_zero() {
        let histogram = Histogram::new();
        assert_eq!(
            (histogram.quantile(0.5), histogram.max(), histogram.count()),
            (0, 0, 0)
        );
        assert_eq!(histogram.mean(), 0.0);
    }
}
