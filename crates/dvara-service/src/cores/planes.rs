//! What the cores of a process serve: the planes of its services, side by side, each with connections of its own.
//!
//! Which plane a connection belongs to is settled by the listener that it came through. From there on everything is typed
//! again, so a request costs the same whether one plane is served or three.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use super::connection::Connections;
use super::limits::HttpLimits;
use super::load::CoreLoad;
use super::{Arrival, CoreId, Plane};
use crate::drain::Drain;

/// The planes of a process, before there are cores.
#[derive(Clone, Default)]
pub struct Planes {
    makers: Vec<MakeFloor>,
}

/// One of a process's planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaneId(pub(super) usize);

/// Makes one plane on one core.
type MakeFloor = Arc<dyn Fn(CoreId, &Site) -> Box<dyn Floor> + Send + Sync>;

/// What the planes of one core have in common.
pub(super) struct Site {
    pub(super) load: Arc<CoreLoad>,
    pub(super) drain: Drain,
    pub(super) limits: HttpLimits,
}

/// One plane on one core, with its connections.
pub(super) trait Floor {
    /// Serves a connection until either side closes it.
    fn serve(&self, arrival: Arrival);

    /// Resolves when no connection is left.
    fn all_ended(&self) -> Pin<Box<dyn Future<Output = ()> + '_>>;

    /// Has the plane hand over what it still holds.
    fn finish(&self) -> Pin<Box<dyn Future<Output = ()> + '_>>;
}

impl Planes {
    /// Adds a plane; `make` runs on each core's thread and makes what answers there.
    pub fn add<P, F>(&mut self, make: F) -> PlaneId
    where
        P: Plane,
        F: Fn(CoreId) -> P + Send + Sync + 'static,
    {
        self.makers.push(Arc::new(move |core, site| {
            let plane = Rc::new(make(core));
            let connections = Connections::new(
                plane.clone(),
                site.load.clone(),
                site.drain.clone(),
                site.limits,
            );
            Box::new(Serving { plane, connections })
        }));
        PlaneId(self.makers.len() - 1)
    }

    pub(super) fn make(&self, core: CoreId, site: &Site) -> Vec<Box<dyn Floor>> {
        self.makers.iter().map(|make| make(core, site)).collect()
    }
}

struct Serving<P> {
    plane: Rc<P>,
    connections: Connections<P>,
}

impl<P: Plane> Floor for Serving<P> {
    fn serve(&self, arrival: Arrival) {
        self.connections.serve(arrival);
    }

    fn all_ended(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(self.connections.all_ended())
    }

    fn finish(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(self.plane.clone().finish())
    }
}
