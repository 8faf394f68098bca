use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use dvara_service::tasks::Tasks;
use dvara_upstream::Outbound;

use super::settings::GoogleSettings;
use super::sources::Source;
use super::token::GoogleToken;
use crate::keeper::Kept;
use crate::state::{IdentityState, NoCredentials};

/// Who we are for Google Cloud. Clones are handles on the same identity; with the last one its task ends.
#[derive(Clone)]
pub struct GoogleIdentity(Kept<GoogleToken>);

impl GoogleIdentity {
    /// Starts to load tokens, and to renew them before they expire, as a task among `tasks`. Token endpoints are asked by way of
    /// `outbound`, with its roots and proxies; the metadata server is never asked through a proxy.
    ///
    /// Nothing that goes wrong here ends the process: it is logged, [`GoogleIdentity::state`] has it, and it is tried again.
    pub fn start(settings: &GoogleSettings, outbound: Outbound, tasks: &Tasks) -> Self {
        let source = Source::choose(settings);
        Self(Kept::start("Google credentials", source, outbound, tasks))
    }

    /// What to show with a request now. Waits for nothing and takes no lock.
    ///
    /// # Errors
    /// When there is no token, or it has expired. That is our own fault, never the caller's.
    pub fn current(&self) -> Result<Arc<GoogleToken>, NoCredentials> {
        self.0.current(SystemTime::now())
    }

    /// What an operator may know of it.
    pub fn state(&self) -> IdentityState {
        self.0.state()
    }

    /// Waits until the first attempt has ended, well or not: at most some twenty seconds.
    pub async fn settled(&self) {
        self.0.settled().await;
    }
}

impl fmt::Debug for GoogleIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "GoogleIdentity({})", self.state().from)
    }
}
