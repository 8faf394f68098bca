//! The example of RFC 7515, appendix A.2. Signing is deterministic, so there is one right answer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dvara_crypto::rs256::RsaKey;
use serde::Deserialize;

const SAMPLE: &str = include_str!("../frozen/rs256.json");

#[derive(Deserialize)]
struct Sample {
    pkcs8: String,
    pkcs1: String,
    message: String,
    signature: String,
}

fn pem(label: &str, base64: &str) -> String {
    format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
}

#[test]
fn a_key_in_either_encoding_signs_as_the_rfc_does() {
    let sample: Sample = serde_json::from_str(SAMPLE).unwrap();
    for text in [
        pem("PRIVATE KEY", &sample.pkcs8),
        pem("RSA PRIVATE KEY", &sample.pkcs1),
        pem("PRIVATE KEY", &sample.pkcs8).replace('\n', "\r\n"),
    ] {
        let key = RsaKey::from_pem(&text).unwrap();
        let signature = key.sign(sample.message.as_bytes());
        assert_eq!(URL_SAFE_NO_PAD.encode(signature), sample.signature);
        assert_eq!(format!("{key:?}"), "RsaKey(2048 bits)");
    }
}

#[test]
fn a_key_under_the_wrong_name_or_cut_off_is_refused() {
    let sample: Sample = serde_json::from_str(SAMPLE).unwrap();
    let cut = &sample.pkcs8[..sample.pkcs8.len() - 8];
    for text in [
        pem("RSA PRIVATE KEY", &sample.pkcs8),
        pem("PRIVATE KEY", cut),
        pem("ENCRYPTED PRIVATE KEY", &sample.pkcs8),
        pem("PUBLIC KEY", &sample.pkcs8),
    ] {
        assert!(RsaKey::from_pem(&text).is_err());
    }
}
