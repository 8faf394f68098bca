//! Every built-in rule: what it finds (between `«` and `»`), and what only looks like it.

use super::super::Kind;
use super::found;

/// Each text in which a kind is marked is searched, and exactly what is marked is found.
fn check(kind: Kind, texts: &[&str]) {
    for marked in texts {
        let text = marked.replace(['«', '»'], "");
        let wanted: Vec<(Kind, &str)> = marked
            .split('«')
            .skip(1)
            .filter_map(|rest| rest.split('»').next())
            .map(|value| (kind, value))
            .collect();
        assert_eq!(found(&text), wanted, "in {marked}");
    }
}

#[test]
fn email() {
    check(
        Kind::Email,
        &[
            "«jane.doe+news@example.co.uk»",
            "Write to «a@b.io», or to <«o'x@x.org»>"
                .replace("o'x", "ox")
                .as_str(),
            "mailto:«first_last%x@mail-1.example.com».",
            "…«user@example.com»…",
            "äöü«user@example.com»",
            "user@localhost, @handle, user@, a@b.c, x@y..z, user@-bad.com",
            "git@github: 5 @ 3.50 logo@2x.png lodash@4.17.21",
        ],
    );
}

#[test]
fn a_local_part_longer_than_the_standard_allows_is_none() {
    let text = format!("{}@example.com", "a".repeat(65));
    assert_eq!(found(&text), []);
    let text = format!("{}@example.com", "a".repeat(64));
    assert_eq!(found(&text).len(), 1);
}

#[test]
fn phone_number() {
    check(
        Kind::PhoneNumber,
        &[
            "call «(212) 555-0143» or «212-555-0143»",
            "«+1-212-555-0143», «1 212 555 0143», «212.555.0143», «(212)555-0143»",
            "«+442079460958» «+44 20 7946 0958» and «+49 (0)30 1234567».",
            "Tel.: «030 1234567», fax «089/123456-78»",
            "my phone is «2125550143»",
            "order 2125550143, 12-212-555-01433, 112-555-0143-22",
            "+0123456789 +123 1+12345678 a+12345678",
            "112 555 0143 and 212 155 0143 are in no area",
        ],
    );
}

#[test]
fn ssn() {
    check(
        Kind::Ssn,
        &[
            "«078-05-1120» and «078 05 1120»",
            "SSN: «078051120», social security number is «078051120»",
            "000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000",
            "078051120 078-05 1120 1078-05-1120 078-05-11201 078-05-1120-9",
        ],
    );
}

#[test]
fn credit_card() {
    check(
        Kind::CreditCard,
        &[
            "Visa «4111111111111111», «4111 1111 1111 1111», «4111-1111-1111-1111» 2024",
            "old Visa «4222 2222 2222 2», Mastercard «5555555555554444» and «2223003122003222»",
            "Amex «378282246310005», «3782 822463 10005»; Discover «6011111111111117»",
            "Diners «30569309025904», JCB «3530111333300000»",
            "4111111111111112 4111-1111 1111-1111 41111111111111111 1234567812345670",
            "4222222222222 x4111111111111111 4111111111111111x",
        ],
    );
}

#[test]
fn date_of_birth() {
    check(
        Kind::DateOfBirth,
        &[
            "born «04/23/1985», «04-23-1985», «23/04/1985», «4/3/2001»",
            "04/23/1785 13/13/1985 04/32/1985 04-23/1985 1985-04-23 104/23/1985 04/23/19855",
        ],
    );
}

#[test]
fn ip_address() {
    check(
        Kind::IpAddress,
        &[
            "«10.0.0.1» «203.0.113.77»:8080 «192.168.1.0»/24.",
            "«2001:db8::8a2e:370:7334» «2001:0db8:85a3:0000:0000:8a2e:0370:7334» «fe80::1».",
            "256.1.1.1 1.2.3 1.2.3.4.5 v1.2.3.4 01.2.3.4",
            "std::fmt abc::def dead::beef 12:30:45 a::b::c ::",
        ],
    );
}

#[test]
fn passport_number() {
    check(
        Kind::PassportNumber,
        &[
            "Passport «A1234567», passport no. «C01X00T47», passport number is «123456789»",
            "passport renewal, passport abcdefg, passport 12345, passport 1234567890, A1234567",
        ],
    );
}

#[test]
fn drivers_license() {
    check(
        Kind::DriversLicense,
        &[
            "driver's license «D1234567», driver’s licence no: «MORGA753116SM»",
            "drivers license number «F255-9212-0094», Driver Lic. «A1234567»",
            "driver's license renewal, driver seat A1234567, driver's licensing A12345",
        ],
    );
}

#[test]
fn iban() {
    check(
        Kind::Iban,
        &[
            "«DE89370400440532013000» «DE89 3704 0044 0532 0130 00» please",
            "«GB82 WEST 1234 5698 7654 32», «NO93 8601 1117 947», «gb82west12345698765432»",
            "DE8 937040044053201300 0 DE88370400440532013000 DE8937040044053201300 DE893704004405320130001 XX89370400440532013000",
        ],
    );
}

