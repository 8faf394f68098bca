//! Keys, tokens and private keys, by the marks that their issuers give them so that they are found.

use super::cursor::{Cursor, Step, Stop, is_word};

/// Longest token that is read.
pub(super) const LONGEST_TOKEN: usize = 4096;

/// Longest private key that is read: 16,384 bits of RSA in PEM.
pub(super) const LONGEST_KEY: usize = 16 * 1024;

/// An issuer's mark and what follows it.
struct Mark {
    mark: &'static [u8],
    least: usize,
    most: usize,
    signs: fn(u8) -> bool,
}

fn base62(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn dotted(byte: u8) -> bool {
    base64url(byte) || byte == b'.'
}

fn hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

const fn mark(mark: &'static [u8], least: usize, most: usize, signs: fn(u8) -> bool) -> Mark {
    Mark {
        mark,
        least,
        most,
        signs,
    }
}

/// Sorted by nothing but who issues them; a longer mark stands before a shorter one that it starts with.
const MARKS: &[Mark] = &[
    // OpenAI and those who follow it; Anthropic's `sk-ant-` is one of them.
    mark(b"sk-", 20, 200, base64url),
    // Stripe.
    mark(b"sk_live_", 16, 200, base62),
    mark(b"sk_test_", 16, 200, base62),
    mark(b"rk_live_", 16, 200, base62),
    mark(b"whsec_", 24, 100, base62),
    // GitHub and GitLab.
    mark(b"ghp_", 36, 255, base62),
    mark(b"gho_", 36, 255, base62),
    mark(b"ghu_", 36, 255, base62),
    mark(b"ghs_", 36, 255, base62),
    mark(b"ghr_", 36, 255, base62),
    mark(b"github_pat_", 22, 255, |byte| base62(byte) || byte == b'_'),
    mark(b"glpat-", 20, 64, base64url),
    // Slack.
    mark(b"xoxb-", 10, 255, base64url),
    mark(b"xoxp-", 10, 255, base64url),
    mark(b"xoxa-", 10, 255, base64url),
    mark(b"xoxr-", 10, 255, base64url),
    mark(b"xoxs-", 10, 255, base64url),
    mark(b"xapp-", 10, 255, base64url),
    // Google: API keys, access tokens, client secrets.
    mark(b"AIza", 35, 35, base64url),
    mark(b"ya29.", 20, 1024, base64url),
    mark(b"GOCSPX-", 28, 28, base64url),
    // Model vendors and hubs.
    mark(b"hf_", 30, 64, base62),
    mark(b"gsk_", 40, 64, base62),
    mark(b"xai-", 40, 128, base62),
    mark(b"r8_", 37, 37, base62),
    mark(b"pplx-", 40, 64, base62),
    mark(b"nvapi-", 40, 128, base64url),
    // Registries, clouds, mail, vaults, shops.
    mark(b"npm_", 36, 36, base62),
    mark(b"pypi-AgE", 50, 512, base64url),
    mark(b"dop_v1_", 64, 64, hex),
    mark(b"SG.", 60, 80, dotted),
    mark(b"hvs.", 24, 255, base64url),
    mark(b"shpat_", 32, 32, hex),
    mark(b"dckr_pat_", 27, 64, base64url),
    mark(b"lin_api_", 40, 64, base62),
    // Ours.
    mark(b"gw_", 40, 40, hex),
];

/// For each byte that a mark begins with, a bit for each byte that follows in one.
static SECOND_BYTES: [u128; 128] = {
    let mut bytes = [0; 128];
    let mut at = 0;
    while at < MARKS.len() {
        let mark = MARKS[at].mark;
        bytes[mark[0] as usize] |= 1 << mark[1];
        at += 1;
    }
    bytes
};

/// A key that some vendor issued.
pub(super) fn api_key(cursor: Cursor<'_>) -> Step<(usize, usize)> {
    begins_alone(&cursor)?;
    let first = cursor
        .peek()?
        .map_or(0, |byte| SECOND_BYTES[usize::from(byte & 127)]);
    // Most words are done with here. The text may end before the second byte.
    if first == 0
        || cursor
            .ahead(1)?
            .is_none_or(|byte| first >> (byte & 127) & 1 == 0)
    {
        return Err(Stop::No);
    }
    for mark in MARKS {
        match issued(cursor, mark) {
            Err(Stop::No) => {}
            found => return found,
        }
    }
    Err(Stop::No)
}

fn issued(mut cursor: Cursor<'_>, mark: &Mark) -> Step<(usize, usize)> {
    let start = cursor.at;
    for letter in mark.mark {
        cursor.take(|byte| byte == *letter)?;
    }
    let rest = cursor.run(mark.most, mark.signs)?;
    cursor.ends(is_word)?;
    let has = |of_kind: fn(&u8) -> bool| rest.iter().any(of_kind);
    // `sk-` also begins words joined by dashes, which have no digits: `sk-learn-contrib-something-long`.
    let drawn = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
        || mark.mark != b"sk-" && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    if rest.len() < mark.least || !drawn {
        return Err(Stop::No);
    }
    Ok((start, cursor.at))
}

/// An access key id of Amazon (`AKIA…`, `ASIA…`), or a secret access key behind its name.
pub(super) fn aws_access_key(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    let start = cursor.at;
    if cursor.peek()? != Some(b'A') {
        return aws_secret(cursor);
    }
    let kind = cursor.exactly(4, |byte| byte.is_ascii_uppercase())?;
    let known: [&[u8]; 8] = [
        b"AKIA", b"ASIA", b"AGPA", b"AIDA", b"AROA", b"AIPA", b"ANPA", b"ANVA",
    ];
    if !known.contains(&kind) {
        return Err(Stop::No);
    }
    cursor.exactly(16, |byte| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit()
    })?;
    cursor.ends(is_word)?;
    Ok((start, cursor.at))
}

