//! The throwaway licence: `dvara gateway` accepts no evaluation licence, and the release keys are not here.
//!
//! The bench makes an Ed25519 key of its own (kept in its target folder, so that a rebuild is not needed each
//! time), builds a binary that trusts it as `test-bench`, and signs a licence with it in the format of the
//! product. No other binary accepts that licence, and release builds refuse `test-*` roots.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use chrono::{Duration, SecondsFormat, Utc};
use serde_json::json;

use super::child::{bytes_of, output_of};

/// The name of the root, in the build variable and in the licence.
const KID: &str = "test-bench";

/// A signing key in a file.
pub(super) struct Root {
    file: PathBuf,
}

impl Root {
    /// The key in `folder`, made if it is not there.
    pub(super) fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join("test-bench.pem");
        if !file.exists() {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
            output_of(
                Command::new("openssl")
                    .args(["genpkey", "-algorithm", "ed25519", "-out"])
                    .arg(&file),
            )?;
            fs::set_permissions(&file, Permissions::from_mode(0o600))?;
        }
        Ok(Self { file })
    }

    /// The value of `DVARA_LICENSE_ROOTS` for a build that trusts this key.
    pub(super) fn build_variable(&self) -> anyhow::Result<String> {
        let mut openssl = Command::new("openssl");
        let document = bytes_of(
            openssl
                .args(["pkey", "-pubout", "-outform", "DER", "-in"])
                .arg(&self.file),
        )?;
        // SubjectPublicKeyInfo of Ed25519 (RFC 8410) ends with the 32 bytes of the key.
        ensure!(document.len() > 32, "openssl gave no public key");
        Ok(format!(
            "{KID}:{}",
            BASE64_STANDARD.encode(&document[document.len() - 32..])
        ))
    }

    /// A licence for a week from yesterday on.
    pub(super) fn licence(&self, folder: &Path) -> anyhow::Result<String> {
        let now = Utc::now();
        let time = |days| (now + Duration::days(days)).to_rfc3339_opts(SecondsFormat::Secs, true);
        let payload = json!({
            "v": 1,
            "kid": KID,
            "license_id": "lic_bench",
            "customer": "Benchmark",
            "plan": "enterprise",
            "features": ["gateway", "flightdeck", "mcp", "multi-region"],
            "issued_at": time(-1),
            "expires_at": time(6),
            "grace_days": 0,
        })
        .to_string();
        let file = folder.join("licence.json");
        fs::write(&file, &payload)?;
        let mut openssl = Command::new("openssl");
        openssl
            .args(["pkeyutl", "-sign", "-rawin", "-inkey"])
            .arg(&self.file)
            .arg("-in")
            .arg(&file);
        let signature = bytes_of(&mut openssl)?;
        ensure!(signature.len() == 64, "openssl gave no Ed25519 signature");
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        Ok(format!(
            "DVARA-{}.{}",
            encode(payload.as_bytes()),
            encode(&signature)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licence_is_signed_with_the_key_that_the_build_trusts() {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::in_folder(folder.path()).unwrap();
        let again = Root::in_folder(folder.path()).unwrap();
        let variable = root.build_variable().unwrap();
        assert_eq!(variable, again.build_variable().unwrap());
        let (kid, key) = variable.split_once(':').unwrap();
        assert_eq!(kid, "test-bench");
        assert_eq!(BASE64_STANDARD.decode(key).unwrap().len(), 32);

        let licence = root.licence(folder.path()).unwrap();
        let (payload, signature) = licence
            .strip_prefix("DVARA-")
            .unwrap()
            .split_once('.')
            .unwrap();
        let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&payload).unwrap()["kid"],
            "test-bench"
        );
        let (message, signed) = (
            folder.path().join("message"),
            folder.path().join("signature"),
        );
        fs::write(&message, &payload).unwrap();
        fs::write(&signed, BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        let verdict = output_of(
            Command::new("openssl")
                .args(["pkeyutl", "-verify", "-rawin", "-inkey"])
                .arg(folder.path().join("test-bench.pem"))
                .arg("-in")
                .arg(message)
                .arg("-sigfile")
                .arg(signed),
        );
        assert!(verdict.unwrap().contains("Verified"));
    }
}
