//! Personal data and secrets in texts: what is found, and what becomes of it.
