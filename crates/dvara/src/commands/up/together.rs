//! All services in one process: one store, one change feed, one set of cores, three ports.

use std::net::SocketAddr;

use dvara_flightdeck::{Flightdeck, FlightdeckSettings};
use dvara_gateway::{Gateway, GatewayConfig};
use dvara_mcp::{Mcp, McpSettings};
use dvara_service::boot::BootError;
use dvara_service::link::GatewayLink;
use dvara_service::process::{Foundation, ProcessConfig, Running, StartOptions, open_store};
use dvara_service::settings::Loader;
use dvara_store::admin::SeedReport;

use super::UpArgs;

/// The settings of all services.
pub(super) struct Together {
    gateway: GatewayConfig,
    flightdeck: FlightdeckSettings,
    mcp: McpSettings,
}

impl Together {
    /// Reads them; mistakes are noted with the loader.
    pub(super) fn load(loader: &mut Loader) -> Self {
        Self {
            gateway: GatewayConfig::load(loader),
            flightdeck: FlightdeckSettings::load(loader),
            mcp: McpSettings::load(loader),
        }
    }

    /// Starts them all. The ports are bound before the database is touched.
    pub(super) async fn start(
        self,
        args: &UpArgs,
        process: ProcessConfig,
        mut options: StartOptions,
    ) -> Result<(Running, SeedReport), BootError> {
        let at = |port| SocketAddr::new(args.listen, port);
        let background = options.background.clone();
        let gateway = Gateway::prepare(self.gateway, at(args.gateway_port), background)?;
        let flightdeck = Flightdeck::prepare(self.flightdeck, at(args.flightdeck_port))?;
        let mcp = Mcp::prepare(self.mcp, at(args.mcp_port))?;

        let opened = open_store(&process, &mut options).await?;
        let seeded = gateway.seed(&opened.store, &options.licence).await?;
        let foundation = Foundation::lay(process, options, opened, gateway.overlay()).await?;
        let beside = GatewayLink::inside();
        let services = vec![
            gateway.build(&foundation).await?,
            flightdeck.build(&foundation, Some(beside.clone()))?,
            mcp.build(&foundation, Some(beside))?,
        ];
        Ok((foundation.serve(services)?, seeded))
    }
}
