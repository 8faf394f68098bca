//! Hours and days, in a time zone.

use chrono::{DateTime, Datelike, Timelike, Utc, Weekday};
use chrono_tz::Tz;

/// Times at which a rule fires, by the clock on the wall of a time zone.
///
/// - Hours alone fire on every day, days alone fire for the whole day, and both fire within the hours of those days.
/// - A window that wraps past midnight belongs to the day it began on: `22:00`–`06:00` on FRI lasts until Saturday morning.
/// - When clocks are set back, an hour of the window happens twice and fires twice; when they are set forward, the hour that
///   does not happen cannot fire.
pub(in crate::policy) struct TimeOfDay {
    /// The zone whose wall clock counts.
    pub(in crate::policy) zone: Tz,
    /// Windows that fire; empty when only days count.
    pub(in crate::policy) windows: Box<[Window]>,
    /// Days that fire; empty when every day does.
    pub(in crate::policy) days: Days,
}

impl TimeOfDay {
    pub(in crate::policy) fn contain(&self, now: DateTime<Utc>) -> bool {
        let local = now.with_timezone(&self.zone);
        let today = local.weekday();
        if self.windows.is_empty() {
            return self.days.contain(today);
        }
        let minute = local.hour() * 60 + local.minute();
        self.windows
            .iter()
            .filter_map(|window| window.day_it_began(minute, today))
            .any(|day| self.days.are_all() || self.days.contain(day))
    }
}

/// Minutes of a day, from `start` up to but without `end`; wraps past midnight when `end` is not after `start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) struct Window {
    pub(in crate::policy) start: u32,
    pub(in crate::policy) end: u32,
}

impl Window {
    /// The day on which the window that holds this minute began; `None` outside of it.
    fn day_it_began(self, minute: u32, today: Weekday) -> Option<Weekday> {
        let wraps = self.end <= self.start;
        match (minute >= self.start, minute < self.end) {
            (true, true) => Some(today),
            (true, false) if wraps => Some(today),
            (false, true) if wraps => Some(today.pred()),
            _ => None,
        }
    }
}

/// A set of days of the week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::policy) struct Days(u8);

impl Days {
    pub(in crate::policy) fn add(&mut self, day: Weekday) {
        self.0 |= 1 << day.num_days_from_monday();
    }

    fn contain(self, day: Weekday) -> bool {
        self.0 & (1 << day.num_days_from_monday()) != 0
    }

    /// No day was named, so every day counts.
    pub(in crate::policy) fn are_all(self) -> bool {
        self.0 == 0
    }
}
