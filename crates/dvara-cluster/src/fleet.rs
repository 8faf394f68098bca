//! The fleet as one of its members sees it.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chitchat::{ChitchatHandle, ChitchatId, NodeState, spawn_chitchat};
use dvara_crypto::cluster::{ClusterKey, DatagramKind};
use dvara_service::settings::cluster::Cluster as Settings;
use dvara_service::tasks::Tasks;
use tokio::sync::watch;
use tokio::time::{interval, sleep};

use crate::address;
use crate::counters::Counters;
use crate::discovery::Discovery;
use crate::joining::{ClusterError, LEAVING, ROUND, bind, config, local_port, name};
use crate::multicast::Multicast;
use crate::transport::SealedTransport;

/// How often a process that knows nobody looks for others, and one that does.
const ALONE: Duration = Duration::from_secs(1);
const TOGETHER: Duration = Duration::from_secs(3);

/// Rounds of goodbye: enough for the word to come through where every third datagram is lost.
const GOODBYES: usize = 5;

/// A process of the fleet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// What it calls itself: its host's or pod's name, and a word that is new with every start.
    pub id: String,
    /// Where it is greeted.
    pub address: Option<SocketAddr>,
}

/// What joining needs.
pub struct JoinOptions<'a> {
    /// How others are found.
    pub settings: &'a Settings,
    /// What makes this process a member.
    pub key: ClusterKey,
    /// The pod or host.
    pub host: &'a str,
    /// What runs beside the requests.
    pub tasks: &'a Tasks,
}

/// The fleet, seen from here. Clones see the same.
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    me: Member,
    gossip: Option<ChitchatHandle>,
    members: watch::Receiver<Vec<Member>>,
    live: watch::Receiver<usize>,
    counters: Arc<Counters>,
}

impl Cluster {
    /// A process that belongs to no fleet: its only member is itself.
    pub fn alone(host: &str) -> Self {
        let me = Member {
            id: name(host),
            address: None,
        };
        Self(Arc::new(Inner {
            gossip: None,
            members: watch::channel(vec![me.clone()]).1,
            live: watch::channel(1).1,
            counters: Arc::default(),
            me,
        }))
    }

    /// Joins the fleet. Returns at once: who else is there is known a moment later. Where the settings name no way to find
    /// others the process stays alone.
    ///
    /// # Errors
    /// When the port or the multicast group cannot be had.
    pub async fn join(options: JoinOptions<'_>) -> Result<Self, ClusterError> {
        let (settings, tasks) = (options.settings, options.tasks);
        if !settings.is_on() {
            return Ok(Self::alone(options.host));
        }
        let discovery = Discovery::new(settings);
        let ip = address::own(&discovery.addresses().await);
        let socket = bind(ip, settings.port)?;
        let port = local_port(&socket, settings.port)?;
        let id = ChitchatId::new(name(options.host), 0, SocketAddr::new(ip, port));
        let multicast = match settings.multicast {
            None => None,
            Some(group) => {
                let cipher = options.key.cipher(DatagramKind::Announcement);
                let joined = Multicast::join(group, cipher, port, &id.node_id);
                Some(joined.map_err(|source| ClusterError::Multicast { group, source })?)
            }
        };
        let counters = Arc::new(Counters::default());
        let cipher = options.key.cipher(DatagramKind::Gossip);
        let transport = SealedTransport::new(socket, cipher, counters.clone());
        let gossip = spawn_chitchat(config(id.clone()), Vec::new(), &transport)
            .await
            .map_err(|error| ClusterError::Gossip(format!("{error:#}")))?;

        let me = member(&id);
        tracing::info!(node.id = me.id, address = %id.gossip_advertise_addr, "meeting the fleet");
        let (members_tx, members) = watch::channel(vec![me.clone()]);
        let (live_tx, live) = watch::channel(1);
        let nodes = gossip.chitchat().lock().await.live_nodes_watcher();
        let cluster = Self(Arc::new(Inner {
            me,
            gossip: Some(gossip),
            members,
            live,
            counters,
        }));
        tasks.until_cancelled(
            "fleet members",
            cluster.clone().watch(nodes, members_tx, live_tx),
        );
        if !discovery.is_empty() {
            tasks.until_cancelled("fleet discovery", cluster.clone().look_up(discovery));
        }
        if let Some(multicast) = multicast {
            tasks.until_cancelled("fleet multicast", cluster.clone().call(multicast));
        }
        Ok(cluster)
    }

