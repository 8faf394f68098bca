//! Samples that must open for ever (`tests/frozen/`), made by an independent implementation.
//!
//! A failure here means that values in somebody's store, or licences that somebody paid for, no longer open.
//! The samples are never updated.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use dvara_crypto::envelope::{Context, MasterKey, Purpose, open, seal};
use dvara_crypto::licence::{Root, Roots, SigningKey, issue, verify};
use dvara_crypto::{Secret, api_key};
use serde::Deserialize;
use serde_json::{Value, json};

const ENVELOPES: &str = include_str!("../frozen/envelopes.json");
const LICENCES: &str = include_str!("../frozen/licences.json");
const API_KEYS: &str = include_str!("../frozen/api_keys.json");

#[derive(Deserialize)]
struct Sealed {
    password: String,
    purpose: String,
    tenant: String,
    provider: String,
    row: String,
    nonce: String,
    plain: String,
    sealed: String,
}

#[derive(Deserialize)]
struct Licences {
    roots: String,
    seed: String,
    samples: Vec<LicenceSample>,
}

#[derive(Deserialize)]
struct LicenceSample {
    name: String,
    envelope: String,
    now: DateTime<Utc>,
    expected: Value,
}

#[derive(Deserialize)]
struct ApiKeys {
    keys: Vec<ApiKey>,
    fingerprints: Vec<Fingerprint>,
}

#[derive(Deserialize)]
struct ApiKey {
    random: String,
    key: String,
    hash: String,
    prefix: String,
}

#[derive(Deserialize)]
struct Fingerprint {
    secret: String,
    fingerprint: String,
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    assert_eq!(hex.len(), 2 * N);
    std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
}

fn purpose(name: &str) -> Purpose {
    [
        Purpose::CONFIG_VALUE,
        Purpose::PROVIDER_CREDENTIAL,
        Purpose::CLUSTER,
    ]
    .into_iter()
    .find(|purpose| purpose.as_str() == name)
    .unwrap()
}

#[test]
fn sealed_values_open_and_are_sealed_the_same_way() {
    let samples: Vec<Sealed> = serde_json::from_str(ENVELOPES).unwrap();
    assert_eq!(samples.len(), 3);
    for sample in samples {
        let master = MasterKey::derive(&Secret::new(sample.password));
        let context = Context {
            purpose: purpose(&sample.purpose),
            tenant: &sample.tenant,
            provider: &sample.provider,
            row: &sample.row,
        };
        let opened = open(&master, &context, &sample.sealed).unwrap();
        assert_eq!(opened.expose(), &sample.plain);
        let again = seal(
            &master,
            &context,
            bytes(&sample.nonce),
            sample.plain.as_bytes(),
        );
        assert_eq!(again, sample.sealed);
    }
}

#[test]
fn licences_verify_at_their_moment_with_every_field() {
    let licences: Licences = serde_json::from_str(LICENCES).unwrap();
    let roots = Roots::parse(&licences.roots).unwrap().with_evaluation();
    assert_eq!(licences.samples.len(), 5);
    for sample in licences.samples {
        let verified = verify(Some(&sample.envelope), &roots, sample.now)
            .unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        let status = serde_json::to_value(verified.status_at(sample.now)).unwrap();
        let (licence, expected) = (&verified.licence, &sample.expected);
        for field in [
            "license_id",
            "customer",
            "plan",
            "features",
            "issued_at",
            "expires_at",
            "days_remaining",
            "state",
        ] {
            assert_eq!(status[field], expected[field], "{}: {field}", sample.name);
        }
        let root = match verified.root {
            Root::Release => "release",
            Root::Evaluation => "evaluation",
        };
        let rest = json!([root, licence.kid, licence.max_tenants, licence.grace_days]);
        let expected = json!([
            expected["root"],
            expected["kid"],
            expected["max_tenants"],
            expected["grace_days"]
        ]);
        assert_eq!(rest, expected, "{}", sample.name);
    }
}

#[test]
fn release_licences_are_issued_byte_for_byte_the_same() {
    let licences: Licences = serde_json::from_str(LICENCES).unwrap();
    let roots = Roots::parse(&licences.roots).unwrap();
    let seed: [u8; 32] = STANDARD.decode(&licences.seed).unwrap().try_into().unwrap();
    let key = SigningKey::from_seed(&Secret::new(seed));
    let mut compared = 0;
    for sample in licences.samples {
        if let Ok(verified) = verify(Some(&sample.envelope), &roots, sample.now) {
            assert_eq!(
                issue(&verified.licence, &key),
                sample.envelope,
                "{}",
                sample.name
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 3);
}

#[test]
fn api_keys_and_fingerprints_come_out_the_same() {
    let samples: ApiKeys = serde_json::from_str(API_KEYS).unwrap();
    for sample in samples.keys {
        let key = api_key::generate(bytes(&sample.random));
        assert_eq!(key.expose(), &sample.key);
        assert_eq!(api_key::hash(&sample.key).to_hex(), sample.hash);
        assert_eq!(api_key::display_prefix(&sample.key), sample.prefix);
    }
    for sample in samples.fingerprints {
        assert_eq!(api_key::fingerprint(&sample.secret), sample.fingerprint);
    }
}
