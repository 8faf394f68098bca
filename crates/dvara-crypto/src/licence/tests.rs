//! What a signed payload may say, and how far it runs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{Duration, TimeZone as _};
use serde_json::{Value, json};

use super::*;
use crate::Secret;

fn key() -> SigningKey {
    SigningKey::from_seed(&Secret::new([42; 32]))
}

fn evaluation_key() -> SigningKey {
    SigningKey::from_pkcs8(include_bytes!("../../roots/evaluation-1.private.pem")).unwrap()
}

fn roots() -> Roots {
    Roots::of("prod-1", key().public_key()).unwrap()
}

fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap()
}

fn licence() -> Licence {
    Licence {
        kid: "prod-1".to_owned(),
        license_id: "lic_1".to_owned(),
        customer: "Acme GmbH".to_owned(),
        plan: Plan::Enterprise,
        features: Feature::ALL.to_vec(),
        max_tenants: None,
        issued_at: start(),
        expires_at: start() + Duration::days(365),
        grace_days: 14,
    }
}

/// An envelope around any bytes, signed by the key that `roots` trusts.
fn signed(payload: &[u8], key: &SigningKey) -> String {
    let (payload, signature) = (
        URL_SAFE_NO_PAD.encode(payload),
        URL_SAFE_NO_PAD.encode(key.sign(payload)),
    );
    format!("{PREFIX}{payload}.{signature}")
}

/// A sound payload with one field replaced, or removed when the value is null.
fn payload_with(field: &str, value: Value) -> Vec<u8> {
    let mut payload: Value = serde_json::from_slice(&payload::encode(&licence())).unwrap();
    let fields = payload.as_object_mut().unwrap();
    if value.is_null() {
        fields.shift_remove(field);
    } else {
        fields.insert(field.to_owned(), value);
    }
    serde_json::to_vec(&payload).unwrap()
}

fn check(payload: &[u8]) -> Result<Verified, LicenceError> {
    verify(Some(&signed(payload, &key())), &roots(), start())
}

#[test]
fn an_issued_licence_is_verified_with_every_field() {
    for licence in [
        licence(),
        Licence {
            max_tenants: Some(7),
            grace_days: 0,
            plan: Plan::Trial,
            ..licence()
        },
        Licence {
            features: vec![Feature::MultiRegion],
            customer: "Ünïcode & \"Söhne\"".to_owned(),
            ..licence()
        },
    ] {
        let verified = verify(Some(&issue(&licence, &key())), &roots(), start()).unwrap();
        assert_eq!(verified.licence, licence);
        assert_eq!(
            (verified.root, verified.state),
            (Root::Release, State::Valid)
        );
        assert_eq!(verified.days_remaining, 365);
    }
}

#[test]
fn white_space_around_a_licence_is_ignored_and_a_blank_one_is_missing() {
    let envelope = format!(" \t{}\r\n", issue(&licence(), &key()));
    assert!(verify(Some(&envelope), &roots(), start()).is_ok());
    for blank in [None, Some(""), Some(" \n\t")] {
        let error = verify(blank, &roots(), start()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "LicenseValidationException: No license key configured"
        );
    }
}

#[test]
fn a_licence_runs_from_valid_to_expired_at_exact_moments() {
    let end = licence().expires_at;
    let moment = Duration::nanoseconds(1);
    let day = Duration::days;
    let cases = [
        (end - day(365), State::Valid, 365),
        (end - day(30) - moment, State::Valid, 30),
        (end - day(30), State::Expiring, 30),
        (end - day(1), State::Expiring, 1),
        (end - moment, State::Expiring, 0),
        (end, State::Grace, 0),
        (end + moment, State::Grace, -1),
        (end + day(14) - moment, State::Grace, -14),
        (end + day(14), State::Expired, -14),
        (end + day(5000), State::Expired, -5000),
    ];
    for (now, state, days) in cases {
        assert_eq!(
            (licence().state_at(now), licence().days_remaining_at(now)),
            (state, days),
            "{now}"
        );
        let accepted = verify(Some(&issue(&licence(), &key())), &roots(), now);
        assert_eq!(accepted.is_ok(), state != State::Expired, "{now}");
    }
    let no_grace = Licence {
        grace_days: 0,
        ..licence()
    };
    assert_eq!(no_grace.state_at(end), State::Expired);
}

