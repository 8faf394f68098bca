//! The binary as an operator meets it: refused starts, settings, licences, and `dvara up`.

mod boot_refusals;
mod run;
mod settings;
mod up;
