//! How the database is reached. The URL is kept as text; the store reads it.

use dvara_crypto::Secret;

use super::loader::Loader;
use super::problem::Problem;
use super::property::Property;
use crate::boot::texts;

/// `SPRING_DATASOURCE_URL`.
pub const URL: Property = Property::new(
    "spring.datasource.url",
    "PostgreSQL, as jdbc:postgresql://host:port/database?parameters or postgres://…. Required.",
);
/// `SPRING_DATASOURCE_USERNAME`.
pub const USERNAME: Property = Property::new(
    "spring.datasource.username",
    "Database user. Unset: the one in the URL.",
);
/// `SPRING_DATASOURCE_PASSWORD`.
pub const PASSWORD: Property = Property::new(
    "spring.datasource.password",
    "Password of the database user. Unset: the one in the URL, or none.",
)
.secret();

/// The database of a process, as it was given.
#[derive(Debug, Clone)]
pub struct Datasource {
    /// May carry a password, hence a secret. Empty only after a mistake.
    pub url: Secret<String>,
    /// Wins over a user in the URL.
    pub username: Option<String>,
    /// Wins over a password in the URL.
    pub password: Option<Secret<String>>,
}

impl Datasource {
    /// Reads it and refuses when there is no URL; commands that need nothing but the database use this alone.
    pub fn load(loader: &mut Loader) -> Self {
        let url = loader.optional(&URL);
        if url.is_none() && !loader.is_mistaken(&URL) {
            loader.refuse(Problem::new(texts::DATASOURCE_MISSING).fix(texts::DATASOURCE_FIX));
        }
        Self {
            url: Secret::new(url.unwrap_or_default()),
            username: loader.optional(&USERNAME),
            password: loader.secret(&PASSWORD),
        }
    }
}