    /// This process.
    pub fn me(&self) -> &Member {
        &self.0.me
    }

    /// Whether there is a fleet to be a member of.
    pub fn is_on(&self) -> bool {
        self.0.gossip.is_some()
    }

    /// All members that are alive, this process among them.
    pub fn members(&self) -> Vec<Member> {
        self.0.members.borrow().clone()
    }

    /// How many members are alive, this process among them: never less than one.
    pub fn live(&self) -> watch::Receiver<usize> {
        self.0.live.clone()
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// Says goodbye, so that the others need not find out, and is silent from then on. Takes about a second.
    pub async fn leave(&self) {
        let Some(gossip) = &self.0.gossip else {
            return;
        };
        let chitchat = gossip.chitchat();
        chitchat.lock().await.self_node_state().set(LEAVING, "true");
        for _ in 0..GOODBYES {
            for member in self.members() {
                if let Some(address) = member.address.filter(|_| member != self.0.me) {
                    // A gossip that has ended has nobody to say it to.
                    let _said = gossip.gossip(address);
                }
            }
            sleep(ROUND).await;
        }
        let _ended = gossip.initiate_shutdown();
    }

    /// Falls silent without a goodbye, as a process that is killed does.
    pub fn abort(&self) {
        if let Some(gossip) = &self.0.gossip {
            gossip.abort();
        }
    }

    /// Follows who is alive.
    async fn watch(
        self,
        mut nodes: watch::Receiver<std::collections::BTreeMap<ChitchatId, NodeState>>,
        members: watch::Sender<Vec<Member>>,
        live: watch::Sender<usize>,
    ) {
        loop {
            let mut now: BTreeSet<Member> = nodes.borrow_and_update().keys().map(member).collect();
            now.insert(self.0.me.clone());
            let before: BTreeSet<Member> = self.members().into_iter().collect();
            for member in now.difference(&before) {
                tracing::info!(
                    node.id = member.id,
                    size = now.len(),
                    "a gateway has joined the fleet"
                );
            }
            for member in before.difference(&now) {
                tracing::info!(
                    node.id = member.id,
                    size = now.len(),
                    "a gateway has left the fleet"
                );
            }
            live.send_if_modified(|live| std::mem::replace(live, now.len()) != now.len());
            members.send_replace(now.into_iter().collect());
            if nodes.changed().await.is_err() {
                // Gossip has ended: this process is leaving.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Greets whoever has one of the names and is not known yet.
    async fn look_up(self, discovery: Discovery) {
        loop {
            self.greet(&discovery.addresses().await);
            sleep(self.pause()).await;
        }
    }

    /// Calls, and greets who calls.
    async fn call(self, multicast: Multicast) {
        let mut next = interval(ALONE);
        loop {
            tokio::select! {
                _ = next.tick() => multicast.call().await,
                caller = multicast.heard() => self.greet(&[caller]),
            }
        }
    }

    fn pause(&self) -> Duration {
        if *self.0.live.borrow() > 1 {
            TOGETHER
        } else {
            ALONE
        }
    }

    fn greet(&self, addresses: &[SocketAddr]) {
        let Some(gossip) = &self.0.gossip else {
            return;
        };
        let known: BTreeSet<Option<SocketAddr>> = self
            .members()
            .into_iter()
            .map(|member| member.address)
            .collect();
        for address in addresses
            .iter()
            .filter(|address| !known.contains(&Some(**address)))
        {
            let _greeted = gossip.gossip(*address);
        }
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Cluster").field(&self.0.me).finish()
    }
}

fn member(id: &ChitchatId) -> Member {
    Member {
        id: id.node_id.to_string(),
        address: Some(id.gossip_advertise_addr),
    }
}