#[test]
fn person_name() {
    check(
        Kind::PersonName,
        &[
            "Dr. «Jane Doe» and Mr «O'Brien» met Prof. «Émile Zola-Dupont» there",
            "Mrs. «J. K. Rowling» wrote; Ms «Ångström», Miss «Marple».",
            "dr. jane, MS Windows, Mr. nobody, Doctor Who, Drs Smith",
        ],
    );
}

#[test]
fn medical_record_number() {
    check(
        Kind::MedicalRecordNumber,
        &[
            "MRN «12345678», mrn: «4711», medical record number «123456», Medical Record #«98765»",
            "MRN 123, MRN 1234567890123, medical record of 2019a, 12345678",
        ],
    );
}

#[test]
fn dea_number() {
    check(
        Kind::DeaNumber,
        &[
            "«AB1234563», «F91234563»",
            "AB1234564 IB1234563 AB12345633 XAB1234563 A1234563",
        ],
    );
}

#[test]
fn npi_number() {
    check(
        Kind::NpiNumber,
        &[
            "NPI «1234567893», NPI number: «1245319599»",
            "NPI 1234567890, 1234567893, NPI 12345678931",
        ],
    );
}

#[test]
fn aadhaar() {
    check(
        Kind::Aadhaar,
        &[
            "«2341 2341 2346», «2341-2341-2346», Aadhaar no. «234123412346»",
            "2341 2341 2347, 1341 2341 2346, 234123412346, 2341 2341 2346 1111",
        ],
    );
}

#[test]
fn pan() {
    check(
        Kind::Pan,
        &[
            "PAN «ABCPE1234F» and «AAACR5055K»",
            "ABCDE1234F abcpe1234f ABCPE12345 ABCPE0000F XABCPE1234F",
        ],
    );
}

#[test]
fn us_bank_routing() {
    check(
        Kind::UsBankRouting,
        &[
            "routing number «021000021», ABA «011401533», ABA routing no. «121042882», RTN: «026009593»",
            "routing 021000022, 021000021, routing number 991000021, aba 0210000212",
        ],
    );
}

#[test]
fn vin() {
    check(
        Kind::Vin,
        &[
            "«1HGCM82633A004352» and «1m8gdm9axkp042788»",
            "1HGCM82643A004352 1HGCM82633A00435 1HGCM82633A0043522 11111111111111111 1HGCM82633a004352",
        ],
    );
}

#[test]
fn mac_address() {
    check(
        Kind::MacAddress,
        &[
            "«00:1a:2B:3c:4D:5e» «00-1A-2B-3C-4D-5E» «001a.2b3c.4d5e».",
            "00:1a:2B:3c:4D 00:1a-2B:3c:4D:5e 00:1a:2B:3c:4D:5e:6f 00:1a:2b:3c:4d:5g",
        ],
    );
}

#[test]
fn url_credentials() {
    check(
        Kind::UrlCredentials,
        &[
            "«https://user:s3cret@example.com»/path and «postgres://app:p%40ss@db:5432»/x",
            "https://example.com:8080/a@b http://:@x ftp://",
        ],
    );
}

#[test]
fn aws_access_key() {
    check(
        Kind::AwsAccessKey,
        &[
            "«AKIAIOSFODNN7EXAMPLE» «ASIAIOSFODNN7EXAMPLE»",
            "aws_secret_access_key = \"«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»\"",
            "AKIAIOSFODNN7EXAMPL AKIAIOSFODNN7EXAMPLEX akiaiosfodnn7example AKIAIOSFODNN7example",
        ],
    );
}

#[test]
fn private_key() {
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n";
    let whole = format!("-----BEGIN PRIVATE KEY-----\n{body}{body}-----END PRIVATE KEY-----");
    let cut = format!("-----BEGIN RSA PRIVATE KEY-----\n{body}");
    let escaped = whole.replace('\n', "\\n");
    for key in [&whole, &cut, &escaped] {
        assert_eq!(found(key), [(Kind::PrivateKey, key.as_str())]);
    }
    check(
        Kind::PrivateKey,
        &[
            "-----BEGIN PUBLIC KEY-----",
            "-----BEGIN PRIVATE KEY----- is how it starts",
            "----- BEGIN",
        ],
    );
}

#[test]
fn jwt() {
    check(
        Kind::Jwt,
        &[
            "Bearer «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U»",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0 eyJ.eyJ.short eyJhbGci",
        ],
    );
}

#[test]
fn api_key() {
    let filler = "A1b2C3d4E5f6G7h8J9k0L1m2N3p4Q5r6S7t8U9v0";
    for mark in [
        "sk-",
        "sk-proj-",
        "sk-ant-api03-",
        "sk_live_",
        "ghp_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "hf_",
        "gsk_",
        "npm_",
    ] {
        let rest = if mark == "npm_" {
            &filler[..36]
        } else {
            filler
        };
        let key = format!("{mark}{rest}");
        let text = format!("key={key};");
        assert_eq!(found(&text), [(Kind::ApiKey, key.as_str())]);
    }
    check(
        Kind::ApiKey,
        &[
            "«AIzaSyA1b2C3d4E5f6G7h8J9k0L1m2N3p4Q5r6S»",
            "sk-learn-contrib-something-longer sk-short1 ghp_tooShort1 risk-a1b2c3d4e5f6a1b2c3d4e5f6 gw_beef",
        ],
    );
}
