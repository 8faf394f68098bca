//! Services that are served, and their end.

use std::net::SocketAddr;
use std::time::Duration;

use dvara_store::Store;

use super::kit::LastWork;
use super::{Foundation, Service, boot_failure};
use crate::boot::BootError;
use crate::cores::{Cores, Planes};
use crate::drain::{Drain, DrainTiming};
use crate::listener::Accepting;
use crate::readiness::Readiness;
use crate::tasks::{TaskFailure, Tasks};

/// How long the background parts may take to end once nothing needs them any more.
const TASKS: Duration = Duration::from_millis(500);

/// The services of a process, serving.
pub struct Running {
    scheme: &'static str,
    doors: Vec<Door>,
    cores: Cores,
    drain: Drain,
    timing: DrainTiming,
    tasks: Tasks,
    store: Store,
}

/// One service's way in, and what is to be done when it has closed.
struct Door {
    name: &'static str,
    accepting: Accepting,
    readiness: Readiness,
    last: LastWork,
}

impl Foundation {
    /// Starts the cores and opens the doors of all services. They are ready when this returns, as far as it is theirs to be.
    ///
    /// # Errors
    /// When there are no threads to be had.
    pub fn serve(self, services: Vec<Service>) -> Result<Running, BootError> {
        let mut planes = Planes::default();
        let (adding, waiting): (Vec<_>, Vec<_>) = services.into_iter().map(Service::split).unzip();
        let ids: Vec<_> = adding.into_iter().map(|add| add(&mut planes)).collect();
        let (count, listening) = (self.config.cores(), &self.config.common.listening);
        let cores =
            Cores::start(count, listening.limits, &self.drain, &planes).map_err(boot_failure)?;
        let mut doors = Vec::with_capacity(ids.len());
        for (plane, waiting) in ids.into_iter().zip(waiting) {
            waiting.pulse.set(cores.pulse());
            waiting.load.show(&cores);
            let accepting = waiting
                .listener
                .accept_for(cores.dispatcher(plane), listening.tls.clone())
                .map_err(boot_failure)?;
            drop(waiting.starting);
            let address = accepting.address();
            tracing::info!(%address, cores = count, "{} is serving", waiting.name);
            doors.push(Door {
                name: waiting.name,
                accepting,
                readiness: waiting.readiness,
                last: waiting.last,
            });
        }
        Ok(Running {
            scheme: listening.scheme(),
            doors,
            cores,
            drain: self.drain,
            timing: self.timing,
            tasks: self.tasks,
            store: self.store,
        })
    }
}

impl Running {
    /// Where a service listens; `None` for one that this process does not run.
    pub fn address(&self, service: &str) -> Option<SocketAddr> {
        let door = self.doors.iter().find(|door| door.name == service)?;
        Some(door.accepting.address())
    }

    /// `https` where the listeners speak TLS, else `http`.
    pub fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// Resolves when a background part has failed; the process must end then.
    pub async fn failed(&self) -> TaskFailure {
        tokio::select! {
            failure = self.tasks.failed() => failure,
            () = self.cores.died() => TaskFailure { task: "core", panicked: true },
        }
    }

    /// Drains and ends. What was accepted is answered, and what the services still hold is brought to safety.
    ///
    /// # Errors
    /// When something could not be brought to safety in time.
    pub async fn finish(self) -> Result<(), BootError> {
        self.drain.begin();
        for door in &self.doors {
            door.readiness
                .fail("draining", "the process is shutting down");
        }
        tracing::info!("draining");
        let lasts = close(self.doors, self.timing.settle).await?;
        let (loads, cores) = (self.cores.loads(), self.cores);
        self.drain
            .run(self.timing, || {
                loads.iter().all(|load| load.connections() == 0)
            })
            .await;
        tokio::task::spawn_blocking(move || cores.join())
            .await
            .map_err(boot_failure)?;
        let mut outcome = Ok(());
        for last in lasts {
            outcome = outcome.and(last.await);
        }
        let stuck = self.tasks.stop(TASKS).await;
        if !stuck.is_empty() {
            tracing::warn!(
                tasks = stuck.join(", "),
                "background parts did not end in time"
            );
        }
        self.store.close().await;
        outcome?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Closes all doors at once, since each waits for those on its step.
async fn close(doors: Vec<Door>, settle: Duration) -> Result<Vec<LastWork>, BootError> {
    let closing: Vec<_> = doors
        .into_iter()
        .map(|door| {
            let closed = tokio::task::spawn_blocking(move || door.accepting.close(settle));
            (closed, door.last)
        })
        .collect();
    let mut lasts = Vec::with_capacity(closing.len());
    for (closed, last) in closing {
        closed.await.map_err(boot_failure)?;
        lasts.push(last);
    }
    Ok(lasts)
}
