//! The `ssl*` parameters and the password of a URL, against a server that takes TLS and passwords only.

use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use dvara_crypto::Secret;
use dvara_store::private::{Account, Binaries, Cluster, ClusterOptions, Running};
use dvara_store::{Failure, SettingNames, Store, StoreError, StoreSettings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

/// Base64 of random bytes looks like this, and a URL's special characters are in it too.
const PASSWORD: &str = "p+/ss=@:?#% word";

struct TlsServer {
    running: Running,
    folder: TempDir,
    port: u16,
}

impl TlsServer {
    async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let passable = std::fs::Permissions::from_mode(0o711);
        std::fs::set_permissions(folder.path(), passable).unwrap();
        let account = Account::for_server().unwrap();
        certify(folder.path(), account.as_ref());
        let hba = "local all all trust\nhostssl all all all scram-sha-256\n";
        let own =
            |name: &str, text: &str| write_own(&folder.path().join(name), text, account.as_ref());
        own("hba.conf", hba);
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let settings = [
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("port", port.to_string()),
            ("ssl", "on".to_owned()),
            ("ssl_cert_file", at("server.pem")),
            ("ssl_key_file", at("server.key")),
            ("hba_file", at("hba.conf")),
            ("fsync", "off".to_owned()),
        ];
        let path = std::env::var_os("PATH");
        let cluster = Cluster::new(ClusterOptions {
            folder: folder.path().join("postgres"),
            socket_folder: folder.path().join("run"),
            log: folder.path().join("log"),
            superuser: "dvara".to_owned(),
            settings: settings
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
            binaries: Binaries::find(None, path.as_deref(), Path::new("")).unwrap(),
            account,
        });
        cluster.create_if_missing().await.unwrap();
        let running = cluster.start().await.unwrap();
        let server = Self {
            running,
            folder,
            port,
        };
        server.set_password().await;
        server
    }

    async fn set_password(&self) {
        let settings = self.running.settings("dvara", "postgres");
        let mut connection = settings.connect_options().connect().await.unwrap();
        let sql = format!("ALTER ROLE dvara PASSWORD '{PASSWORD}'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    fn settings(&self, host: &str, query: &str, password: &str) -> StoreSettings {
        let url = format!("jdbc:postgresql://{host}:{}/postgres?{query}", self.port);
        StoreSettings::parse(
            SettingNames::SPRING,
            &Secret::new(url),
            Some("dvara"),
            Some(&Secret::new(password.to_owned())),
        )
        .unwrap()
    }

    async fn open(&self, host: &str, query: &str) -> Result<Store, StoreError> {
        Store::open(&self.settings(host, query, PASSWORD)).await
    }
}

/// A CA, and a certificate for `localhost` that it signed.
fn certify(folder: &Path, account: Option<&Account>) {
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &root)
        .unwrap();
    write_own(&folder.join("root.pem"), &root.pem(), account);
    write_own(&folder.join("server.pem"), &server.pem(), account);
    write_own(&folder.join("server.key"), &key.serialize_pem(), account);
}

fn write_own(path: &Path, text: &str, account: Option<&Account>) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    if let Some(account) = account {
        chown(path, Some(account.uid), Some(account.gid)).unwrap();
    }
}

#[tokio::test]
async fn every_sslmode_does_what_its_name_says() {
    let server = TlsServer::start().await;
    let root = server.root().display().to_string();
    let with_root = |mode: &str| format!("sslmode={mode}&sslrootcert={root}");
    for (host, query, expected) in [
        ("127.0.0.1", String::new(), None),
        ("127.0.0.1", "sslmode=allow".to_owned(), None),
        ("127.0.0.1", "sslmode=require".to_owned(), None),
        (
            "127.0.0.1",
            "sslmode=disable".to_owned(),
            Some(Failure::Login),
        ),
        // Nobody vouches for this certificate but our own root.
        (
            "127.0.0.1",
            "sslmode=verify-ca".to_owned(),
            Some(Failure::Unreachable),
        ),
        ("127.0.0.1", with_root("require"), None),
        ("127.0.0.1", with_root("verify-ca"), None),
        // It is for `localhost`.
        (
            "127.0.0.1",
            with_root("verify-full"),
            Some(Failure::Unreachable),
        ),
        ("localhost", with_root("verify-full"), None),
        ("localhost", format!("ssl=true&sslrootcert={root}"), None),
    ] {
        let failure = server
            .open(host, &query)
            .await
            .err()
            .map(|error| error.failure());
        assert_eq!(failure, expected, "{host} {query}");
    }

    let wrong = server.settings("127.0.0.1", "sslmode=require", "hunter2");
    let error = Store::open(&wrong).await.unwrap_err();
    assert_eq!(error.failure(), Failure::Login);
    assert!(
        !format!("{error} {error:?}").contains("hunter2"),
        "{error:?}"
    );
    server.running.stop().await.unwrap();
}
