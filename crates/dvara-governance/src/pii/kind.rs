use std::fmt;

/// What a finding is. The names are those of audit events, metrics and placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// An e-mail address.
    Email,
    /// A telephone number.
    PhoneNumber,
    /// A social security number of the United States.
    Ssn,
    /// A payment card, with its Luhn digit.
    CreditCard,
    /// A date as people write their birthdays.
    DateOfBirth,
    /// An IPv4 or IPv6 address.
    IpAddress,
    /// A passport's number.
    PassportNumber,
    /// A driving licence's number.
    DriversLicense,
    /// An international bank account number, with its check digits.
    Iban,
    /// A person, named with a title.
    PersonName,
    /// A patient's record.
    MedicalRecordNumber,
    /// A prescriber's number at the Drug Enforcement Administration.
    DeaNumber,
    /// A National Provider Identifier.
    NpiNumber,
    /// An Aadhaar number of India.
    Aadhaar,
    /// A Permanent Account Number of India.
    Pan,
    /// A routing number of a bank of the United States.
    UsBankRouting,
    /// A vehicle's identification number.
    Vin,
    /// A network card's address.
    MacAddress,
    /// A URL with a user's name and password in it.
    UrlCredentials,
    /// An access key of Amazon Web Services.
    AwsAccessKey,
    /// A private key in PEM.
    PrivateKey,
    /// A JSON web token.
    Jwt,
    /// A key that some vendor issued.
    ApiKey,
    /// A place, as Presidio sees it; so are the next three.
    Location,
    /// A nationality, a religion or a political group.
    Nationality,
    /// An organisation.
    Organization,
    /// Whatever else.
    Entity,
    /// What a tenant's own pattern finds.
    Custom,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 28] = [
        Self::Email,
        Self::PhoneNumber,
        Self::Ssn,
        Self::CreditCard,
        Self::DateOfBirth,
        Self::IpAddress,
        Self::PassportNumber,
        Self::DriversLicense,
        Self::Iban,
        Self::PersonName,
        Self::MedicalRecordNumber,
        Self::DeaNumber,
        Self::NpiNumber,
        Self::Aadhaar,
        Self::Pan,
        Self::UsBankRouting,
        Self::Vin,
        Self::MacAddress,
        Self::UrlCredentials,
        Self::AwsAccessKey,
        Self::PrivateKey,
        Self::Jwt,
        Self::ApiKey,
        Self::Location,
        Self::Nationality,
        Self::Organization,
        Self::Entity,
        Self::Custom,
    ];

    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::PhoneNumber => "PHONE_NUMBER",
            Self::Ssn => "SSN",
            Self::CreditCard => "CREDIT_CARD",
            Self::DateOfBirth => "DATE_OF_BIRTH",
            Self::IpAddress => "IP_ADDRESS",
            Self::PassportNumber => "PASSPORT_NUMBER",
            Self::DriversLicense => "DRIVERS_LICENSE",
            Self::Iban => "IBAN",
            Self::PersonName => "PERSON_NAME",
            Self::MedicalRecordNumber => "MEDICAL_RECORD_NUMBER",
            Self::DeaNumber => "DEA_NUMBER",
            Self::NpiNumber => "NPI_NUMBER",
            Self::Aadhaar => "AADHAAR",
            Self::Pan => "PAN",
            Self::UsBankRouting => "US_BANK_ROUTING",
            Self::Vin => "VIN",
            Self::MacAddress => "MAC_ADDRESS",
            Self::UrlCredentials => "URL_CREDENTIALS",
            Self::AwsAccessKey => "AWS_ACCESS_KEY",
            Self::PrivateKey => "PRIVATE_KEY",
            Self::Jwt => "JWT",
            Self::ApiKey => "API_KEY",
            Self::Location => "LOCATION",
            Self::Nationality => "NATIONALITY",
            Self::Organization => "ORGANIZATION",
            Self::Entity => "ENTITY",
            Self::Custom => "CUSTOM",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
