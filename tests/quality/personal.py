"""Personal data of every type, as people write it. Check digits come from `checksums`, the rest from Faker and chance."""

from datetime import date, timedelta

from checksums import aba_digit, dea_digit, iban_check_digits, luhn_digit, npi_digit, verhoeff_digit, vin_digit
from values import DIGITS, UPPER, Values, grouped

VIN_LETTERS = "".join(letter for letter in UPPER + DIGITS if letter not in "IOQ")
# The fourth letter says what kind of holder a PAN has.
PAN_HOLDERS = "PCHABGJLFT"


def email(values: Values) -> str:
    chance = values.chance
    domain = chance.choice(["example.com", "mail.example.org", "firma-nord.de", "univ-lyon.fr", "a1b.co.uk", "corp.io"])
    local = (
        values.faker.user_name()
        if chance.random() < 0.5
        else chance.choice(
            ["anna.k", "j.o.smith", "info", "first.last+tag", "m_weber", "x-ray99", "sales.eu", "o'neil", "ceo2"]
        )
    )
    address = f"{local}{values.digits(0, 2)}@{values.faker.domain_name() if chance.random() < 0.5 else domain}"
    return address.upper() if chance.random() < 0.05 else address


def phone_number(values: Values) -> str:
    draw = values.chance.random()
    return (
        american_phone(values) if draw < 0.45 else international_phone(values) if draw < 0.9 else national_phone(values)
    )


def american_phone(values: Values) -> str:
    area = values.chance.choice(["212", "415", "617", "312", "206", "303", "404", "512", "713", "858", "919"])
    exchange, line = values.some("23456789", 1) + values.some("3456789", 1) + values.digits(1), values.digits(4)
    form = values.chance.choice(
        ["{}-{}-{}", "({}) {}-{}", "{}.{}.{}", "{} {} {}", "+1 {} {} {}", "+1-{}-{}-{}", "+1 ({}) {}-{}"]
    )
    return form.format(area, exchange, line)


def international_phone(values: Values) -> str:
    form = values.chance.choice(
        [
            "+49 30 2########",
            "+49 151 2#######",
            "+44 20 7### ####",
            "+44 7911 1#####",
            "+33 1 4# ## ## ##",
            "+33612######",
        ]
        + [
            "+34 612 ### ###",
            "+39 06 69## ####",
            "+31 20 5## ####",
            "+48 512 ### ###",
            "+91 98### #####",
            "+55 11 9####-####",
        ]
        + [
            "+46 8 5## ### ##",
            "+41 44 2## ## ##",
            "+4930#######",
            "+61 2 9### ####",
            "+81 3-3###-####",
            "+351 21 3## ####",
        ]
    )
    return values.shaped(form)


def national_phone(values: Values) -> str:
    forms = ["030 2#######", "0151 2#######", "020 7### ####", "01 4# ## ## ##", "06 12 ## ## ##", "612 ### ###"]
    return values.shaped(values.chance.choice(forms))


def ssn(values: Values) -> str:
    area = values.chance.choice([n for n in range(1, 900) if n != 666])
    separator = values.chance.choice(["-"] * 5 + [" "])
    return f"{area:03}{separator}{values.chance.randint(1, 99):02}{separator}{values.chance.randint(1, 9999):04}"


def credit_card(values: Values) -> str:
    brands = {
        "4": 40,
        "51": 6,
        "52": 5,
        "53": 5,
        "54": 5,
        "55": 5,
        "2221": 3,
        "2475": 3,
        "2720": 2,
        "34": 6,
        "37": 10,
        "6011": 6,
        "65": 4,
        "3566": 2,
        "3618": 2,
    }
    start = values.chance.choices(list(brands), brands.values())[0]
    length = {"34": 15, "37": 15, "3618": 14}.get(start, 16)
    body = start + values.digits(length - 1 - len(start))
    number = body + luhn_digit(body)
    separator = values.chance.choice(["", "", " ", " ", "-"])
    return grouped(number, separator, *((4,) if length == 16 else (4, 6, 5)))


