"""Which types there are, and what makes a value of each."""

from collections.abc import Callable

import credentials
import personal
from values import Values

MAKERS: dict[str, Callable[[Values], str]] = {
    "EMAIL": personal.email,
    "PHONE_NUMBER": personal.phone_number,
    "SSN": personal.ssn,
    "CREDIT_CARD": personal.credit_card,
    "DATE_OF_BIRTH": personal.date_of_birth,
    "IP_ADDRESS": personal.ip_address,
    "PASSPORT_NUMBER": personal.passport_number,
    "DRIVERS_LICENSE": personal.drivers_license,
    "IBAN": personal.iban,
    "PERSON_NAME": personal.person_name,
    "MEDICAL_RECORD_NUMBER": personal.medical_record_number,
    "DEA_NUMBER": personal.dea_number,
    "NPI_NUMBER": personal.npi_number,
    "AADHAAR": personal.aadhaar,
    "PAN": personal.pan,
    "US_BANK_ROUTING": personal.us_bank_routing,
    "VIN": personal.vin,
    "MAC_ADDRESS": personal.mac_address,
    "URL_CREDENTIALS": credentials.url_credentials,
    "AWS_ACCESS_KEY": credentials.aws_access_key,
    "PRIVATE_KEY": credentials.private_key,
    "JWT": credentials.jwt,
    "API_KEY": credentials.api_key,
}

CHECKSUMMED = ["CREDIT_CARD", "IBAN", "DEA_NUMBER", "NPI_NUMBER", "AADHAAR", "US_BANK_ROUTING", "VIN"]
