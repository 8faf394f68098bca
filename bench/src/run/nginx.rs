//! nginx as a plain reverse proxy: the yardstick.
//!
//! One worker, keep-alive both ways and no access log: the cheapest honest hop it can make. It checks no
//! key, chooses no route and counts nothing.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use super::Options;
use super::child::{Child, free_port, is_ok};
use crate::proc;

/// A running nginx.
pub(super) struct Nginx {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Nginx {
    /// Starts nginx in front of `upstream`, with everything it writes in `folder`.
    pub(super) fn start(
        options: &Options,
        folder: &Path,
        upstream: SocketAddr,
    ) -> anyhow::Result<Self> {
        let address = free_port()?;
        let prefix = folder.join("nginx");
        fs::create_dir_all(&prefix)?;
        let file = prefix.join("nginx.conf");
        fs::write(
            &file,
            configuration(&prefix, address, upstream, proc::is_root()),
        )?;
        let mut command = options.proxy_cpus.command(&options.nginx);
        command
            .arg("-p")
            .arg(&prefix)
            .arg("-c")
            .arg(&file)
            .arg("-e")
            .arg(prefix.join("error.log"));
        let mut child = Child::start("nginx", &mut command, folder, "-TERM")?;
        child
            .wait_for(Duration::from_secs(10), || is_ok(address, "/v1/models"))
            .with_context(|| fs::read_to_string(prefix.join("error.log")).unwrap_or_default())?;
        Ok(Self { child, address })
    }

    /// Master and worker.
    pub(super) fn processes(&self) -> Vec<u32> {
        proc::family(self.child.id())
    }
}

fn configuration(prefix: &Path, address: SocketAddr, upstream: SocketAddr, root: bool) -> String {
    let prefix = prefix.display();
    // Started by root the worker would become a user who may not be allowed into the folder.
    let user = if root { "user root;" } else { "" };
    format!(
        "daemon off;
{user}
worker_processes 1;
pid {prefix}/nginx.pid;
error_log {prefix}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {prefix}/body;
  proxy_temp_path {prefix}/proxy;
  fastcgi_temp_path {prefix}/fastcgi;
  uwsgi_temp_path {prefix}/uwsgi;
  scgi_temp_path {prefix}/scgi;
  keepalive_requests 1000000000;
  upstream bench {{
    server {upstream};
    keepalive 256;
    keepalive_requests 1000000000;
  }}
  server {{
    listen {address};
    location / {{
      proxy_pass http://bench;
      proxy_http_version 1.1;
      proxy_set_header Connection \"\";
    }}
  }}
}}
"
    )
}
