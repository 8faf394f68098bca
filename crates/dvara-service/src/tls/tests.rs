use std::fs;
use std::path::Path;

use rcgen::{CertifiedKey as Made, generate_simple_self_signed};

use super::*;

fn made() -> Made<rcgen::KeyPair> {
    generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap()
}

fn files(folder: &Path) -> TlsFiles {
    TlsFiles {
        certificate: folder.join("tls.crt"),
        private_key: folder.join("tls.key"),
    }
}

fn write(files: &TlsFiles, certificate: &str, key: &str) {
    fs::write(&files.certificate, certificate).unwrap();
    fs::write(&files.private_key, key).unwrap();
}

fn shown(tls: &ListenerTls) -> Vec<u8> {
    tls.current.0.read().unwrap().cert[0].to_vec()
}

#[test]
fn a_pair_is_taken_over_when_its_files_change_and_kept_when_they_break() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let (first, second) = (made(), made());
    write(
        &files,
        &first.cert.pem(),
        &first.signing_key.serialize_pem(),
    );
    let tls = ListenerTls::open(files.clone()).unwrap();
    tls.look();
    assert_eq!((tls.reloads(), tls.problem()), (0, None), "nothing changed");

    // Half of a change: the new certificate with the old key.
    fs::write(&files.certificate, second.cert.pem()).unwrap();
    tls.look();
    assert_eq!(shown(&tls), first.cert.der().to_vec());
    assert!(
        tls.problem()
            .unwrap()
            .contains("is not that of the certificate"),
        "{:?}",
        tls.problem()
    );

    fs::write(&files.private_key, second.signing_key.serialize_pem()).unwrap();
    tls.look();
    assert_eq!(shown(&tls), second.cert.der().to_vec());
    assert_eq!((tls.reloads(), tls.problem()), (1, None));

    fs::remove_file(&files.private_key).unwrap();
    tls.look();
    assert!(tls.problem().unwrap().contains("cannot be read"));
    fs::write(&files.private_key, second.signing_key.serialize_pem()).unwrap();
    tls.look();
    assert_eq!(
        (tls.reloads(), tls.problem()),
        (1, None),
        "the pair in force is back"
    );
}

#[test]
fn what_is_no_pair_is_refused_and_the_file_at_fault_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let (one, other) = (made(), made());
    let (certificate, key) = (one.cert.pem(), one.signing_key.serialize_pem());
    let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let sealed =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    for (certificate, key, about_the_key, what) in [
        ("", key.as_str(), false, "holds no certificate"),
        (key.as_str(), key.as_str(), false, "holds no certificate"),
        (certificate.as_str(), "", true, "holds no private key"),
        (certificate.as_str(), sealed, true, "without a password"),
        (certificate.as_str(), broken, true, "cannot be used"),
        (
            certificate.as_str(),
            &other.signing_key.serialize_pem(),
            true,
            "is not that of the certificate",
        ),
    ] {
        write(&files, certificate, key);
        let error = ListenerTls::open(files.clone()).unwrap_err();
        assert_eq!(error.is_about_the_key(), about_the_key, "{error}");
        assert!(error.to_string().contains(what), "{error}");
        assert!(error.to_string().contains("tls."), "{error}");
    }
    fs::remove_file(&files.certificate).unwrap();
    let error = ListenerTls::open(files.clone()).unwrap_err();
    assert!(
        error.to_string().contains("tls.crt cannot be read"),
        "{error}"
    );
}
