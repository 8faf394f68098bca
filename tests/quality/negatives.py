"""What looks like personal data or a secret and is none: nothing may be found in it, of any type."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from checksums import aba_digit, dea_digit, iban_check_digits, luhn_digit, npi_digit, verhoeff_digit, vin_digit
from personal import VIN_LETTERS
from values import ALNUM, UPPER, Values, grouped

HEX = "0123456789abcdef"


def other_digit(values: Values, right: str) -> str:
    return values.chance.choice([digit for digit in "0123456789" if digit != right])


def card_with_wrong_digit(values: Values) -> str:
    body = values.chance.choice(["4", "51", "37"]) + values.digits(13)
    body = body[:14] if body.startswith("37") else body.ljust(15, "7")[:15]
    return grouped(body + other_digit(values, luhn_digit(body)), values.chance.choice(["", " ", "-"]), 4)


def aadhaar_with_wrong_digit(values: Values) -> str:
    body = values.some("23456789", 1) + values.digits(10)
    return grouped(body + other_digit(values, verhoeff_digit(body)), " ", 4)


def dea_with_wrong_digit(values: Values) -> str:
    body = values.digits(6)
    return values.some("ABFGM", 1) + values.some(UPPER, 1) + body + other_digit(values, dea_digit(body))


def npi_with_wrong_digit(values: Values) -> str:
    body = "1" + values.digits(8)
    return body + other_digit(values, npi_digit(body))


def routing_with_wrong_digit(values: Values) -> str:
    body = "02" + values.digits(6)
    return body + other_digit(values, aba_digit(body))


def vin_with_wrong_digit(values: Values) -> str:
    body = (
        "1HG"
        + values.some(VIN_LETTERS, 5)
        + "0"
        + values.some("ABCDEF", 1)
        + values.some(VIN_LETTERS, 1)
        + values.digits(6)
    )
    return body[:8] + other_digit(values, vin_digit(body)) + body[9:]


def iban_with_wrong_digits(values: Values) -> str:
    account = values.digits(18)
    wrong = (int(iban_check_digits("DE", account)) + values.chance.randint(1, 90)) % 97
    return grouped(f"DE{wrong:02}{account}", values.chance.choice(["", " "]), 4)


def isbn13(values: Values) -> str:
    body = "978" + values.digits(9)
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10
    return grouped(f"{body}{check}", "-", 3, 1, 2, 6, 1)


def imei(values: Values) -> str:
    body = "35" + values.digits(12)
    return body + luhn_digit(body)


def plain_uuid(values: Values) -> str:
    return str(uuid.UUID(int=values.chance.getrandbits(128), version=4))


def pan_of_no_holder(values: Values) -> str:
    return (
        values.some(UPPER, 3)
        + values.some("DIMNOQ", 1)
        + values.some(UPPER, 1)
        + values.digits(4)
        + values.some(UPPER, 1)
    )


def impossible_ssn(values: Values) -> str:
    return (
        values.chance.choice(["000-12-", "666-45-", "931-70-"]) + values.digits(4)
        if values.chance.random() < 0.7
        else "219-00-" + values.digits(4)
    )


def ip_like_version(values: Values) -> str:
    return ".".join(
        str(values.chance.randint(0, most)) for most in values.chance.choice([(9, 30, 9, 9), (20, 40, 99999, 5000)])
    )


def price(values: Values) -> str:
    return values.chance.choice(["€ {}.{:02}", "{} USD and {} cents", "{},{:02} €"]).format(
        values.chance.randint(1, 99999), values.chance.randint(10, 99)
    )


def timestamp(values: Values) -> str:
    seconds = values.chance.randrange(1_500_000_000, 1_780_000_000)
    forms = ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S,123", "%Y%m%d%H%M%S", "%d %b %Y, %H:%M", str(seconds)]
    return datetime.fromtimestamp(seconds, UTC).strftime(values.chance.choice(forms))


# Each with the texts that it stands in.
NEGATIVES: list[tuple[Callable[[Values], str], list[str]]] = [
    (lambda v: v.digits(8, 12), ["order number {}", "Invoice {} is open.", "Ticket #{} was closed.", "customer no. {}"]),
    (lambda v: "ORD-" + v.digits(4) + "-" + v.digits(6), ["Where is {}?", "order {} shipped"]),
    (plain_uuid, ["request_id={}", "The job {} failed.", '"id": "{}",']),
    (lambda v: v.some(HEX, 40), ["commit {}", "See {} for the fix."]),
    (lambda v: v.some(HEX, 7, 12), ["fixed in {}", "git revert {}"]),
    (lambda v: v.some(HEX, 64), ["sha256:{}", "checksum {}  file.tar.gz"]),
    (lambda v: v.some(HEX, 32), ["md5 {}", "etag: {}"]),
    (lambda v: v.some(ALNUM + "+/", 60, 200) + "==", ["data:application/pdf;base64,{}", "blob = '{}'"]),
    (ip_like_version, ["It broke in version {}.", "update to v{}", "driver version {} is out"]),
    (isbn13, ["ISBN {}", "The book {} is sold out."]),
    (imei, ["IMEI {}", "device {} registered"]),
    (lambda v: "400" + v.digits(10), ["EAN {}", "bar code {}"]),
    (price, ["It costs {}.", "total {}"]),
    (timestamp, ["Created {}.", "[{}] INFO started", "at {} the job ended"]),
    (card_with_wrong_digit, ["sample number {}", "The terminal shows {}."]),
    (aadhaar_with_wrong_digit, ["parcel {}", "reference {}"]),
    (dea_with_wrong_digit, ["article {}", "part {} in stock"]),
    (npi_with_wrong_digit, ["NPI {} does not exist", "NPI: {}"]),
    (routing_with_wrong_digit, ["routing number {} is invalid", "ABA {}"]),
    (vin_with_wrong_digit, ["serial {}", "model code {}"]),
    (iban_with_wrong_digits, ["mandate {}", "reference {}"]),
    (pan_of_no_holder, ["batch {}", "voucher {}"]),
    (impossible_ssn, ["form {}", "code {}"]),
    (lambda v: f"{v.digits(2)}-{v.digits(4)}-{v.digits(7)}", ["part {}", "spare part no. {}"]),
    (lambda v: f"{v.digits(3)}-{v.digits(2)}-{v.digits(5)}", ["case {}", "docket {}"]),
    (lambda v: f"{v.digits(4)}.{v.digits(3)}.{v.digits(2)}", ["material {}", "paragraph {}"]),
    (lambda v: "DE" + v.some(UPPER, 8, 16), ["THE {} ROOM", "keyword {}"]),
    (lambda v: "1Z" + v.some(UPPER, 6) + v.digits(10), ["UPS {}", "tracking {}"]),
    (lambda v: f"{v.digits(2)}/{v.digits(2)}", ["page {}", "task {} done"]),
    (lambda v: f"logo-{v.digits(2)}@2x.png", ["img/{}", "<img src='{}'>"]),
    (lambda v: f"lodash@4.17.{v.digits(2)}", ["npm i {}", "{} is outdated"]),
    (lambda v: f"#{v.some(HEX, 6)}", ["color: {};", "The tone {} fits."]),
    (lambda v: f"{v.digits(1)}:{v.digits(2)}:{v.digits(2)}:{v.digits(2)}", ["timecode {}", "cut at {}"]),
    (lambda v: f"std::{v.some('abcdef', 3)}::{v.some('abcdef', 4)}", ["use {};", "call {}()"]),
    (lambda v: f"https://example.com:8443/@{v.some('abcdefgh', 6)}/v2", ["see {}", "GET {}"]),
    (lambda v: "sk-" + v.some("abcdefgh", 4, 8), ["lang={}", "pip install {}"]),
    (lambda v: "eyJ" + v.some(ALNUM, 20), ["cursor={}", "state {}"]),
    (lambda v: f"{v.chance.randint(10, 99)}.{v.digits(6)}, {v.chance.randint(10, 99)}.{v.digits(6)}", ["at {}", "GPS: {}"]),
    (lambda v: f"{v.chance.randint(1, 12):02}/{v.chance.randint(1, 28):02}/20{v.chance.randint(10, 30)}", ["due {}", "Delivered on {}."]),
]  # fmt: skip

# Fixed texts that hold a label or a beginning and no value.
SENTENCES = [
    "Please renew your passport before the trip; passport photos cost extra.",
    "The passport control at the airport was quick.",
    "A driver's license renewal takes two weeks.",
    "We store the medical record of every patient for ten years.",
    "The routing table of the switch is full.",
    "Dr Pepper and MS Office are trademarks; the MX record is not.",
    "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2VydGlmaWNhdGU=\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
    "Keys start with AKIA, tokens with ghp_ or xoxb-, and a JWT with eyJ.",
    "@decorator\ndef total(a: int, b: int) -> int:\n    return a + b",
    "The IBAN of a German account has 22 characters, an NPI ten digits.",
    "for (int i = 0; i < 1024; i++) sum += data[i] * 0x1F2E3D4C;",
]
