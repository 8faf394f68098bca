//! Where credentials come from: which source there is, in the order of AWS' own SDKs, and asking it.

use dvara_crypto::Secret;
use dvara_service::settings::Env;

use super::container::Container;
use super::credentials::AwsCredentials;
use super::instance::Instance;
use super::profile::Profile;
use super::region::Region;
use super::settings::{AwsKeys, AwsSettings};
use super::web_identity::WebIdentity;
use crate::calls::Calls;
use crate::failure::LoadError;
use crate::keeper::{Issued, Issuer};

/// A source, chosen once: the environment of a process does not change.
#[derive(Debug)]
pub(super) enum Source {
    /// Keys that were set here.
    Keys(&'static str, AwsKeys),
    Profile(Profile),
    WebIdentity(WebIdentity),
    Container(Container),
    Instance(Instance),
    /// What is set makes no sense. The text says what to do.
    Unusable(&'static str, String),
}

impl Source {
    pub(super) fn choose(settings: AwsSettings) -> Self {
        let env = &settings.environment;
        if let Some(keys) = settings.keys {
            return Self::Keys("settings", keys);
        }
        Self::of_environment(env)
            .or_else(|| Profile::of(env).map(Self::Profile))
            .or_else(|| Self::of_web_identity(env, &settings.region))
            .or_else(|| Self::of_container(env))
            .unwrap_or_else(|| Self::of_instance(env))
    }

    fn of_environment(env: &Env) -> Option<Self> {
        const FROM: &str = "environment";
        let secret = |name| env.get(name).map(|value| Secret::new(value.to_owned()));
        match (secret("AWS_ACCESS_KEY_ID"), secret("AWS_SECRET_ACCESS_KEY")) {
            (Some(access_key_id), Some(secret_access_key)) => {
                let keys = AwsKeys {
                    access_key_id,
                    secret_access_key,
                    session_token: secret("AWS_SESSION_TOKEN"),
                };
                Some(Self::Keys(FROM, keys))
            }
            (None, None) => None,
            (Some(_), None) => Some(Self::half(
                FROM,
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
            )),
            (None, Some(_)) => Some(Self::half(
                FROM,
                "AWS_SECRET_ACCESS_KEY",
                "AWS_ACCESS_KEY_ID",
            )),
        }
    }

    fn of_web_identity(env: &Env, region: &Region) -> Option<Self> {
        const FROM: &str = "web identity";
        let (file, role) = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN");
        match (env.get(file), env.get(role)) {
            (Some(path), Some(arn)) => {
                Some(Self::WebIdentity(WebIdentity::new(path, arn, env, region)))
            }
            (Some(_), None) => Some(Self::half(FROM, file, role)),
            // A role alone is a setting of other tools too.
            (None, _) => None,
        }
    }

    fn of_container(env: &Env) -> Option<Self> {
        match Container::of(env)? {
            Ok(container) => Some(Self::Container(container)),
            Err(reason) => Some(Self::Unusable("container", reason)),
        }
    }

    fn of_instance(env: &Env) -> Self {
        Instance::of(env).map_or_else(
            || {
                let what = "nothing is set, and AWS_EC2_METADATA_DISABLED forbids to ask the instance: set keys, \
                            or give the pod a role (IRSA or Pod Identity)";
                Self::Unusable("nowhere", what.to_owned())
            },
            Self::Instance,
        )
    }

    fn half(from: &'static str, set: &str, missing: &str) -> Self {
        Self::Unusable(from, format!("{set} is set and {missing} is not: set both"))
    }

    pub(super) fn in_words(&self) -> &'static str {
        match self {
            Self::Keys(from, _) | Self::Unusable(from, _) => from,
            Self::Profile(_) => "profile",
            Self::WebIdentity(_) => "web identity",
            Self::Container(_) => "container",
            Self::Instance(_) => "instance role",
        }
    }

    /// Credentials that need no loading.
    pub(super) fn for_ever(&self) -> Option<AwsCredentials> {
        match self {
            Self::Keys(_, keys) => AwsCredentials::new(keys).ok(),
            Self::Profile(_)
            | Self::WebIdentity(_)
            | Self::Container(_)
            | Self::Instance(_)
            | Self::Unusable(..) => None,
        }
    }
}

impl Issuer for Source {
    type Credentials = AwsCredentials;
    const CLOUD: &'static str = "AWS";

    fn from(&self) -> &'static str {
        self.in_words()
    }

    async fn issue(&self, calls: &Calls) -> Result<Issued<AwsCredentials>, LoadError> {
        match self {
            // Only keys that cannot be right come here, over and over: the log says so once, and requests each time.
            Self::Keys(from, keys) => lasting(&format!("the keys of the {from}"), keys),
            Self::Profile(profile) => lasting("the profile", &profile.read()?),
            Self::WebIdentity(identity) => identity.issue(calls).await,
            Self::Container(container) => container.issue(calls).await,
            Self::Instance(instance) => instance.issue(calls).await,
            Self::Unusable(_, reason) => Err(LoadError::Settings(reason.clone())),
        }
    }
}

fn lasting(whose: &str, keys: &AwsKeys) -> Result<Issued<AwsCredentials>, LoadError> {
    let credentials = AwsCredentials::new(keys)
        .map_err(|error| LoadError::Settings(format!("{whose} cannot be used: {error}")))?;
    Ok(Issued {
        credentials,
        expires: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: [(&str, &str); 2] = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r"),
    ];
    const CONTAINER: (&str, &str) = (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "http://169.254.170.23/v1/credentials",
    );
    const KEYS: [(&str, &str); 2] = [
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "s3cret"),
    ];

    fn choose(pairs: &[(&str, &str)]) -> Source {
        Source::choose(AwsSettings {
            region: Region::parse("eu-central-1").unwrap(),
            keys: None,
            environment: Env::from_pairs(pairs.iter().copied()),
        })
    }

    #[test]
    fn the_first_source_that_is_set_is_taken() {
        let all = [KEYS[0], KEYS[1], WEB[0], WEB[1], CONTAINER];
        assert_eq!(choose(&all).in_words(), "environment");
        assert_eq!(choose(&all[2..]).in_words(), "web identity");
        assert_eq!(choose(&all[4..]).in_words(), "container");
        assert_eq!(choose(&[]).in_words(), "instance role");
        let named = [("AWS_PROFILE", "x"), WEB[0], WEB[1]];
        assert_eq!(choose(&named).in_words(), "profile");
    }

    #[test]
    fn what_is_set_by_half_is_refused_with_the_other_half() {
        for (pair, missing) in [
            (KEYS[0], "AWS_SECRET_ACCESS_KEY is not"),
            (KEYS[1], "AWS_ACCESS_KEY_ID is not"),
            (WEB[0], "AWS_ROLE_ARN is not"),
        ] {
            let Source::Unusable(_, reason) = choose(&[pair]) else {
                panic!("{pair:?} is taken")
            };
            assert!(reason.contains(missing), "{reason}");
            assert!(!reason.contains("s3cret"), "{reason}");
        }
        assert_eq!(choose(&[WEB[1]]).in_words(), "instance role");
    }

    #[test]
    fn without_a_source_the_refusal_says_what_to_set() {
        let Source::Unusable(_, reason) = choose(&[("AWS_EC2_METADATA_DISABLED", "TRUE")]) else {
            panic!("something is taken")
        };
        assert!(reason.contains("set keys"), "{reason}");
    }
}
