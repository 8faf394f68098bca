//! The settings that are whole numbers: for all providers, and for one.

use dvara_service::settings::Property;

use super::{Resilience, known};

/// A number, between two bounds that are both allowed.
pub(super) struct Number {
    pub(super) common: Property,
    pub(super) of_provider: Property,
    pub(super) field: fn(&mut Resilience) -> &mut u32,
    pub(super) least: u32,
    pub(super) most: u32,
}

impl Number {
    /// The number of a text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(&self, text: &str) -> Result<u32, String> {
        let number = text.parse().ok();
        number
            .filter(|number| (self.least..=self.most).contains(number))
            .ok_or_else(|| format!("is not a number from {} to {}", self.least, self.most))
    }
}

/// Most calls that a breaker remembers.
const LARGEST_WINDOW: u32 = 1_000;
/// Most places and waiting calls at a provider.
const MOST_CALLS: u32 = 1_000_000;

pub(super) const NUMBERS: [Number; 8] = [
    Number {
        common: known::RETRY_BUDGET_PERCENT,
        of_provider: known::PROVIDER_BUDGET_PERCENT,
        field: |of| &mut of.retry.budget_percent,
        least: 0,
        most: 1_000,
    },
    Number {
        common: known::RETRY_BUDGET_RESERVE,
        of_provider: known::PROVIDER_BUDGET_RESERVE,
        field: |of| &mut of.retry.budget_reserve,
        least: 0,
        most: 10_000,
    },
    Number {
        common: known::BREAKER_FAILURE_RATE,
        of_provider: known::PROVIDER_BREAKER_FAILURE_RATE,
        field: |of| &mut of.breaking.failure_rate,
        least: 1,
        most: 100,
    },
    Number {
        common: known::BREAKER_WINDOW,
        of_provider: known::PROVIDER_BREAKER_WINDOW,
        field: |of| &mut of.breaking.window,
        least: 1,
        most: LARGEST_WINDOW,
    },
    Number {
        common: known::BREAKER_MINIMUM,
        of_provider: known::PROVIDER_BREAKER_MINIMUM,
        field: |of| &mut of.breaking.minimum,
        least: 1,
        most: LARGEST_WINDOW,
    },
    Number {
        common: known::BREAKER_HALF_OPEN,
        of_provider: known::PROVIDER_BREAKER_HALF_OPEN,
        field: |of| &mut of.breaking.half_open,
        least: 1,
        most: LARGEST_WINDOW,
    },
    Number {
        common: known::MAX_CALLS,
        of_provider: known::PROVIDER_MAX_CALLS,
        field: |of| &mut of.lane.most,
        least: 0,
        most: MOST_CALLS,
    },
    Number {
        common: known::MAX_WAITING,
        of_provider: known::PROVIDER_MAX_WAITING,
        field: |of| &mut of.lane.waiting,
        least: 0,
        most: MOST_CALLS,
    },
];
