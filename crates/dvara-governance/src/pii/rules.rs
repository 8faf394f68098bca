//! The table of built-in rules (control-plane.md §10.1), and which of them may begin where.

use std::sync::LazyLock;

use super::cursor::{Cursor, Step};
use super::kind::Kind;
use super::{address, cards, codes, label, network, numbers, person, secrets};

/// The most bytes that any built-in rule waits for before it can tell, so the most that a stream is ever held back by them.
pub const LONGEST_BUILT_IN: usize = secrets::LONGEST_KEY + 256;

/// Looks at a text from one place on; gives where the finding starts and ends.
pub(super) type Find = fn(Cursor<'_>) -> Step<(usize, usize)>;

/// One rule.
pub(super) struct Rule {
    pub(super) kind: Kind,
    /// In hundredths. Where findings overlap, the surest one stands.
    pub(super) confidence: u8,
    pub(super) find: Find,
    /// The bytes it may begin with.
    begins: fn(u8) -> bool,
}

const fn rule(kind: Kind, confidence: u8, begins: fn(u8) -> bool, find: Find) -> Rule {
    Rule {
        kind,
        confidence,
        find,
        begins,
    }
}

fn digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

fn letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic()
}

fn capital(byte: u8) -> bool {
    byte.is_ascii_uppercase()
}

fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

/// Whether a byte is one of some letters, in either case.
macro_rules! any_of {
    ($letters:literal) => {
        |byte| $letters.contains(&byte.to_ascii_lowercase())
    };
}

/// Every rule. What starts inside of a word is no concern of any of them.
static RULES: [Rule; 29] = [
    rule(Kind::Email, 95, |byte| byte == b'@', address::email),
    rule(
        Kind::PhoneNumber,
        90,
        |byte| digit(byte) || matches!(byte, b'+' | b'('),
        numbers::phone_us,
    ),
    rule(
        Kind::PhoneNumber,
        85,
        |byte| byte == b'+',
        numbers::phone_intl,
    ),
    rule(Kind::PhoneNumber, 85, any_of!(b"tpmcfw"), label::phone),
    rule(Kind::Ssn, 90, digit, numbers::ssn),
    rule(Kind::Ssn, 90, any_of!(b"s"), label::ssn),
    rule(Kind::CreditCard, 95, digit, cards::credit_card),
    rule(Kind::DateOfBirth, 80, digit, numbers::date_of_birth),
    rule(Kind::IpAddress, 85, digit, network::ipv4),
    rule(Kind::IpAddress, 85, hex, network::ipv6),
    rule(Kind::PassportNumber, 80, any_of!(b"p"), label::passport),
    rule(
        Kind::DriversLicense,
        75,
        any_of!(b"d"),
        label::drivers_license,
    ),
    // Surer than the sheet has it, since its check digits are verified here: groups of it may look like a card.
    rule(Kind::Iban, 97, letter, codes::iban),
    rule(
        Kind::PersonName,
        70,
        |byte| b"MDP".contains(&byte),
        person::person_name,
    ),
    rule(
        Kind::MedicalRecordNumber,
        85,
        any_of!(b"m"),
        label::medical_record,
    ),
    rule(Kind::DeaNumber, 90, letter, codes::dea),
    rule(Kind::NpiNumber, 90, any_of!(b"n"), label::npi),
    rule(Kind::Aadhaar, 95, digit, numbers::aadhaar),
    rule(Kind::Aadhaar, 95, any_of!(b"a"), label::aadhaar),
    rule(Kind::Pan, 95, capital, codes::pan),
    rule(Kind::UsBankRouting, 90, any_of!(b"ra"), label::bank_routing),
    rule(Kind::Vin, 90, alphanumeric, codes::vin),
    rule(Kind::MacAddress, 90, hex, network::mac),
    rule(Kind::UrlCredentials, 97, letter, address::url_credentials),
    rule(
        Kind::AwsAccessKey,
        97,
        any_of!(b"a"),
        secrets::aws_access_key,
    ),
    rule(
        Kind::PrivateKey,
        99,
        |byte| byte == b'-',
        secrets::private_key,
    ),
    rule(Kind::Jwt, 97, |byte| byte == b'e', secrets::jwt),
    rule(Kind::ApiKey, 96, letter, secrets::api_key),
    // Last, since it is no finding at all: see `scan`.
    rule(
        Kind::Custom,
        100,
        |byte| matches!(byte, b'[' | b'{'),
        super::redact::placeholder_at,
    ),
];

/// For each byte, the rules that may begin with it.
pub(super) struct ByFirst {
    rules: Vec<Vec<&'static Rule>>,
    any: [bool; 256],
}

impl ByFirst {
    /// The rules that may begin with a byte.
    pub(super) fn of(&self, byte: u8) -> &[&'static Rule] {
        &self.rules[usize::from(byte)]
    }

    /// Whether any may.
    pub(super) fn has(&self, byte: u8) -> bool {
        self.any[usize::from(byte)]
    }
}

/// Made once. A rule that begins with a letter or a digit begins where a word does; see `scan`.
pub(super) static BY_FIRST: LazyLock<ByFirst> = LazyLock::new(|| {
    let mut by_first = ByFirst {
        rules: (0..=u8::MAX)
            .map(|byte| RULES.iter().filter(|rule| (rule.begins)(byte)).collect())
            .collect(),
        any: [false; 256],
    };
    for (any, rules) in by_first.any.iter_mut().zip(&by_first.rules) {
        *any = !rules.is_empty();
    }
    by_first
});
