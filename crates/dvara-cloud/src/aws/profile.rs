//! Keys of a profile in the shared credentials file (SDKs and Tools Reference Guide, "Shared config and credentials files").
//!
//! Keys and session tokens are read. Profiles of other kinds (`role_arn`, `sso_session`, `credential_process`) are not followed:
//! they are for people who sit at the machine.

use std::path::Path;

use dvara_crypto::Secret;
use dvara_service::settings::Env;

use super::settings::AwsKeys;
use crate::failure::LoadError;

const DEFAULT: &str = "default";

/// A profile of a file.
#[derive(Debug)]
pub(super) struct Profile {
    path: String,
    name: String,
}

impl Profile {
    /// The profile that the environment names; else the default one, when it is there and has keys.
    pub(super) fn of(env: &Env) -> Option<Self> {
        let path = match (env.get("AWS_SHARED_CREDENTIALS_FILE"), env.get("HOME")) {
            (Some(path), _) => path.to_owned(),
            (None, Some(home)) => Path::new(home)
                .join(".aws/credentials")
                .to_str()?
                .to_owned(),
            (None, None) => "~/.aws/credentials".to_owned(),
        };
        let named = env.get("AWS_PROFILE");
        let profile = Self {
            path,
            name: named.unwrap_or(DEFAULT).to_owned(),
        };
        (named.is_some() || profile.read().is_ok()).then_some(profile)
    }

    /// Reads its keys.
    pub(super) fn read(&self) -> Result<AwsKeys, LoadError> {
        let text = std::fs::read_to_string(&self.path).map_err(|source| LoadError::File {
            what: "shared credentials",
            path: self.path.clone(),
            source,
        })?;
        let text = Secret::new(text);
        keys(text.expose(), &self.name).ok_or_else(|| {
            LoadError::Settings(format!(
                "the profile `{}` of {} has no aws_access_key_id and aws_secret_access_key; profiles of other kinds are not read",
                self.name, self.path
            ))
        })
    }
}

/// The keys of a section. Later lines win over earlier ones, as in AWS' own reader.
fn keys(text: &str, name: &str) -> Option<AwsKeys> {
    let mut inside = false;
    let (mut id, mut secret, mut token) = (None, None, None);
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            let section = header.split(']').next().unwrap_or_default().trim();
            inside = section == name;
        } else if let Some((key, value)) = line.split_once('=')
            && inside
            && !line.starts_with(['#', ';'])
        {
            let value = Some(Secret::new(value.trim().to_owned()));
            match key.trim().to_ascii_lowercase().as_str() {
                "aws_access_key_id" => id = value,
                "aws_secret_access_key" => secret = value,
                "aws_session_token" => token = value,
                _ => {}
            }
        }
    }
    Some(AwsKeys {
        access_key_id: id?,
        secret_access_key: secret?,
        session_token: token,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# ours\n[default]\naws_access_key_id = AKIA1\naws_secret_access_key=a=b/+\n\n\
                        [ dev ]\nAWS_ACCESS_KEY_ID=ASIA2\n;aws_access_key_id=no\naws_secret_access_key = s2\r\naws_session_token= t2 \n\
                        [sso]\nsso_session = x\n";

    fn shown(name: &str) -> Option<[String; 3]> {
        let keys = keys(FILE, name)?;
        let token = keys
            .session_token
            .map_or_else(String::new, |t| t.expose().clone());
        Some([
            keys.access_key_id.expose().clone(),
            keys.secret_access_key.expose().clone(),
            token,
        ])
    }

    #[test]
    fn keys_are_read_from_their_section() {
        let owned = |texts: [&str; 3]| Some(texts.map(str::to_owned));
        assert_eq!(shown("default"), owned(["AKIA1", "a=b/+", ""]));
        assert_eq!(shown("dev"), owned(["ASIA2", "s2", "t2"]));
        assert_eq!(shown("sso"), None);
        assert_eq!(shown("other"), None);
    }

    #[test]
    fn a_profile_that_is_named_must_have_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials");
        std::fs::write(&path, FILE).unwrap();
        let path = path.to_str().unwrap();
        let of = |name: Option<&str>| {
            let mut env = Env::from_pairs([("AWS_SHARED_CREDENTIALS_FILE", path)]);
            if let Some(name) = name {
                env.set("AWS_PROFILE", name);
            }
            Profile::of(&env)
        };
        assert!(of(None).unwrap().read().is_ok());
        let error = of(Some("sso")).unwrap().read().unwrap_err().to_string();
        assert!(error.contains("the profile `sso`"), "{error}");
        let nowhere = Env::from_pairs([("HOME", "/nonexistent")]);
        assert!(Profile::of(&nowhere).is_none());
    }
}
