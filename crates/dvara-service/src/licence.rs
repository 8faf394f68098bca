//! The licence gate: before anything else starts, in every service, without a way round it.

use chrono::{DateTime, Utc};
use dvara_crypto::licence::{LicenceError, Root, Roots, State, Verified, verify};

use crate::settings::Loader;
use crate::settings::common::LICENSE_KEY;

/// Verifies the licence that the settings name (`DVARA_LICENSE_KEY`).
///
/// The outcome goes into [`boot::conclude`](crate::boot::conclude), which puts a refusal first in the list.
///
/// # Errors
/// Why the process may not start; the texts are `dvara-crypto`'s.
pub fn gate(
    loader: &mut Loader,
    roots: &Roots,
    now: DateTime<Utc>,
) -> Result<Verified, LicenceError> {
    let envelope = loader.secret(&LICENSE_KEY);
    let envelope = envelope.as_ref().map(|envelope| envelope.expose().as_str());
    verify(envelope, roots, now)
}

/// Logs who the process is licensed to, warns within thirty days of the end, and raises a banner in grace.
pub fn announce(verified: &Verified) {
    let licence = &verified.licence;
    let (plan, customer) = (licence.plan.as_str(), licence.customer.as_str());
    let id = licence.license_id.as_str();
    let expires = licence.expires_at.format("%Y-%m-%d");
    match verified.state {
        State::Valid => {
            tracing::info!(
                license.id = id,
                "licensed to {customer} ({plan}) until {expires}"
            );
        }
        // Every start of `dvara up` would warn of a licence that it made itself.
        State::Expiring if verified.root == Root::Evaluation => tracing::info!(
            license.id = id,
            "evaluating, until {expires}; DVARA_LICENSE_KEY takes a license of your own"
        ),
        State::Expiring => tracing::warn!(
            license.id = id,
            license.days_remaining = verified.days_remaining,
            "the license expires on {expires}, in {} days; renew it",
            verified.days_remaining
        ),
        State::Grace | State::Expired => {
            for line in banner(verified) {
                tracing::error!(license.id = id, "{line}");
            }
        }
    }
}

/// What is shown, loudly, while an expired licence is in its grace; the console shows the same.
pub fn banner(verified: &Verified) -> Vec<String> {
    let licence = &verified.licence;
    let last = licence.expires_at + chrono::Duration::days(licence.grace_days.into());
    let bar = "*".repeat(72);
    vec![
        bar.clone(),
        format!(
            "THE LICENSE EXPIRED ON {}",
            licence.expires_at.format("%Y-%m-%d")
        ),
        format!(
            "DVARA WILL REFUSE TO START FROM {} ON; RENEW IT NOW",
            last.format("%Y-%m-%d")
        ),
        bar,
    ]
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use chrono::TimeZone as _;
    use dvara_crypto::licence::{Feature, Licence, Plan};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn announced(root: Root, state: State) -> Vec<String> {
        let verified = Verified {
            licence: Licence {
                kid: "release-1".to_owned(),
                license_id: "lic_1".to_owned(),
                customer: "Acme".to_owned(),
                plan: Plan::Enterprise,
                features: Feature::ALL.to_vec(),
                max_tenants: None,
                issued_at: Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap(),
                expires_at: Utc.with_ymd_and_hms(2027, 1, 1, 0, 0, 0).unwrap(),
                grace_days: 14,
            },
            root,
            state,
            days_remaining: 12,
        };
        let kept = Kept::default();
        let writer = kept.clone();
        let log = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .without_time()
            .with_target(false)
            .with_ansi(false)
            .finish();
        tracing::subscriber::with_default(log, || announce(&verified));
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn the_nearer_the_end_the_louder() {
        let id = "license.id=\"lic_1\"";
        assert_eq!(
            announced(Root::Release, State::Valid),
            [format!(
                "INFO licensed to Acme (enterprise) until 2027-01-01 {id}"
            )]
        );
        assert_eq!(
            announced(Root::Release, State::Expiring),
            [format!(
                "WARN the license expires on 2027-01-01, in 12 days; renew it {id} license.days_remaining=12"
            )]
        );
        assert_eq!(
            announced(Root::Evaluation, State::Expiring),
            [format!(
                "INFO evaluating, until 2027-01-01; DVARA_LICENSE_KEY takes a license of your own {id}"
            )]
        );
        let bar = "*".repeat(72);
        let lines = [
            bar.as_str(),
            "THE LICENSE EXPIRED ON 2027-01-01",
            "DVARA WILL REFUSE TO START FROM 2027-01-15 ON; RENEW IT NOW",
            bar.as_str(),
        ];
        let expected: Vec<String> = lines
            .iter()
            .map(|line| format!("ERROR {line} {id}"))
            .collect();
        assert_eq!(announced(Root::Release, State::Grace), expected);
    }
}