/// `aws_secret_access_key = …`: forty signs of base64.
fn aws_secret(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    cursor.word(b"aws_secret_access_key")?;
    cursor.run(6, |byte| matches!(byte, b' ' | b'=' | b':' | b'"' | b'\''))?;
    let start = cursor.at;
    let signs = |byte: u8| base62(byte) || matches!(byte, b'/' | b'+');
    cursor.exactly(40, signs)?;
    cursor.ends(signs)?;
    Ok((start, cursor.at))
}

/// A JSON web token (RFC 7519): three parts, the first two of them JSON objects.
pub(super) fn jwt(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    begins_alone(&cursor)?;
    let start = cursor.at;
    cursor.take(|byte| byte == b'e')?;
    cursor.take(|byte| byte == b'y')?;
    cursor.take(|byte| byte == b'J')?;
    cursor.run(1024, base64url)?;
    cursor.take(|byte| byte == b'.')?;
    cursor.take(|byte| byte == b'e')?;
    cursor.take(|byte| byte == b'y')?;
    cursor.run(2 * LONGEST_TOKEN, base64url)?;
    cursor.take(|byte| byte == b'.')?;
    let signature = cursor.run(1024, base64url)?;
    cursor.ends(is_word)?;
    if signature.len() < 16 {
        Err(Stop::No)
    } else {
        Ok((start, cursor.at))
    }
}

/// A private key in PEM (RFC 7468), from its first dash to its last; without its end as far as it goes.
pub(super) fn private_key(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    if cursor.before() == Some(b'-') {
        return Err(Stop::No);
    }
    let start = cursor.at;
    cursor.word(b"-----BEGIN ")?;
    let kind = cursor.run(40, |byte| byte.is_ascii_uppercase() || byte == b' ')?;
    let private = kind.ends_with(b"PRIVATE KEY") || kind.ends_with(b"PRIVATE KEY BLOCK");
    if !private {
        return Err(Stop::No);
    }
    cursor.word(b"-----")?;
    let body = cursor.run(LONGEST_KEY, |byte| {
        base62(byte) || b"+/= \r\n\t\\:,.".contains(&byte)
    })?;
    if body.len() < 32 {
        return Err(Stop::No);
    }
    let end = cursor.at;
    Ok((start, closing(cursor)?.unwrap_or(end)))
}

/// Behind the line that ends a key, when it stands here.
fn closing(mut cursor: Cursor<'_>) -> Step<Option<usize>> {
    if let Err(stop) = cursor.word(b"-----END ") {
        return if stop == Stop::No {
            Ok(None)
        } else {
            Err(stop)
        };
    }
    cursor.run(40, |byte| byte.is_ascii_uppercase() || byte == b' ')?;
    cursor.run(5, |byte| byte == b'-')?;
    Ok(Some(cursor.at))
}

/// That a token is no end of a longer one.
fn begins_alone(cursor: &Cursor<'_>) -> Step<()> {
    match cursor.before() {
        Some(byte) if base64url(byte) || byte == b'.' => Err(Stop::No),
        _ => Ok(()),
    }
}
