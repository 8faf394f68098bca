"""Running text with personal data, secrets and what looks like them, and where each value is.

    python tests/quality/generate.py > texts.jsonl

One text a line: `{"id", "language", "text", "values": [{"type", "start", "end", "outer_start", "outer_end"}]}`, in
characters. The outer place is that of the value with its label or title. The seed is fixed: everybody measures the
same texts.
"""

import json
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import negatives
from contexts import FILLER, SENTENCES, STRUCTURES, UNLABELLED
from kinds import MAKERS
from values import Values

SEED = 8_2026
PER_TYPE = 400
LOCALES = {
    "en": ["en_US", "en_GB", "en_IN"],
    "de": ["de_DE", "de_AT"],
    "fr": ["fr_FR"],
    "es": ["es_ES", "es_MX"],
    "it": ["it_IT"],
}
LANGUAGE_WEIGHTS = {"en": 12, "de": 4, "fr": 3, "es": 3, "it": 2}


@dataclass
class Value:
    type: str
    start: int
    end: int
    outer_start: int
    outer_end: int


@dataclass
class Text:
    id: str
    language: str
    text: str = ""
    values: list[Value] = field(default_factory=list)

    def add(self, part: str, separator: str) -> int:
        """Where `part` begins."""
        self.text += separator if self.text else ""
        start = len(self.text)
        self.text += part
        return start


def texts() -> Iterator[Text]:
    """Every type `PER_TYPE` times, in an order of chance, one to four values a text."""
    chance = random.Random(SEED)
    left = [type for type in MAKERS for _ in range(PER_TYPE)]
    chance.shuffle(left)
    locales = {locale: Values(locale, SEED) for locale in sum(LOCALES.values(), [])}
    number = 0
    while left:
        count = chance.randint(1, 4)
        types, left = left[:count], left[count:]
        number += 1
        yield one_text(f"text-{number:05}", types, locales, chance)


def one_text(id: str, types: list[str], locales: dict[str, Values], chance: random.Random) -> Text:
    language = chance.choices(list(LANGUAGE_WEIGHTS), LANGUAGE_WEIGHTS.values())[0]
    values = locales[chance.choice(LOCALES[language])]
    text = Text(id, language)
    parts: list[str | None] = [*types, *[None] * chance.randint(1, 3)]
    chance.shuffle(parts)
    for part in parts:
        separator = chance.choice([" ", " ", " ", "\n", "\n\n"])
        if chance.random() < 0.6:
            text.add(filler(language, values, chance), separator)
        if part is None:
            text.add(negative(values, chance), separator)
        else:
            add_value(text, part, values, chance, separator)
    return text


def add_value(text: Text, type: str, values: Values, chance: random.Random, separator: str) -> None:
    value = MAKERS[type](values)
    outer_start, start, end, outer_end, part = placed(context(type, text.language, chance), value)
    offset = text.add(part, separator)
    text.values.append(Value(type, offset + start, offset + end, offset + outer_start, offset + outer_end))


def placed(context: str, value: str) -> tuple[int, int, int, int, str]:
    """The context with the value in it, and the four places that a `Value` holds."""
    before, after = re.split(r"(?<!\{)\{\}(?!\})", context.replace("{{", "\x00").replace("}}", "\x01"), maxsplit=1)
    start = len(before.replace("[", ""))
    outer_start = before.index("[") if "[" in before else start
    end = start + len(value)
    outer_end = end + after.index("]") if "[" in before else end
    if "[" in before:
        before, after = before.replace("[", ""), after.replace("]", "")
    part = (before + "\x02" + after).replace("\x00", "{").replace("\x01", "}").replace("\x02", value)
    return outer_start, start, end, outer_end, part


def context(type: str, language: str, chance: random.Random) -> str:
    if type in UNLABELLED and chance.random() < 0.2:
        return chance.choice(STRUCTURES)
    languages = SENTENCES[type]
    return chance.choice(languages.get(language, languages["en"]))


def filler(language: str, values: Values, chance: random.Random) -> str:
    if chance.random() < 0.5:
        return chance.choice(FILLER[language])
    return values.faker.sentence(nb_words=chance.randint(5, 18))


def negative(values: Values, chance: random.Random) -> str:
    if chance.random() < 0.2:
        return chance.choice(negatives.SENTENCES)
    make, sentences = chance.choice(negatives.NEGATIVES)
    return chance.choice(sentences).replace("{}", make(values))


def main() -> None:
    for text in texts():
        sys.stdout.write(json.dumps(asdict(text), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
