"""The check digits of the generated values, written from the standards that are named, not from any detector."""


def luhn_digit(digits: str) -> str:
    """ISO/IEC 7812-1: the digit that completes `digits`."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def iban_check_digits(country: str, account: str) -> str:
    """ISO 13616: mod 97-10 over account, country and two zeros, letters as 10 to 35."""
    number = "".join(str(int(character, 36)) for character in account + country + "00")
    return f"{98 - int(number) % 97:02}"


def dea_digit(digits: str) -> str:
    """Of the six digits before it: odd places plus twice the even places, last digit."""
    odd, even = sum(map(int, digits[0::2])), sum(map(int, digits[1::2]))
    return str((odd + 2 * even) % 10)


def npi_digit(digits: str) -> str:
    """45 CFR 162.406: Luhn over the nine digits with the issuer prefix 80840 before them."""
    return luhn_digit("80840" + digits)


def aba_digit(digits: str) -> str:
    """ABA routing numbers: weights 3, 7, 1."""
    return str(-sum(int(digit) * weight for digit, weight in zip(digits, [3, 7, 1, 3, 7, 1, 3, 7])) % 10)


def vin_digit(vin: str) -> str:
    """49 CFR 565: the ninth character, from the sixteen others; what `vin` has in that place does not matter."""
    values = {letter: value for row in ("ABCDEFGH", "JKLMN", " STUVWXYZ") for value, letter in enumerate(row, 1)}
    values |= {"P": 7, "R": 9} | {str(digit): digit for digit in range(10)}
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
    rest = sum(values[character] * weight for character, weight in zip(vin, weights, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def verhoeff_digit(digits: str) -> str:
    """Verhoeff, 1969, as Aadhaar uses it: multiplication in the dihedral group of order ten."""
    check = 0
    for place, digit in enumerate(reversed(digits), 1):
        check = _dihedral(check, _permuted(int(digit), place))
    return str(next(digit for digit in range(10) if _dihedral(check, digit) == 0))


def _dihedral(left: int, right: int) -> int:
    """Turns are 0 to 4, reflections 5 to 9."""
    if left < 5:
        return (left + right) % 5 + (5 if right >= 5 else 0)
    return (left - right) % 5 + (0 if right >= 5 else 5)


def _permuted(digit: int, times: int) -> int:
    for _ in range(times % 8):
        digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
    return digit
