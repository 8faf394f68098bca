//! The database away and back.

use dvara_service::drain::DrainTiming;
use dvara_testkit::eventually;

use crate::harness::TestMcp;

async fn readiness_becomes(mcp: &TestMcp, status: u16) {
    eventually("readiness follows the configuration's age", async || {
        (mcp.status("/actuator/health/readiness").await == status).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_configuration_serves_until_it_is_too_old_and_longer() {
    let short = [
        ("DVARA_CONFIG_MAX_STALENESS", "1s"),
        ("DVARA_CONFIG_POLL_INTERVAL_MS", "50"),
    ];
    let mcp = TestMcp::start_with(&short, DrainTiming::immediate()).await;
    mcp.database.cut().await;
    readiness_becomes(&mcp, 503).await;
    // No new traffic is wanted; who comes all the same is known and served.
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    assert_eq!(mcp.rpc("/mcp", &mcp.key, call).await.status, 200);
    assert_eq!(mcp.status("/actuator/health/liveness").await, 200);
    mcp.database.restore().await;
    readiness_becomes(&mcp, 200).await;
    mcp.finish().await;
}