#[test]
fn extreme_clocks_give_an_answer() {
    let envelope = issue(&licence(), &key());
    for now in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        assert!(verify(Some(&envelope), &roots(), now).is_err());
    }
}

#[test]
fn a_licence_may_begin_a_day_ahead_of_the_clock_and_no_more() {
    let envelope = issue(&licence(), &key());
    let day_before = start() - Duration::hours(24);
    assert!(verify(Some(&envelope), &roots(), day_before).is_ok());
    let error = verify(Some(&envelope), &roots(), day_before - Duration::seconds(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "LicenseValidationException: License key is not valid before 2026-01-01T00:00:00Z; check the clock of this machine"
    );
}

#[test]
fn a_field_out_of_its_range_is_named() {
    let long = "x".repeat(201);
    let cases = [
        ("plan", json!("platinum")),
        ("plan", json!("Trial")),
        ("features", json!(["gateway", "teleport"])),
        ("license_id", json!("")),
        ("license_id", json!("lic 1")),
        ("customer", json!(" ")),
        ("customer", json!(long)),
        ("customer", json!("Acme\u{1b}[2J")),
        ("max_tenants", json!(0)),
        ("issued_at", json!("yesterday")),
        ("expires_at", json!("2026-01-01T00:00:00Z")),
        ("expires_at", json!("2025-01-01T00:00:00Z")),
        ("expires_at", json!("2027-02-30T00:00:00Z")),
        ("grace_days", json!(367)),
    ];
    for (field, value) in cases {
        match check(&payload_with(field, value.clone())) {
            Err(LicenceError::Payload(PayloadFault::Field { field: named, .. })) => {
                assert_eq!(named, field)
            }
            other => panic!("{field} = {value}: {other:?}"),
        }
    }
}

#[test]
fn another_shape_or_version_is_refused() {
    let shape = Err(LicenceError::Payload(PayloadFault::Shape));
    for field in [
        "v",
        "license_id",
        "customer",
        "plan",
        "features",
        "issued_at",
        "expires_at",
        "grace_days",
    ] {
        assert_eq!(
            check(&payload_with(field, Value::Null)),
            shape,
            "without {field}"
        );
        assert_eq!(
            check(&payload_with(field, json!({}))),
            shape,
            "{field} as an object"
        );
    }
    for value in [json!(-1), json!(1.5), json!("3"), json!(4_294_967_296_u64)] {
        assert_eq!(
            check(&payload_with("max_tenants", value.clone())),
            shape,
            "{value}"
        );
    }
    assert_eq!(check(&payload_with("seats", json!(5))), shape);
    let text = String::from_utf8(payload::encode(&licence())).unwrap();
    let repeated = text.replace("\"grace_days\":14", "\"grace_days\":14,\"grace_days\":366");
    assert_eq!(check(repeated.as_bytes()), shape);
    for version in [0_u64, 2, u64::MAX] {
        let expected = Err(LicenceError::Payload(PayloadFault::Version(version)));
        assert_eq!(check(&payload_with("v", json!(version))), expected);
    }
}

#[test]
fn a_payload_that_names_no_root_is_undecodable() {
    let deep = "[".repeat(5000);
    let two_roots = br#"{"kid":"prod-1","kid":"evaluation-1"}"#;
    let payloads: [&[u8]; 8] = [
        b"",
        b"null",
        b"[]",
        b"{}",
        br#"{"kid":7}"#,
        br#"{"kid":"<b>\n"}"#,
        two_roots,
        deep.as_bytes(),
    ];
    for payload in payloads {
        let expected = Err(LicenceError::Undecodable(EncodingFault::NoRoot));
        assert_eq!(
            check(payload),
            expected,
            "{}",
            String::from_utf8_lossy(payload)
        );
    }
}

#[test]
fn an_evaluation_licence_gets_thirty_days_and_three_tenants_whatever_it_claims() {
    let claimed = Licence {
        kid: EVALUATION_KID.to_owned(),
        expires_at: start() + Duration::days(36_500),
        grace_days: 366,
        max_tenants: None,
        ..licence()
    };
    let envelope = issue(&claimed, &evaluation_key());
    let roots = roots().with_evaluation();
    let verified = verify(Some(&envelope), &roots, start()).unwrap();
    assert_eq!(verified.root, Root::Evaluation);
    let licence = verified.licence;
    assert_eq!(licence.expires_at, start() + Duration::days(30));
    assert_eq!(
        (licence.max_tenants, licence.grace_days, licence.plan),
        (Some(3), 0, Plan::Evaluation)
    );
    assert!(verify(Some(&envelope), &roots, start() + Duration::days(30)).is_err());

    let modest = Licence {
        expires_at: start() + Duration::days(2),
        max_tenants: Some(1),
        ..claimed
    };
    let opened = open(Some(&issue(&modest, &evaluation_key())), &roots).unwrap();
    assert_eq!(opened.licence.expires_at, start() + Duration::days(2));
    assert_eq!(opened.licence.max_tenants, Some(1));
}

#[test]
fn a_minted_evaluation_licence_is_for_dvara_up_alone() {
    let now = start() + Duration::milliseconds(250);
    let envelope = evaluation(now, [0xab; 10]);
    let error = verify(Some(&envelope), &roots(), now).unwrap_err();
    assert_eq!(
        error.to_string(),
        "LicenseValidationException: License key is an evaluation license, which only `dvara up` accepts"
    );
    let licence = verify(Some(&envelope), &roots().with_evaluation(), now)
        .unwrap()
        .licence;
    assert_eq!(licence.license_id, "lic_abababababababababab");
    assert_eq!(licence.features, Feature::ALL);
    assert_eq!(licence.expires_at, start() + Duration::days(30));
}

#[test]
fn a_release_root_does_not_stand_in_for_the_evaluation_root() {
    let forged = issue(
        &Licence {
            kid: EVALUATION_KID.to_owned(),
            ..licence()
        },
        &key(),
    );
    let roots = roots().with_evaluation();
    assert_eq!(
        open(Some(&forged), &roots).unwrap_err(),
        LicenceError::Signature
    );
    let borrowed = issue(&licence(), &evaluation_key());
    assert_eq!(
        open(Some(&borrowed), &roots).unwrap_err(),
        LicenceError::Signature
    );
}

#[test]
fn status_has_the_fields_of_gateway_status() {
    let licence = Licence {
        features: vec![Feature::Gateway, Feature::MultiRegion],
        ..licence()
    };
    let status = licence.status_at(start() + Duration::days(370));
    let expected = json!({
        "licensed": true, "license_id": "lic_1", "customer": "Acme GmbH", "plan": "enterprise",
        "features": ["gateway", "multi-region"],
        "issued_at": "2026-01-01T00:00:00Z", "expires_at": "2027-01-01T00:00:00Z",
        "days_remaining": -5, "state": "GRACE",
    });
    assert_eq!(serde_json::to_value(status).unwrap(), expected);
}

#[test]
fn words_for_plans_and_features_are_a_closed_list() {
    for plan in Plan::ALL {
        assert_eq!(plan.as_str().parse(), Ok(plan));
        assert_eq!(serde_json::to_value(plan).unwrap(), json!(plan.as_str()));
    }
    for feature in Feature::ALL {
        assert_eq!(feature.as_str().parse(), Ok(feature));
        assert_eq!(
            serde_json::to_value(feature).unwrap(),
            json!(feature.as_str())
        );
    }
    assert_eq!(
        "multi_region".parse::<Feature>().unwrap_err().to_string(),
        "not a feature; there are gateway, flightdeck, mcp and multi-region"
    );
}
