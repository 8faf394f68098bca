//! Who opens a sealed value, and who does not.

use std::sync::LazyLock;

use super::*;

static MASTER: LazyLock<MasterKey> = LazyLock::new(|| derive("correct horse battery staple"));

const HOME: Context<'static> = Context {
    purpose: Purpose::PROVIDER_CREDENTIAL,
    tenant: "ten_1",
    provider: "openai",
    row: "crd_1",
};

const PLAIN: &str = "sk-live-0123456789";

fn derive(password: &str) -> MasterKey {
    MasterKey::derive(&Secret::new(password.to_owned()))
}

fn sealed() -> String {
    seal(&MASTER, &HOME, [7; 12], PLAIN.as_bytes())
}

#[test]
fn what_was_sealed_opens_in_its_place() {
    for plain in ["", "x", PLAIN, &"ä".repeat(5000)] {
        let sealed = seal(&MASTER, &HOME, [1; 12], plain.as_bytes());
        assert!(is_sealed(&sealed));
        assert_eq!(open(&MASTER, &HOME, &sealed).unwrap().expose(), plain);
    }
}

#[test]
fn bytes_that_are_no_text_open_as_bytes_alone() {
    let sealed = seal(&MASTER, &HOME, [1; 12], &[0xff, 0x00]);
    assert_eq!(
        open(&MASTER, &HOME, &sealed).unwrap_err(),
        OpenError::NotText
    );
    let bytes = open_bytes(&MASTER, &HOME, &sealed).unwrap();
    assert_eq!(bytes.expose(), &[0xff, 0x00]);
}

#[test]
fn another_password_is_refused() {
    let other = derive("correct horse battery stapl");
    assert_eq!(
        open(&other, &HOME, &sealed()).unwrap_err(),
        OpenError::Refused
    );
}

#[test]
fn every_flipped_bit_is_refused() {
    let bytes = STANDARD.decode(&sealed()[PREFIX.len()..]).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let text = format!("{PREFIX}{}", STANDARD.encode(flipped));
        assert_eq!(
            open(&MASTER, &HOME, &text).unwrap_err(),
            OpenError::Refused,
            "bit {bit}"
        );
    }
}

#[test]
fn a_truncated_or_lengthened_value_is_refused() {
    let sealed = sealed();
    for length in 0..sealed.len() {
        assert!(open(&MASTER, &HOME, &sealed[..length]).is_err(), "{length}");
    }
    let bytes = STANDARD.decode(&sealed[PREFIX.len()..]).unwrap();
    for length in 0..bytes.len() {
        let text = format!("{PREFIX}{}", STANDARD.encode(&bytes[..length]));
        let expected = if length < 28 {
            OpenError::Encoding
        } else {
            OpenError::Refused
        };
        assert_eq!(
            open(&MASTER, &HOME, &text).unwrap_err(),
            expected,
            "{length}"
        );
    }
    for trailing in ["\n", " ", "=", "A", "AAAA"] {
        assert!(
            open(&MASTER, &HOME, &format!("{sealed}{trailing}")).is_err(),
            "{trailing:?}"
        );
    }
}

#[test]
fn a_value_moved_to_another_place_is_refused() {
    let sealed = sealed();
    let moved = [
        Context {
            tenant: "ten_2",
            ..HOME
        },
        Context { tenant: "", ..HOME },
        Context {
            provider: "anthropic",
            ..HOME
        },
        Context {
            row: "crd_2",
            ..HOME
        },
        Context {
            purpose: Purpose::CONFIG_VALUE,
            ..HOME
        },
        Context {
            purpose: Purpose::CLUSTER,
            ..HOME
        },
        // The same characters, cut elsewhere.
        Context {
            tenant: "ten_1o",
            provider: "penai",
            ..HOME
        },
        Context {
            tenant: "",
            provider: "ten_1openai",
            ..HOME
        },
        Context {
            provider: "",
            row: "openaicrd_1",
            ..HOME
        },
        Context {
            tenant: "openai",
            provider: "ten_1",
            ..HOME
        },
    ];
    for context in moved {
        assert_eq!(
            open(&MASTER, &context, &sealed).unwrap_err(),
            OpenError::Refused,
            "{context:?}"
        );
    }
}

#[test]
fn what_is_no_sealed_value_says_what_is_wrong() {
    let cases = [
        ("", OpenError::NotSealed),
        ("sk-live", OpenError::NotSealed),
        ("enc:v1:AAAA", OpenError::NotSealed),
        (" ENC:v1:AAAA", OpenError::NotSealed),
        ("ENC:", OpenError::Version),
        ("ENC:v2:AAAA", OpenError::Version),
        ("ENC:V1:AAAA", OpenError::Version),
        ("ENC:v1:", OpenError::Encoding),
        ("ENC:v1:AAAA", OpenError::Encoding),
        ("ENC:v1:!!!!", OpenError::Encoding),
    ];
    for (text, expected) in cases {
        assert_eq!(
            open(&MASTER, &HOME, text).unwrap_err(),
            expected,
            "{text:?}"
        );
    }
}

#[test]
fn a_second_spelling_of_the_same_bytes_is_refused() {
    // 28 bytes leave four unused bits in the last letter; the url alphabet and missing padding are other spellings.
    let sealed = seal(&MASTER, &HOME, [0xfb; 12], b"");
    assert!(sealed.contains('+') && sealed.ends_with("=="));
    let last = sealed.as_bytes()[sealed.len() - 3];
    let spelled = [
        sealed.replace('+', "-"),
        sealed.trim_end_matches('=').to_owned(),
        format!("{}{}==", &sealed[..sealed.len() - 3], char::from(last ^ 1)),
    ];
    for text in spelled {
        assert!(open(&MASTER, &HOME, &text).is_err(), "{text}");
    }
}

#[test]
fn neither_errors_nor_debug_show_key_or_value() {
    assert_eq!(format!("{:?}", *MASTER), "MasterKey(…)");
    let sealed = sealed();
    let other = Context {
        row: "crd_2",
        ..HOME
    };
    for text in [sealed.as_str(), "ENC:v2:c2VjcmV0", "plain-secret"] {
        let error = open(&MASTER, &other, text).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("c2VjcmV0") && !shown.contains("plain-secret"));
        assert!(!shown.contains(&sealed[PREFIX.len()..PREFIX.len() + 8]));
    }
}
