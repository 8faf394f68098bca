//! How far a licence has run, and what `gateway-status` says about it.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde::Serialize;

use super::{Feature, Licence, Plan};

/// From how many days before the end on a start warns.
const WARNING_DAYS: i64 = 30;

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// How far a licence has run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// More than thirty days to go.
    Valid,
    /// Thirty days or less to go: warn.
    Expiring,
    /// Run out, within grace: start with a loud warning and a banner.
    Grace,
    /// Run out beyond grace: do not start. A process that runs goes on.
    Expired,
}

impl State {
    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Expiring => "EXPIRING",
            Self::Grace => "GRACE",
            Self::Expired => "EXPIRED",
        }
    }
}

impl Licence {
    /// How far it has run at `now`.
    pub fn state_at(&self, now: DateTime<Utc>) -> State {
        let left = self.expires_at.signed_duration_since(now);
        if left > Duration::days(WARNING_DAYS) {
            State::Valid
        } else if left > Duration::zero() {
            State::Expiring
        } else if left > -Duration::days(self.grace_days.into()) {
            State::Grace
        } else {
            State::Expired
        }
    }

    /// Whole days until it runs out: 0 on the last day, negative from the moment it has run out.
    pub fn days_remaining_at(&self, now: DateTime<Utc>) -> i64 {
        let left = self.expires_at.signed_duration_since(now);
        // chrono cuts towards zero; half a second after the end is after it, and so the day before zero.
        let seconds = left.num_seconds() - i64::from(left.subsec_nanos() < 0);
        seconds.div_euclid(SECONDS_PER_DAY)
    }

    /// The licence as `gateway-status.license` shows it at `now`.
    pub fn status_at(&self, now: DateTime<Utc>) -> LicenceStatus {
        LicenceStatus {
            licensed: true,
            license_id: self.license_id.clone(),
            customer: self.customer.clone(),
            plan: self.plan,
            features: self.features.clone(),
            issued_at: self.issued_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            expires_at: self.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            days_remaining: self.days_remaining_at(now),
            state: self.state_at(now),
        }
    }
}

/// `gateway-status.license`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LicenceStatus {
    /// Always true: a process without a licence does not answer.
    pub licensed: bool,
    /// The licence's id.
    pub license_id: String,
    /// Who it was issued to.
    pub customer: String,
    /// What was agreed.
    pub plan: Plan,
    /// What it covers.
    pub features: Vec<Feature>,
    /// From when on it holds; RFC 3339, UTC.
    pub issued_at: String,
    /// Until when it holds; RFC 3339, UTC.
    pub expires_at: String,
    /// Whole days until then, negative afterwards.
    pub days_remaining: i64,
    /// How far it has run.
    pub state: State,
}
