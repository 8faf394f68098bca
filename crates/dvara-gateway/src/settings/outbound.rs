//! The way out to vendors: whose certificates are trusted, which proxy stands between, which protocols are offered.

use std::fs;

use dvara_service::settings::{Loader, Problem, Property};
use dvara_upstream::{NoProxy, Outbound, Proxies, Proxy, Resolver, Roots, TlsClient, TlsSetup};
use tokio::runtime::Handle;

use super::properties as known;

/// What calls to vendors go out with. PostgreSQL and telemetry have their own.
#[derive(Debug, Clone)]
pub(crate) struct OutboundSettings {
    roots: Roots,
    proxies: Proxies,
    http2: bool,
}

impl OutboundSettings {
    /// Reads and checks them, bundles included; mistakes are collected in the loader.
    pub(super) fn load(loader: &mut Loader) -> Self {
        Self {
            roots: roots(loader),
            proxies: proxies(loader),
            http2: loader.flag(&known::HTTP2),
        }
    }

    /// Makes the ways out ready for every core. Names are resolved on `background`.
    ///
    /// # Errors
    /// When the TLS library refuses its own defaults.
    pub(crate) fn build(&self, background: Handle) -> Result<Outbound, TlsSetup> {
        for (scheme, proxy) in [("http", &self.proxies.http), ("https", &self.proxies.https)] {
            if let Some(proxy) = proxy {
                tracing::info!(%proxy, scheme, "calls to vendors go through a proxy");
            }
        }
        Ok(Outbound {
            resolver: Resolver::new(background),
            tls: TlsClient::new(self.roots.clone(), self.http2)?,
            proxies: self.proxies.clone(),
        })
    }
}

fn roots(loader: &mut Loader) -> Roots {
    let mut roots = Roots::default();
    for path in loader.list(&known::CA_BUNDLE) {
        let added = match fs::read(&path) {
            Ok(pem) => roots.add_pem(&pem).map_err(|error| error.to_string()),
            Err(error) => Err(format!("cannot be read: {error}")),
        };
        if let Err(reason) = added {
            let place = known::CA_BUNDLE.path;
            loader.refuse(
                Problem::new(format!("{place}: the file {path} {reason}"))
                    .fix("name files of certificates in PEM form, separated by commas"),
            );
        }
    }
    roots
}

fn proxies(loader: &mut Loader) -> Proxies {
    let every = proxy(loader, &known::PROXY_URL);
    let https = proxy(loader, &known::HTTPS_PROXY_URL);
    let http = proxy(loader, &known::HTTP_PROXY_URL);
    let rest = proxy(loader, &known::ALL_PROXY_URL);
    let (except, strange) = NoProxy::parse(&loader.text(&known::NO_PROXY));
    for entry in strange {
        let place = known::NO_PROXY.path;
        loader.warn(format!(
            "{place}: `{entry}` is no host, address or range; it has no effect"
        ));
    }
    Proxies {
        http: every.clone().or(http).or_else(|| rest.clone()),
        https: every.or(https).or(rest),
        except,
    }
}

