//! How many files and sockets the process may have open.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit to the hard one, which is what a server of many connections wants; shells and service managers hand
/// out 1,024. Returns what holds now; `None` for no limit.
///
/// # Errors
/// When the limit cannot be set; the old one stays in force.
pub fn raise_limit() -> io::Result<Option<u64>> {
    let limits = getrlimit(Resource::Nofile);
    if limits.current != limits.maximum {
        setrlimit(
            Resource::Nofile,
            Rlimit {
                current: limits.maximum,
                maximum: limits.maximum,
            },
        )?;
    }
    Ok(limits.maximum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_the_process_may_have_at_all() {
        let most = getrlimit(Resource::Nofile).maximum;
        assert_eq!(raise_limit().unwrap(), most);
        assert_eq!(getrlimit(Resource::Nofile).current, most);
    }
}
