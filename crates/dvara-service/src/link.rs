//! Whether the gateway answers, for the services beside it. It is asked in the background, so that whoever asks us waits for
//! nobody.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, Url};

use crate::actuator::{Component, Status};
use crate::boot::BootError;
use crate::error_chain;
use crate::ours;
use crate::tasks::Tasks;

/// What of the gateway is asked for: it is a part of the same product, and anybody may.
const ASKED: &str = "actuator/health/liveness";
/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait between two questions.
const PAUSE: Duration = Duration::from_secs(1);

/// Where the gateway is: a base URL that paths are appended to.
#[derive(Clone, PartialEq, Eq)]
pub struct GatewayUrl(Url);

impl GatewayUrl {
    /// Reads the URL of a setting.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("begins neither with http:// nor with https://".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not carry a user or a password".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("must be a base without `?` and `#`".to_owned());
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self(url))
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path()));
        url
    }
}

impl fmt::Debug for GatewayUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str())
    }
}

/// What is known of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Nobody has asked yet.
    Unasked,
    /// It answers.
    Reachable,
    /// It does not, and why.
    Unreachable(String),
}

/// The gateway as another service sees it. Clones see the same.
#[derive(Debug, Clone)]
pub struct GatewayLink(Arc<Mutex<Seen>>);

impl GatewayLink {
    /// A gateway in this very process: it lives as long as whoever asks.
    pub fn inside() -> Self {
        Self(Arc::new(Mutex::new(Seen::Reachable)))
    }

    /// Asks the gateway at a URL from now on.
    ///
    /// # Errors
    /// When there can be no client, such as for want of trusted roots.
    pub fn to(url: &GatewayUrl, tasks: &Tasks) -> Result<Self, BootError> {
        let url = url.at(ASKED);
        let client = ours::client(url.as_str(), PATIENCE)
            .map_err(|error| BootError::failure(format!("the gateway cannot be asked: {error}")))?;
        let link = Self(Arc::new(Mutex::new(Seen::Unasked)));
        let asking = link.clone();
        tasks.until_cancelled("gateway link", async move {
            loop {
                asking.note(ask(&client, &url).await);
                tokio::time::sleep(PAUSE).await;
            }
        });
        Ok(link)
    }

    /// What is known now.
    pub fn seen(&self) -> Seen {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The gateway as a component of a service's health.
    pub fn component(&self, name: &'static str) -> Component {
        match self.seen() {
            Seen::Reachable => Component::new(name, Status::Up),
            Seen::Unasked => Component::new(name, Status::Down).detail("reason", "not asked yet"),
            Seen::Unreachable(reason) => {
                Component::new(name, Status::Down).detail("reason", reason)
            }
        }
    }

    fn note(&self, now: Seen) {
        let before = std::mem::replace(
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            now.clone(),
        );
        match (before, now) {
            (Seen::Unasked | Seen::Unreachable(_), Seen::Reachable) => {
                tracing::info!("the gateway answers");
            }
            (Seen::Unasked | Seen::Reachable, Seen::Unreachable(reason)) => {
                tracing::warn!(reason, "the gateway does not answer");
            }
            _ => {}
        }
    }
}

async fn ask(client: &Client, url: &Url) -> Seen {
    match client.get(url.clone()).send().await {
        Ok(answer) if answer.status().is_success() => Seen::Reachable,
        Ok(answer) => Seen::Unreachable(format!("it answered {}", answer.status().as_u16())),
        Err(error) => Seen::Unreachable(error_chain(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_keeps_its_path_and_what_is_no_base_is_refused() {
        let asked = |text| GatewayUrl::parse(text).map(|url| url.at(ASKED).to_string());
        for (given, expected) in [
            (
                "http://dvara-server:8080",
                "http://dvara-server:8080/actuator/health/liveness",
            ),
            (
                "https://x.example/dvara/",
                "https://x.example/dvara/actuator/health/liveness",
            ),
            (
                "https://x.example/dvara",
                "https://x.example/dvara/actuator/health/liveness",
            ),
        ] {
            assert_eq!(asked(given).as_deref(), Ok(expected));
        }
        for wrong in [
            "dvara-server:8080",
            "ftp://x",
            "http://",
            "http://user:secret@x",
            "http://x/?a=b",
        ] {
            let refused = asked(wrong).unwrap_err();
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