fn proxy(loader: &mut Loader, property: &Property) -> Option<Proxy> {
    loader.read(property, |text| {
        Proxy::parse(text).map_err(|error| error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use dvara_service::settings::Env;
    use dvara_upstream::Origin;

    use super::*;
    use crate::settings::PROPERTIES;

    fn load(pairs: &[(&str, &str)]) -> (OutboundSettings, Loader) {
        let env = Env::from_pairs(pairs.iter().copied());
        let mut loader = Loader::new(env, &[PROPERTIES]);
        let settings = OutboundSettings::load(&mut loader);
        (settings, loader)
    }

    fn refusals(loader: Loader) -> String {
        let problems = loader.finish().err().unwrap();
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        texts.join("\n")
    }

    fn through(settings: &OutboundSettings, url: &str) -> Option<String> {
        let (origin, _) = Origin::of_base_url(url).unwrap();
        settings.proxies.of(&origin).map(ToString::to_string)
    }

    #[test]
    fn without_settings_vendors_are_called_directly_over_http2() {
        let (settings, loader) = load(&[]);
        assert!(settings.http2);
        assert_eq!(through(&settings, "https://api.openai.com"), None);
        assert!(loader.finish().is_ok());
        let (settings, _) = load(&[("DVARA_LLM_GATEWAY_UPSTREAM_HTTP2", "false")]);
        assert!(!settings.http2);
    }

    #[test]
    fn the_usual_variables_are_honoured_in_both_cases() {
        for [https, http, all, no] in [
            ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"],
            ["https_proxy", "http_proxy", "all_proxy", "no_proxy"],
        ] {
            let (settings, _) = load(&[(https, "http://s:1"), (http, "p:2"), (no, "10.0.0.0/8,x")]);
            let shown = |url| through(&settings, url);
            assert_eq!(shown("https://v").as_deref(), Some("http://s:1"));
            assert_eq!(shown("http://v").as_deref(), Some("http://p:2"));
            assert_eq!(shown("http://x"), None);
            assert_eq!(shown("http://10.1.2.3"), None);
            let (settings, _) = load(&[(all, "a:3"), (http, "p:2")]);
            let shown = |url| through(&settings, url);
            assert_eq!(shown("https://v").as_deref(), Some("http://a:3"));
            assert_eq!(shown("http://v").as_deref(), Some("http://p:2"));
        }
    }

    #[test]
    fn our_own_property_wins_over_the_usual_variables() {
        let (settings, _) = load(&[
            ("DVARA_OUTBOUND_PROXY_URL", "https://ours"),
            ("HTTPS_PROXY", "s:1"),
            ("ALL_PROXY", "a:3"),
            ("DVARA_OUTBOUND_NO_PROXY", "x"),
        ]);
        for url in ["https://v", "http://v"] {
            assert_eq!(through(&settings, url).as_deref(), Some("https://ours:443"));
        }
        assert_eq!(through(&settings, "https://x"), None);
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_without_its_password() {
        let (_, loader) = load(&[("HTTPS_PROXY", "socks5://operator:hunter2@proxy:1080")]);
        let text = refusals(loader);
        assert!(
            text.contains("dvara.outbound.https-proxy-url (environment HTTPS_PROXY)"),
            "{text}"
        );
        assert!(text.contains("http:// or https://"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_proxy_is_explained_without_its_credentials() {
        let (settings, loader) = load(&[
            (
                "DVARA_OUTBOUND_PROXY_URL",
                "http://operator:hunter2@proxy:1",
            ),
            ("http_proxy", "operator:hunter2@proxy:2"),
            ("HTTPS_PROXY", "operator:hunter2@proxy:3"),
            ("https_proxy", "operator:hunter3@proxy:3"),
            ("all_proxy", "operator:hunter2@proxy:4"),
        ]);
        assert_eq!(
            through(&settings, "http://v").as_deref(),
            Some("http://proxy:1")
        );
        let warnings = loader.warnings().join("\n");
        assert!(warnings.contains("https_proxy is ignored"), "{warnings}");
        let shown = format!("{settings:?}\n{warnings}\n{:?}", loader.explained());
        for secret in ["hunter", "operator"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn an_exception_that_can_match_nothing_is_warned_of() {
        let (_, loader) = load(&[("NO_PROXY", "fine.example,10.*")]);
        let warnings = loader.warnings().join("\n");
        assert!(warnings.contains("`10.*` is no host"), "{warnings}");
        assert!(!warnings.contains("fine.example"), "{warnings}");
    }

    #[test]
    fn every_bundle_is_read_and_a_broken_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let (empty, broken) = (file("empty.pem", "nothing"), file("broken.pem", broken));
        let missing = format!("{}/missing.pem", folder.path().display());
        let (_, loader) = load(&[(
            "DVARA_LLM_GATEWAY_OUTBOUND_CA_BUNDLE",
            &format!("{empty}, {broken},{missing}"),
        )]);
        let text = refusals(loader);
        for part in [
            format!("dvara.llm-gateway.outbound.ca-bundle: the file {empty} holds no certificate"),
            format!("the file {broken} cannot be used: certificate 1"),
            format!("the file {missing} cannot be read: No such file"),
            "separated by commas".to_owned(),
        ] {
            assert!(text.contains(&part), "{text}");
        }
    }
}
