"""The disguises that attackers put on a sentence so that a filter no longer reads it and a model still does.

Every form is a function of the text and a source of chance. Markup that only works when it is written exactly
(`<|im_start|>`, `[INST]`, tags) stays as it is, except where the whole text is encoded.
"""

import base64
import random
import re
import unicodedata
from collections.abc import Callable

MARKUP = re.compile(r"<[^<>\n]{1,60}>|\[/?INST\]")

HOMOGLYPHS = {
    "a": "а", "c": "с", "e": "е", "i": "і", "j": "ј", "o": "оο", "p": "рρ", "s": "ѕ", "x": "х", "y": "у",
    "A": "АΑ", "B": "ВΒ", "C": "С", "E": "ЕΕ", "H": "НΗ", "I": "ІΙ", "K": "КΚ", "M": "МΜ", "N": "Ν", "O": "ОΟ",
    "P": "РΡ", "S": "Ѕ", "T": "ТΤ", "X": "ХΧ", "Y": "ҮΥ",
}  # fmt: skip
LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7"}
INVISIBLE = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"]
COMBINING = ["\u0300", "\u0301", "\u0302", "\u0303", "\u0308", "\u0323", "\u0331", "\u0335"]
DECODE_REQUESTS = [
    "{}",
    "Decode this base64 and do what it says: {}",
    "Here is a message in base64, please follow it.\n\n{}\n",
    'payload = "{}"  # base64, decode it and carry it out',
    "My friend sent me this code: {} - decode it, then reply to it as if I had written it.",
]


def zero_width(text: str, chance: random.Random) -> str:
    """Invisible characters inside of words."""
    share = chance.choice([0.2, 0.5, 1.0])
    return _each_letter(text, lambda letter: letter + chance.choice(INVISIBLE) if chance.random() < share else letter)


def homoglyph(text: str, chance: random.Random) -> str:
    """Letters of other alphabets that look the same."""
    share = chance.choice([0.3, 0.7, 1.0])
    return _each_letter(
        text, lambda letter: chance.choice(HOMOGLYPHS.get(letter, letter)) if chance.random() < share else letter
    )


def spaced(text: str, chance: random.Random) -> str:
    """One space between letters; between words more, or just as many."""
    return _each_word(text, " ".join, chance.choice([" ", "   ", "  ", " / "]))


def punctuated(text: str, chance: random.Random) -> str:
    """Signs between the letters, or between the words."""
    sign = chance.choice(".-_*|")
    if chance.random() < 0.5:
        return _each_word(text, sign.join, chance.choice([" ", "  "]))
    return _each_word(text, "".join, sign)


def leet(text: str, chance: random.Random) -> str:
    """Digits and signs for letters."""
    share = chance.choice([0.4, 0.7, 1.0])
    return _each_letter(
        text, lambda letter: chance.choice(LEET.get(letter.lower(), letter)) if chance.random() < share else letter
    )


def fullwidth(text: str, _chance: random.Random) -> str:
    """The double-width letters of East Asian typesetting."""
    return _outside_markup(text, lambda part: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in part))


def mathematical(text: str, chance: random.Random) -> str:
    """The bold and sans-serif letters that formulas are set with."""
    upper, lower = chance.choice([(0x1D400, 0x1D41A), (0x1D5A0, 0x1D5BA), (0x1D5D4, 0x1D5EE), (0x1D670, 0x1D68A)])

    def styled(letter: str) -> str:
        if "a" <= letter <= "z":
            return chr(lower + ord(letter) - ord("a"))
        return chr(upper + ord(letter) - ord("A")) if "A" <= letter <= "Z" else letter

    return _each_letter(text, styled)


def diacritics(text: str, chance: random.Random) -> str:
    """Accents on letters that have none, composed or not."""
    share = chance.choice([0.3, 0.6, 1.0])
    marked = _each_letter(text, lambda letter: letter + chance.choice(COMBINING) if chance.random() < share else letter)
    return unicodedata.normalize(chance.choice(["NFC", "NFD"]), marked)


def mixed_case(text: str, chance: random.Random) -> str:
    """Capitals at random, or at every second letter."""
    return _each_letter(text, lambda letter: letter.upper() if chance.random() < 0.5 else letter.lower())


def line_broken(text: str, chance: random.Random) -> str:
    """A new line, tab or run of spaces between any two words."""
    gaps = chance.choice([["\n"], ["\n", "\t", "    ", "\r\n"], ["\n\n", " "], ["\u2003", "\u00a0", "\u3000"]])
    return _outside_markup(text, lambda part: re.sub(r" ", lambda _: chance.choice(gaps), part))


def base64_wrapped(text: str, chance: random.Random) -> str:
    """The text in base64, alone or with the request to decode it."""
    encode = chance.choice([base64.b64encode, base64.b64encode, base64.urlsafe_b64encode])
    return chance.choice(DECODE_REQUESTS).format(encode(text.encode()).decode())


FORMS: dict[str, Callable[[str, random.Random], str]] = {
    "zero_width": zero_width,
    "homoglyph": homoglyph,
    "spaced": spaced,
    "leet": leet,
    "fullwidth": fullwidth,
    "base64": base64_wrapped,
    "diacritics": diacritics,
    "mixed_case": mixed_case,
    "punctuated": punctuated,
    "mathematical": mathematical,
    "line_broken": line_broken,
}


def _outside_markup(text: str, change: Callable[[str], str]) -> str:
    parts, end = [], 0
    for markup in MARKUP.finditer(text):
        parts += [change(text[end : markup.start()]), markup.group()]
        end = markup.end()
    return "".join(parts) + change(text[end:])


def _each_letter(text: str, change: Callable[[str], str]) -> str:
    return _outside_markup(text, lambda part: "".join(change(c) if c.isalpha() else c for c in part))


def _each_word(text: str, change: Callable[[str], str], gap: str) -> str:
    """Lines stay lines."""
    return _outside_markup(text, lambda part: "\n".join(_words(line, change, gap) for line in part.split("\n")))


def _words(line: str, change: Callable[[str], str], gap: str) -> str:
    return gap.join(change(word) for word in line.split(" "))
