"""The generated texts: where the values are, check digits by another package, and negatives that are none."""

import ipaddress
import re
from collections import Counter

import phonenumbers
import pytest
import stdnum.iban
import stdnum.imei
import stdnum.in_.aadhaar
import stdnum.in_.pan
import stdnum.isbn
import stdnum.luhn
import stdnum.mac
import stdnum.us.rtn
import stdnum.us.ssn

import negatives
from checksums import dea_digit, npi_digit, vin_digit
from generate import PER_TYPE, SEED, Text, add_value, placed, texts
from kinds import MAKERS
from values import Values, grouped

INDEPENDENT = {
    "CREDIT_CARD": lambda value: stdnum.luhn.is_valid(re.sub("[ -]", "", value)),
    # Some countries have check digits of their own inside of the account, which nobody reads.
    "IBAN": lambda value: stdnum.iban.is_valid(value, check_country=False),
    "AADHAAR": stdnum.in_.aadhaar.is_valid,
    "PAN": stdnum.in_.pan.is_valid,
    "US_BANK_ROUTING": stdnum.us.rtn.is_valid,
    "SSN": lambda value: stdnum.us.ssn.is_valid(value.replace(" ", "-")),
    "MAC_ADDRESS": lambda value: stdnum.mac.is_valid(
        grouped(re.sub("[.:-]", "", value), ":", 2), validate_manufacturer=False
    ),
    "IP_ADDRESS": ipaddress.ip_address,
    "NPI_NUMBER": lambda value: stdnum.luhn.is_valid("80840" + value),
    "PHONE_NUMBER": lambda value: any(
        phonenumbers.is_possible_number(phonenumbers.parse(value, region)) for region in ("US", "GB", "DE", "FR", "ES")
    ),
}
WRONG = {
    negatives.card_with_wrong_digit: "CREDIT_CARD",
    negatives.iban_with_wrong_digits: "IBAN",
    negatives.aadhaar_with_wrong_digit: "AADHAAR",
    negatives.pan_of_no_holder: "PAN",
    negatives.routing_with_wrong_digit: "US_BANK_ROUTING",
    negatives.impossible_ssn: "SSN",
    negatives.npi_with_wrong_digit: "NPI_NUMBER",
}


@pytest.fixture(scope="module")
def data() -> list[Text]:
    return list(texts())


@pytest.fixture
def values() -> Values:
    return Values("en_US", SEED + 1)


def test_every_type_is_there_as_often_as_is_said(data):
    assert Counter(value.type for text in data for value in text.values) == dict.fromkeys(MAKERS, PER_TYPE)


def test_same_seed_gives_the_same_texts(data):
    assert list(texts()) == data


@pytest.mark.parametrize("type", INDEPENDENT)
def test_values_in_the_texts_are_valid_for_another_package(data, type):
    found = [text.text[value.start : value.end] for text in data for value in text.values if value.type == type]
    invalid = [value for value in found if not INDEPENDENT[type](value)]
    assert len(found) == PER_TYPE and not invalid


@pytest.mark.parametrize("make", WRONG, ids=lambda make: make.__name__)
def test_negatives_are_invalid_for_another_package(values, make):
    assert not [value for value in (make(values) for _ in range(300)) if INDEPENDENT[WRONG[make]](value)]


def test_other_numbers_are_what_they_are_called(values):
    assert all(stdnum.isbn.is_valid(negatives.isbn13(values)) for _ in range(100))
    assert all(stdnum.imei.is_valid(negatives.imei(values)) for _ in range(100))


def test_check_digits_of_published_numbers():
    assert vin_digit("1M8GDM9AXKP042788") == "X" and vin_digit("1" * 17) == "1"
    assert dea_digit("583672") == "7"
    assert npi_digit("123456789") == "3"


def test_wrong_dea_and_vin_digits_are_wrong(values):
    for _ in range(300):
        dea, vin = negatives.dea_with_wrong_digit(values), negatives.vin_with_wrong_digit(values)
        assert dea_digit(dea[2:8]) != dea[8] and vin_digit(vin) != vin[8]


def test_values_are_where_it_is_said_between_letters_of_many_bytes(values):
    text = Text("t", "en", "Größe 数 😀")
    for type in MAKERS:
        add_value(text, type, values, values.chance, "\n")
    for value in text.values:
        inner, outer = text.text[value.start : value.end], text.text[value.outer_start : value.outer_end]
        assert inner in outer and inner == inner.strip() and len(inner) >= 2


def test_labels_are_in_the_outer_place_only():
    outer_start, start, end, outer_end, part = placed("My [passport is {}] here, {{}}.", "X1")
    assert part == "My passport is X1 here, {}."
    assert part[start:end] == "X1" and part[outer_start:outer_end] == "passport is X1"
