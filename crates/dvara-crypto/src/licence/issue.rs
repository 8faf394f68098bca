//! Making licences: the other end of `verify`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};

use super::{
    EVALUATION_DAYS, EVALUATION_KID, EVALUATION_TENANTS, Feature, Licence, PREFIX, Plan,
    SigningKey, payload,
};
use crate::mac;

/// The private half of the evaluation root, public on purpose.
const EVALUATION_KEY: &[u8] = include_bytes!("../../roots/evaluation-1.private.pem");

/// Whom an evaluation licence names when nobody is given.
const EVALUATION_CUSTOMER: &str = "Evaluation";

/// Signs a licence as it stands. The same licence and key always give the same envelope.
///
/// Nothing is checked: whoever issues for others verifies what comes out before handing it over.
pub fn issue(licence: &Licence, signing_key: &SigningKey) -> String {
    let payload = payload::encode(licence);
    let signature = signing_key.sign(&payload);
    format!(
        "{PREFIX}{}.{}",
        URL_SAFE_NO_PAD.encode(payload),
        URL_SAFE_NO_PAD.encode(signature)
    )
}

/// An evaluation licence from now on, with ten random bytes for its id. `dvara up` alone accepts it.
pub fn evaluation(now: DateTime<Utc>, random: [u8; 10]) -> String {
    evaluation_for(EVALUATION_CUSTOMER, now, random)
}

/// An evaluation licence with somebody's name on it.
pub fn evaluation_for(customer: &str, now: DateTime<Utc>, random: [u8; 10]) -> String {
    let licence = Licence {
        kid: EVALUATION_KID.to_owned(),
        license_id: new_id(random),
        customer: customer.to_owned(),
        plan: Plan::Evaluation,
        features: Feature::ALL.to_vec(),
        max_tenants: Some(EVALUATION_TENANTS),
        issued_at: now,
        expires_at: now + Duration::days(EVALUATION_DAYS.into()),
        grace_days: 0,
    };
    let key =
        SigningKey::from_pkcs8(EVALUATION_KEY).expect("a file of this crate that a test reads");
    issue(&licence, &key)
}

/// An id for a new licence from ten random bytes.
pub fn new_id(random: [u8; 10]) -> String {
    format!("lic_{}", mac::hex(&random))
}
