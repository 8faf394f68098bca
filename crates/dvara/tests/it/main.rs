//! The binary as an operator meets it: refused starts, settings, licences, and `dvara up`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod boot_refusals;
mod idle;
mod leaks;
mod run;
mod running;
mod services;
mod settings;
mod up;
