use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use dvara_service::tasks::Tasks;
use dvara_upstream::Outbound;

use super::credentials::AwsCredentials;
use super::region::Region;
use super::settings::AwsSettings;
use super::sources::Source;
use crate::keeper::Kept;
use crate::state::{IdentityState, NoCredentials};

/// Who we are for AWS. Clones are handles on the same identity; with the last one its task ends.
#[derive(Clone)]
pub struct AwsIdentity {
    kept: Kept<AwsCredentials>,
    region: Region,
}

impl AwsIdentity {
    /// Starts to load credentials, and to renew them before they expire, as a task among `tasks`. STS is asked by way of
    /// `outbound`, with its roots and proxies; metadata services are never asked through a proxy.
    ///
    /// Nothing that goes wrong here ends the process: it is logged, [`AwsIdentity::state`] has it, and it is tried again.
    pub fn start(settings: AwsSettings, outbound: Outbound, tasks: &Tasks) -> Self {
        let region = settings.region.clone();
        let source = Source::choose(settings);
        let kept = match source.for_ever() {
            Some(credentials) => Kept::for_ever("AWS", source.in_words(), credentials),
            None => Kept::start("AWS credentials", source, outbound, tasks),
        };
        Self { kept, region }
    }

    /// The region that it was started for.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// What to sign a request with now. Waits for nothing and takes no lock.
    ///
    /// # Errors
    /// When there are none, or they have expired. That is our own fault, never the caller's.
    pub fn current(&self) -> Result<Arc<AwsCredentials>, NoCredentials> {
        self.kept.current(SystemTime::now())
    }

    /// What an operator may know of it.
    pub fn state(&self) -> IdentityState {
        self.kept.state()
    }

    /// Waits until the first attempt has ended, well or not: at most some ten seconds.
    pub async fn settled(&self) {
        self.kept.settled().await;
    }
}

impl fmt::Debug for AwsIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "AwsIdentity({}, {})",
            self.state().from,
            self.region
        )
    }
}
