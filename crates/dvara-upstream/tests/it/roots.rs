//! Whose certificates are trusted.

use dvara_upstream::UpstreamError;

use crate::authority::Authority;
use crate::core::{Setup, answer, chain, on_one_core, origin, refused};
use crate::server::{self, Server};

fn sealed(authority: &Authority) -> Server {
    Server::start_tls(authority.server(&[]), |_, _| server::answer("sealed"))
}

#[test]
fn a_private_authority_is_trusted_only_when_its_bundle_is_given() {
    let authority = Authority::new();
    let server = sealed(&authority);
    let name = server.tls_origin();
    on_one_core(|upstreams| async move {
        let error = refused(&upstreams, &name).await;
        assert!(
            matches!(error, UpstreamError::Certificate { .. }),
            "{error}"
        );
        let text = chain(&error);
        for part in [
            &*name.to_string(),
            "not accepted",
            "CA bundle",
            "UnknownIssuer",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(upstreams.open(), 0);
    });
    let name = server.tls_origin();
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        assert_eq!(answer(&upstreams, &name).await, "sealed");
    });
}

#[test]
fn several_bundles_are_trusted_together_and_another_authority_is_not() {
    let (one, two, other) = (Authority::new(), Authority::new(), Authority::new());
    let servers = [sealed(&one), sealed(&two)];
    let stranger = sealed(&other);
    let mut setup = Setup::trusting(&one.pem);
    setup.roots.add_pem(two.pem.as_bytes()).unwrap();
    setup.run(|upstreams| async move {
        for server in &servers {
            assert_eq!(answer(&upstreams, &server.tls_origin()).await, "sealed");
        }
        let error = refused(&upstreams, &stranger.tls_origin()).await;
        assert!(
            matches!(error, UpstreamError::Certificate { .. }),
            "{error}"
        );
    });
}

#[test]
fn a_certificate_for_another_name_is_refused_without_talk_of_bundles() {
    let authority = Authority::new();
    let server = sealed(&authority);
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        let address = origin(&format!("https://127.0.0.1:{}", server.port()));
        let error = refused(&upstreams, &address).await;
        assert!(
            matches!(error, UpstreamError::Certificate { .. }),
            "{error}"
        );
        let text = chain(&error);
        assert!(text.contains("not valid for name"), "{text}");
        assert!(!text.contains("bundle"), "{text}");
    });
}
