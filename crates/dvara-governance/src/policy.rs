//! Policies: which calls a tenant may make.
