//! Licences that somebody tampered with, forged, or brought to the wrong place: each is refused, with its own text,
//! and no text repeats a part of the envelope.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, TimeZone as _, Utc};
use dvara_crypto::Secret;
use dvara_crypto::licence::{
    EVALUATION_KID, EncodingFault, Feature, Licence, LicenceError, MAX_ENVELOPE_LENGTH, PREFIX,
    Plan, PublicKey, Roots, SigningKey, evaluation, issue, verify,
};

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 6, 1, 12, 0, 0).unwrap()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&Secret::new([seed; 32]))
}

/// What a service of its own trusts: one release root, not the evaluation root.
fn roots() -> Roots {
    Roots::of("prod-1", key(1).public_key()).unwrap()
}

fn licence() -> Licence {
    Licence {
        kid: "prod-1".to_owned(),
        license_id: "lic_hostile".to_owned(),
        customer: "Acme GmbH".to_owned(),
        plan: Plan::Enterprise,
        features: Feature::ALL.to_vec(),
        max_tenants: Some(10),
        issued_at: now() - Duration::days(100),
        expires_at: now() + Duration::days(265),
        grace_days: 14,
    }
}

fn sound() -> String {
    issue(&licence(), &key(1))
}

/// The payload and signature bytes of the sound licence.
fn parts() -> (Vec<u8>, Vec<u8>) {
    let sound = sound();
    let (payload, signature) = sound[PREFIX.len()..].split_once('.').unwrap();
    let decode = |part| URL_SAFE_NO_PAD.decode(part).unwrap();
    (decode(payload), decode(signature))
}

fn joined(payload: &[u8], signature: &[u8]) -> String {
    let (payload, signature) = (
        URL_SAFE_NO_PAD.encode(payload),
        URL_SAFE_NO_PAD.encode(signature),
    );
    format!("{PREFIX}{payload}.{signature}")
}

/// The error of an envelope; checks on the way that its text holds none of it.
fn refusal(envelope: &str) -> LicenceError {
    let error = verify(Some(envelope), &roots(), now()).expect_err(envelope);
    let shown = format!("{error} {error:?}");
    assert!(
        error
            .to_string()
            .starts_with("LicenseValidationException: "),
        "{error}"
    );
    for piece in envelope
        .trim()
        .as_bytes()
        .chunks(12)
        .filter(|piece| piece.len() == 12)
    {
        let piece = String::from_utf8_lossy(piece);
        assert!(!shown.contains(&*piece), "{shown} repeats {piece}");
    }
    error
}

fn undecodable(fault: EncodingFault) -> LicenceError {
    LicenceError::Undecodable(fault)
}

#[test]
fn the_licence_that_the_others_are_made_from_is_sound() {
    assert_eq!(
        verify(Some(&sound()), &roots(), now()).unwrap().licence,
        licence()
    );
}

#[test]
fn every_flipped_bit_of_the_signature_is_an_invalid_signature() {
    let (payload, signature) = parts();
    for bit in 0..signature.len() * 8 {
        let mut flipped = signature.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            refusal(&joined(&payload, &flipped)),
            LicenceError::Signature,
            "bit {bit}"
        );
    }
}

#[test]
fn every_flipped_bit_of_the_payload_is_refused() {
    let (payload, signature) = parts();
    let mut by_signature = 0;
    for bit in 0..payload.len() * 8 {
        let mut flipped = payload.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match refusal(&joined(&flipped, &signature)) {
            LicenceError::Signature => by_signature += 1,
            // A flip in the root's name or in the JSON around it is noticed before the signature.
            LicenceError::UnknownRoot { .. } | LicenceError::Undecodable(EncodingFault::NoRoot) => {
            }
            other => panic!("bit {bit}: {other:?}"),
        }
    }
    assert!(by_signature > payload.len() * 4, "{by_signature}");
}

