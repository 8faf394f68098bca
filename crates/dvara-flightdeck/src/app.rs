//! Flightdeck put together. What it shares with the other services is `dvara_service::process`.

use std::net::SocketAddr;

use dvara_service::actuator::Component;
use dvara_service::boot::BootError;
use dvara_service::link::GatewayLink;
use dvara_service::listener::Listener;
use dvara_service::process::{
    Foundation, Kit, ProcessConfig, Running, Service, ServiceView, StartOptions, open_store,
};
use dvara_store::Feed;
use dvara_store::snapshot::Overlay;

use crate::desk::Desk;
use crate::page::StatusPage;
use crate::routes::routes;
use crate::settings::FlightdeckSettings;

/// What a process calls this service.
pub const FLIGHTDECK: &str = "flightdeck";

/// Flightdeck before anything is connected: its port is bound.
pub struct Flightdeck {
    settings: FlightdeckSettings,
    listener: Listener,
}

/// Starts Flightdeck alone. Ready when this returns, as soon as the gateway answers. Call it on the background runtime.
///
/// # Errors
/// When the port or the database cannot be used.
pub async fn start(
    settings: FlightdeckSettings,
    process: ProcessConfig,
    listen: SocketAddr,
    mut options: StartOptions,
) -> Result<Running, BootError> {
    let flightdeck = Flightdeck::prepare(settings, listen)?;
    let opened = open_store(&process, &mut options).await?;
    let foundation = Foundation::lay(process, options, opened, Overlay::default()).await?;
    let service = flightdeck.build(&foundation, None)?;
    foundation.serve(vec![service])
}

impl Flightdeck {
    /// Binds the port, where 0 takes any free one.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn prepare(settings: FlightdeckSettings, listen: SocketAddr) -> Result<Self, BootError> {
        let listener = Listener::open(listen)?;
        Ok(Self { settings, listener })
    }

    /// Builds the service. `beside` is the gateway of the same process, which counts unless the settings name another.
    ///
    /// # Errors
    /// When the gateway of the settings cannot be asked.
    pub fn build(
        self,
        foundation: &Foundation,
        beside: Option<GatewayLink>,
    ) -> Result<Service, BootError> {
        let gateway = self.gateway(foundation, beside)?;
        let kit = Kit::new(foundation);
        let (actuator, fitted) = kit.actuator(view(&foundation.feed, &gateway));
        let page = StatusPage::new(foundation.licence.clone(), gateway);
        let router = routes(page);
        let (background, drain) = (foundation.background.clone(), foundation.drain.clone());
        let desk = move |_core| Desk {
            actuator: actuator.clone(),
            router: router.clone(),
            background: background.clone(),
            drain: drain.clone(),
        };
        Ok(fitted.serve(FLIGHTDECK, self.listener, desk, async { Ok(()) }))
    }

    fn gateway(
        &self,
        foundation: &Foundation,
        beside: Option<GatewayLink>,
    ) -> Result<GatewayLink, BootError> {
        match (beside, &self.settings.gateway) {
            (Some(beside), _) if !self.settings.gateway_is_given => Ok(beside),
            (_, Some(url)) => GatewayLink::to(url, &foundation.tasks),
            (_, None) => Err(BootError::failure(
                "the gateway is not known, and nothing said why",
            )),
        }
    }
}

fn view(feed: &Feed, gateway: &GatewayLink) -> ServiceView {
    let (feed, gateway) = (feed.clone(), gateway.clone());
    let components = move || {
        vec![
            gateway.component("controlPlane"),
            Component::database(feed.counters().up),
        ]
    };
    ServiceView {
        components: Box::new(components),
        status: None,
    }
}
