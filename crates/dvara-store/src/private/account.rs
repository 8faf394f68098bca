//! Whom the server runs as: PostgreSQL refuses to be root.

use super::error::PrivateError;

/// Users to run the server as, best first.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// An unprivileged user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// Its group's number.
    pub gid: u32,
}

impl Account {
    /// The user to run the server as; none when we are unprivileged ourselves.
    ///
    /// # Errors
    /// When we are root and there is no such user.
    pub fn for_server() -> Result<Option<Self>, PrivateError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let path = std::path::Path::new("/etc/passwd");
        let users = std::fs::read_to_string(path).map_err(PrivateError::file("read", path))?;
        Self::choose(&users)
            .map(Some)
            .ok_or(PrivateError::NoAccount)
    }

    fn choose(users: &str) -> Option<Self> {
        CANDIDATES
            .iter()
            .find_map(|name| users.lines().find_map(|line| Self::parse(line, name)))
    }

    /// The user of a line of `/etc/passwd` (`name:password:uid:gid:…`), if it has this name and is not root.
    fn parse(line: &str, name: &str) -> Option<Self> {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (uid != 0).then(|| Self {
            name: name.to_owned(),
            uid,
            gid,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_comes_before_nobody_and_root_is_never_taken() {
        let both =
            "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/\npostgres:x:101:104::/:/\n";
        assert_eq!(Account::choose(both).unwrap().uid, 101);
        let one = "nobody:x:65534:65533::/:/\n";
        assert_eq!(Account::choose(one).unwrap().gid, 65533);
        assert_eq!(Account::choose("postgres:x:0:0::/:/\n"), None);
        assert_eq!(Account::choose("postgres:x\n\nnobody:::"), None);
    }
}