#[test]
fn every_changed_letter_of_the_text_is_refused() {
    let sound = sound();
    for at in 0..sound.len() {
        for letter in ['A', 'z', '.', '=', '+', ' ', '\u{e9}'] {
            if sound[at..].starts_with(letter) {
                continue;
            }
            refusal(&format!("{}{letter}{}", &sound[..at], &sound[at + 1..]));
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    let sound = sound();
    for length in 0..sound.len() {
        refusal(&sound[..length]);
    }
    let dot = sound.find('.').unwrap();
    let cases = [
        (PREFIX.len() - 1, LicenceError::Prefix),
        (PREFIX.len(), undecodable(EncodingFault::NoSignature)),
        (dot, undecodable(EncodingFault::NoSignature)),
        (dot + 1, undecodable(EncodingFault::SignatureLength)),
        (sound.len() - 2, undecodable(EncodingFault::SignatureLength)),
    ];
    for (length, expected) in cases {
        assert_eq!(refusal(&sound[..length]), expected, "{length}");
    }
}

#[test]
fn trailing_bytes_are_refused() {
    let sound = sound();
    for trailing in [
        "A", "AA", "AAAA", "=", "==", ".", ".AAAA", "\0", "\nx", " DVARA-",
    ] {
        refusal(&format!("{sound}{trailing}"));
    }
    let (payload, mut signature) = parts();
    signature.push(0);
    assert_eq!(
        refusal(&joined(&payload, &signature)),
        undecodable(EncodingFault::SignatureLength)
    );
}

#[test]
fn other_prefixes_are_refused() {
    let sound = sound();
    let body = &sound[PREFIX.len()..];
    for prefix in [
        "",
        "dvara-",
        "DVARA",
        "DVARA_",
        "MERIDIAN-",
        "XDVARA-",
        "\u{feff}DVARA-",
        "Bearer DVARA-",
    ] {
        assert_eq!(
            refusal(&format!("{prefix}{body}")),
            LicenceError::Prefix,
            "{prefix:?}"
        );
    }
}

#[test]
fn a_second_spelling_of_the_same_licence_is_refused() {
    let sound = sound();
    let (payload, signature) = sound[PREFIX.len()..].split_once('.').unwrap();
    // 64 bytes leave four unused bits in the last letter.
    assert_eq!(signature.len(), 86);
    let last = signature.as_bytes()[85];
    let respelled = match last {
        b'A' => 'B',
        b'Q' => 'R',
        b'g' => 'h',
        _ => 'x',
    };
    let folded = format!("{}\n{}", &payload[..76], &payload[76..]);
    let spellings = [
        format!("{PREFIX}{payload}.{}{respelled}", &signature[..85]),
        format!("{PREFIX}{payload}.{signature}=="),
        format!("{PREFIX}{payload}==.{signature}"),
        format!("{PREFIX}{folded}.{signature}"),
        format!("{PREFIX}{payload} .{signature}"),
    ];
    for spelling in spellings {
        assert_eq!(refusal(&spelling), undecodable(EncodingFault::Base64));
    }
    // The standard alphabet: one licence in a few has no letter in which the alphabets differ, so look for one that has.
    let (differing, _) = (0..)
        .map(|days| {
            issue(
                &Licence {
                    grace_days: days,
                    ..licence()
                },
                &key(1),
            )
        })
        .map(|envelope| {
            (
                envelope[PREFIX.len()..].replace('-', "+").replace('_', "/"),
                envelope,
            )
        })
        .find(|(standard, envelope)| *standard != envelope[PREFIX.len()..])
        .unwrap();
    assert_eq!(
        refusal(&format!("{PREFIX}{differing}")),
        undecodable(EncodingFault::Base64)
    );
}

#[test]
fn a_malleable_signature_is_refused() {
    // RFC 8032 §5.1.7: S must be below the group order L, or S + L would be a second signature.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (payload, mut signature) = parts();
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(
        refusal(&joined(&payload, &signature)),
        LicenceError::Signature
    );
}

#[test]
fn a_licence_signed_by_somebody_else_is_refused() {
    assert_eq!(
        refusal(&issue(&licence(), &key(2))),
        LicenceError::Signature
    );
    let (payload, _) = parts();
    assert_eq!(
        refusal(&joined(&payload, &[0; 64])),
        LicenceError::Signature
    );
    // A signature of another licence of the same root.
    let other = issue(
        &Licence {
            customer: "Other".to_owned(),
            ..licence()
        },
        &key(1),
    );
    let (_, signature) = other.split_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert_eq!(
        refusal(&joined(&payload, &signature)),
        LicenceError::Signature
    );
}

#[test]
fn an_all_zero_root_accepts_nothing() {
    // The zero key is a point of small order, under which forged signatures exist in lax implementations.
    let roots = Roots::of("prod-1", PublicKey([0; 32])).unwrap();
    let (payload, _) = parts();
    for filler in [0_u8, 1, 0xff] {
        let envelope = joined(&payload, &[filler; 64]);
        assert_eq!(
            verify(Some(&envelope), &roots, now()).unwrap_err(),
            LicenceError::Signature
        );
    }
}

#[test]
fn an_unknown_root_is_named_with_those_that_count() {
    let envelope = issue(
        &Licence {
            kid: "prod-9".to_owned(),
            ..licence()
        },
        &key(1),
    );
    let text = "LicenseValidationException: License key is signed with root `prod-9`, which this build does not trust";
    assert_eq!(
        refusal(&envelope).to_string(),
        format!("{text} (it trusts prod-1)")
    );
    let none = Roots::parse("").unwrap();
    let error = verify(Some(&envelope), &none, now()).unwrap_err();
    assert_eq!(error.to_string(), format!("{text} (it trusts no root)"));
    let both = roots().with_evaluation();
    let error = verify(Some(&envelope), &both, now()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{text} (it trusts prod-1, {EVALUATION_KID})")
    );
}

#[test]
fn the_evaluation_root_is_refused_outside_dvara_up() {
    let envelope = evaluation(now(), [3; 10]);
    assert_eq!(refusal(&envelope), LicenceError::Evaluation);
    assert!(verify(Some(&envelope), &roots().with_evaluation(), now()).is_ok());
}

#[test]
fn a_licence_beyond_its_grace_is_refused_with_its_dates() {
    let over = Licence {
        issued_at: now() - Duration::days(400),
        expires_at: now() - Duration::days(14),
        ..licence()
    };
    assert_eq!(
        refusal(&issue(&over, &key(1))).to_string(),
        "LicenseValidationException: License expired on 2026-05-18 and its grace of 14 days is over"
    );
}

#[test]
fn a_huge_input_is_refused_unread() {
    let huge = format!("{PREFIX}{}", "A".repeat(64 * 1024 * 1024));
    let error = verify(Some(&huge), &roots(), now()).unwrap_err();
    assert_eq!(error, undecodable(EncodingFault::TooLong));
    let longest = format!("{PREFIX}{}", "A".repeat(MAX_ENVELOPE_LENGTH - PREFIX.len()));
    assert_eq!(refusal(&longest), undecodable(EncodingFault::NoSignature));
}

#[test]
fn the_fault_that_comes_first_in_the_order_is_the_answer() {
    let over = Licence {
        expires_at: now() - Duration::days(90),
        ..licence()
    };
    // Expired and forged: the signature comes first, so that a forger learns nothing about dates.
    assert_eq!(refusal(&issue(&over, &key(2))), LicenceError::Signature);
    // Malformed and forged.
    let malformed = Licence {
        customer: String::new(),
        ..licence()
    };
    assert_eq!(
        refusal(&issue(&malformed, &key(2))),
        LicenceError::Signature
    );
    // Unknown root and forged.
    let stranger = Licence {
        kid: "prod-9".to_owned(),
        ..licence()
    };
    assert!(matches!(
        refusal(&issue(&stranger, &key(2))),
        LicenceError::UnknownRoot { .. }
    ));
}
