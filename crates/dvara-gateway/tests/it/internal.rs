//! `/internal/*`: closed to everybody but DVARA's own services (S76).

use crate::harness::{ACTUATOR_KEY, Setup, TestGateway, error_code};

const SECRET: &str = "the-secret-of-our-own-services";
const PATHS: [&str; 4] = ["/internal", "/internal/", "/internal/keys", "/internal/a/b"];

async fn ask(gateway: &TestGateway, path: &str, token: Option<&str>) -> (u16, String) {
    let mut request = gateway.get(path);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    error_code(request.send().await.unwrap()).await
}

fn refused() -> (u16, String) {
    (401, "internal_secret_required".to_owned())
}

fn nowhere() -> (u16, String) {
    (404, "not_found".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_and_nothing_else_opens_internal_paths() {
    let gateway = Setup::new()
        .env("DVARA_INTERNAL_SECRET", SECRET)
        .start()
        .await;
    let keys = [
        gateway.key.clone(),
        ACTUATOR_KEY.to_owned(),
        format!("{SECRET}x"),
    ];
    for path in PATHS {
        assert_eq!(ask(&gateway, path, None).await, refused(), "{path}");
        for key in &keys {
            assert_eq!(ask(&gateway, path, Some(key)).await, refused(), "{path}");
        }
        // Only who knows the secret is told that nothing lives there.
        assert_eq!(ask(&gateway, path, Some(SECRET)).await, nowhere(), "{path}");
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_secret_nothing_opens_them() {
    for unset in [None, Some("  ")] {
        let setup = Setup::new();
        let setup = match unset {
            Some(blank) => setup.env("DVARA_INTERNAL_SECRET", blank),
            None => setup,
        };
        let gateway = setup.start().await;
        for path in PATHS {
            for token in [None, Some(SECRET), Some("")] {
                assert_eq!(ask(&gateway, path, token).await, refused(), "{path}");
            }
        }
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standalone_gateway_has_no_such_paths() {
    let gateway = Setup::new()
        .env("DVARA_LLM_GATEWAY_MODE", "standalone")
        .env("DVARA_INTERNAL_SECRET", SECRET)
        .start()
        .await;
    for path in PATHS {
        for token in [None, Some(SECRET), Some("other")] {
            assert_eq!(ask(&gateway, path, token).await, nowhere(), "{path}");
        }
    }
    gateway.finish().await;
}
