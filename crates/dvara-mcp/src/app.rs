//! The MCP plane put together. What it shares with the other services is `dvara_service::process`.

use std::net::SocketAddr;

use dvara_service::actuator::{Component, Status};
use dvara_service::boot::BootError;
use dvara_service::link::GatewayLink;
use dvara_service::listener::Listener;
use dvara_service::process::{
    Foundation, Kit, ProcessConfig, Running, Service, ServiceView, StartOptions, open_store,
};
use dvara_store::Feed;
use dvara_store::snapshot::Overlay;

use crate::core::Core;
use crate::metrics::Metrics;
use crate::settings::McpSettings;

/// What a process calls this service.
pub const MCP: &str = "mcp";

/// The MCP plane before anything is connected: its port is bound.
pub struct Mcp {
    settings: McpSettings,
    listener: Listener,
}

/// Starts an MCP plane alone. Ready when this returns. Call it on the background runtime.
///
/// # Errors
/// When the port or the database cannot be used.
pub async fn start(
    settings: McpSettings,
    process: ProcessConfig,
    listen: SocketAddr,
    mut options: StartOptions,
) -> Result<Running, BootError> {
    let mcp = Mcp::prepare(settings, listen)?;
    let opened = open_store(&process, &mut options).await?;
    let foundation = Foundation::lay(process, options, opened, Overlay::default()).await?;
    let service = mcp.build(&foundation, None)?;
    foundation.serve(vec![service])
}

impl Mcp {
    /// Binds the port, where 0 takes any free one.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn prepare(settings: McpSettings, listen: SocketAddr) -> Result<Self, BootError> {
        let listener = Listener::open(listen)?;
        Ok(Self { settings, listener })
    }

    /// Builds the service. `beside` is the gateway of the same process, which is shown unless the settings name another.
    ///
    /// # Errors
    /// When the gateway of the settings cannot be asked.
    pub fn build(
        self,
        foundation: &Foundation,
        beside: Option<GatewayLink>,
    ) -> Result<Service, BootError> {
        let gateway = match &self.settings.gateway {
            Some(url) => Some(GatewayLink::to(url, &foundation.tasks)?),
            None => beside,
        };
        let mut kit = Kit::new(foundation);
        let metrics = Metrics::register(kit.registry());
        let (actuator, fitted) = kit.actuator(view(&foundation.feed, gateway));
        let (feed, drain) = (foundation.feed.clone(), foundation.drain.clone());
        let body = self.settings.body;
        let core = move |_core| Core {
            actuator: actuator.clone(),
            feed: feed.clone(),
            body,
            drain: drain.clone(),
            metrics: metrics.clone(),
        };
        Ok(fitted.serve(MCP, self.listener, core, async { Ok(()) }))
    }
}

fn view(feed: &Feed, gateway: Option<GatewayLink>) -> ServiceView {
    let feed = feed.clone();
    let components = move || {
        let mut components = vec![Component::database(feed.counters().up)];
        components.extend(gateway.as_ref().map(llm_gateway));
        components
    };
    ServiceView {
        components: Box::new(components),
        status: None,
    }
}

/// The gateway is worth knowing of and not needed: the plane serves without it.
fn llm_gateway(link: &GatewayLink) -> Component {
    let mut component = link.component("llmGateway").aside();
    if component.status == Status::Down {
        component.status = Status::Unknown;
    }
    component
}
