//! What is seen of a gateway from outside: metrics and the access log from settlements, gauges from the parts themselves.

use std::fmt;
use std::sync::Arc;

use dvara_ledger::{Observer, Writer};
use dvara_service::metrics::{encode_counters, encode_gauges};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;

use crate::access_log::{self, Form};
use crate::metrics::Metrics;

/// Counts settlements and writes their access log lines.
pub(super) fn settlements(metrics: Arc<Metrics>, json: bool) -> Observer {
    let form = if json { Form::Json } else { Form::Plain };
    Box::new(move |settlements| {
        metrics.count(settlements);
        // A log that nobody can write to is not worth stopping for.
        let _written = access_log::write(settlements, form, &mut std::io::stdout().lock());
    })
}

/// Registers what the ledger counts about itself.
pub(super) fn register(registry: &mut Registry, writer: &Writer) {
    registry.register_collector(Box::new(LedgerMetrics(writer.clone())));
}

struct LedgerMetrics(Writer);

impl fmt::Debug for LedgerMetrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LedgerMetrics")
    }
}

impl Collector for LedgerMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let ledger = self.0.counters();
        encode_counters(
            &mut encoder,
            &[
                ("gateway_ledger_opened", "Calls opened", ledger.opened),
                ("gateway_ledger_settled", "Calls settled", ledger.settled),
                (
                    "gateway_ledger_refused",
                    "Calls refused because too many were open or unrecorded",
                    ledger.refused_full,
                ),
                (
                    "gateway_ledger_written",
                    "Settlements written to the database at once",
                    ledger.written,
                ),
                (
                    "gateway_ledger_spooled",
                    "Settlements that went to the spool",
                    ledger.spooled,
                ),
                (
                    "gateway_ledger_replayed",
                    "Settlements that came back from a spool",
                    ledger.replayed,
                ),
                ("gateway_ledger_dropped", "Settlements lost", ledger.dropped),
            ],
        )?;
        let incomplete = u64::try_from(self.0.incomplete_epochs().len()).unwrap_or(u64::MAX);
        encode_gauges(
            &mut encoder,
            &[
                (
                    "gateway_ledger_spool_bytes",
                    "Bytes in the spool that wait for the database",
                    ledger.spool_bytes,
                ),
                (
                    "gateway_ledger_spool_full",
                    "Whether settlements are being lost because the spool takes no more",
                    u64::from(self.0.spool_is_full()),
                ),
                (
                    "gateway_ledger_incomplete_epochs",
                    "Processes of the last day that ended without settling all",
                    incomplete,
                ),
                (
                    "gateway_database_up",
                    "Whether the database took the last batch",
                    u64::from(ledger.database_up),
                ),
            ],
        )?;
        Ok(())
    }
}