def date_of_birth(values: Values) -> str:
    born = date(1930, 1, 1) + timedelta(days=values.chance.randrange(78 * 365))
    return born.strftime(values.chance.choice(["%m/%d/%Y", "%m/%d/%Y", "%m-%d-%Y"]))


def ip_address(values: Values) -> str:
    if values.chance.random() < 0.7:
        return values.chance.choice([values.faker.ipv4_public, values.faker.ipv4_private])()
    address = values.faker.ipv6()
    if values.chance.random() < 0.5:
        head, tail = address.split(":")[: values.chance.randint(1, 5)], values.some("123456789abcdef", 1, 4)
        address = ":".join(["2001", "db8", *head[2:]]) + "::" + tail
    return address


def passport_number(values: Values) -> str:
    """The United States' old and new ones, and Germany's."""
    return values.shaped(values.chance.choice(["#########", "@########", "C01X@##@#"]))


def drivers_license(values: Values) -> str:
    """As some of the states number them."""
    forms = ["@#######", "########", "#########", "@############", "@@######"]
    return values.shaped(values.chance.choice(forms))


def iban(values: Values) -> str:
    country, length = values.chance.choice(
        [("DE", 18), ("FR", 23), ("ES", 20), ("IT", 23), ("GB", 18), ("NL", 14), ("CH", 17), ("AT", 16), ("BE", 12)]
        + [("PL", 24), ("PT", 21), ("SE", 20), ("NO", 11), ("MT", 27), ("IE", 18), ("DK", 14), ("FI", 14)]
    )
    account = (
        values.some(UPPER, 4)
        if country in ("GB", "NL", "MT", "IE")
        else values.some(UPPER, 1)
        if country == "IT"
        else ""
    )
    account += values.digits(length - len(account))
    number = country + iban_check_digits(country, account) + account
    return grouped(number, values.chance.choice(["", " "]), 4)


def person_name(values: Values) -> str:
    faker, draw = values.faker, values.chance.random()
    first, last = faker.first_name(), faker.last_name()
    return last if draw < 0.25 else f"{first} {last}" if draw < 0.85 else f"{first} {values.some(UPPER, 1)}. {last}"


def medical_record_number(values: Values) -> str:
    return values.digits(6, 10)


def dea_number(values: Values) -> str:
    body = values.digits(6)
    return values.some("ABFGM", 1) + values.some(UPPER, 1) + body + dea_digit(body)


def npi_number(values: Values) -> str:
    body = values.some("12", 1) + values.digits(8)
    return body + npi_digit(body)


def aadhaar(values: Values) -> str:
    body = values.some("23456789", 1) + values.digits(10)
    return grouped(body + verhoeff_digit(body), values.chance.choice([" ", " ", " ", "-"]), 4)


def pan(values: Values) -> str:
    holder, number = values.some(UPPER, 3) + values.some(PAN_HOLDERS, 1), f"{values.chance.randint(1, 9999):04}"
    return holder + values.some(UPPER, 1) + number + values.some(UPPER, 1)


def us_bank_routing(values: Values) -> str:
    body = f"{values.chance.choice([*range(1, 13), *range(21, 33)]):02}" + values.digits(6)
    return body + aba_digit(body)


def vin(values: Values) -> str:
    maker = values.chance.choice(["1HG", "1FT", "2T1", "3VW", "5YJ", "JHM", "WBA", "WVW", "KMH", "1G1", "SAL"])
    body = (
        maker
        + values.some(VIN_LETTERS, 5)
        + "0"
        + values.some("ABCDEFGHJKLMNPRSTVWXY", 1)
        + values.some(VIN_LETTERS, 1)
    )
    body += values.digits(6)
    return body[:8] + vin_digit(body) + body[9:]


def mac_address(values: Values) -> str:
    digits = values.some(values.chance.choice(["0123456789abcdef", "0123456789ABCDEF"]), 12)
    return values.chance.choice(
        [grouped(digits, ":", 2), grouped(digits, ":", 2), grouped(digits, "-", 2), grouped(digits, ".", 4)]
    )
