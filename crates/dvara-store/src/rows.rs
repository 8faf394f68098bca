//! The tables of configuration, one module each: rows as they lie in the database, and the SQL over them.
//!
//! Rows are read as plain text and JSON, not as the records of `dvara-types`: a row that makes no sense must be
//! skipped and named (see [`crate::snapshot`]) and may not keep the others from being read. Writing goes the other way:
//! only checked records are written, and only by [`crate::Admin`].

pub mod api_keys;
pub mod config_versions;
pub mod credentials;
pub mod output_schemas;
pub mod policies;
pub mod prompt_templates;
pub mod routes;
pub mod tenants;
