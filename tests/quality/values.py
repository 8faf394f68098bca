"""What a value is made from: one locale's Faker, and chance; the same seed gives the same values."""

import random
import string

from faker import Faker

UPPER, DIGITS = string.ascii_uppercase, string.digits
ALNUM = string.ascii_letters + DIGITS


class Values:
    def __init__(self, locale: str, seed: int) -> None:
        self.chance = random.Random(f"{locale}-{seed}")
        self.faker = Faker(locale)
        self.faker.seed_instance(seed)

    def some(self, characters: str, least: int, most: int | None = None) -> str:
        return "".join(self.chance.choices(characters, k=self.chance.randint(least, most or least)))

    def digits(self, least: int, most: int | None = None) -> str:
        return self.some(DIGITS, least, most)

    def shaped(self, form: str) -> str:
        """`#` is a digit, `@` a capital."""
        kinds = {"#": DIGITS, "@": UPPER}
        return "".join(self.chance.choice(kinds[sign]) if sign in kinds else sign for sign in form)


def grouped(text: str, separator: str, *sizes: int) -> str:
    """In groups of those sizes, the last size until the end."""
    groups = []
    for size in sizes:
        groups.append(text[:size])
        text = text[size:]
    while text:
        groups.append(text[: sizes[-1]])
        text = text[sizes[-1] :]
    return separator.join(groups)
