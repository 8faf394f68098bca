"""Builds the harmless prompts, on which every alarm is a false one.

    python tests/quality/harmless.py

`harmless/<kind>.txt` holds hand-written requests, one a line, `harmless/slots.json` what they are about. No request
is used more than a bounded number of times, so that no wording dominates, and a part of the prompts is put together
from several, as people do in longer messages.
"""

import json
import random
from pathlib import Path

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "crates/dvara-governance/tests/samples"
SEED = 20_240_817
# How many prompts each kind has; together 2,120.
WANTED = {
    "everyday": 320,
    "work": 270,
    "code": 300,
    "knowledge": 250,
    "attack_words": 480,
    "security": 110,
    "quoting_attacks": 260,
    "unusual": 70,
    "long": 60,
}
ANOTHER = ["Also: ", "One more thing. ", "And a second question: ", "By the way, ", "", "\n\nUnrelated: ", "\n2) "]
FRAMES = [
    "Hi! {}",
    "Hello, I hope you are well. {}",
    "{}\n\nThanks a lot!",
    "Context: I work for a mid-sized company and write for colleagues.\n\n{}",
    "{} Please be brief.",
    "Good morning. {} Best, Jo",
]


class Words(dict[str, list[str]]):
    """A word of each slot's list, and another one when the slot comes twice."""

    def __init__(self, slots: dict[str, list[str]], chance: random.Random) -> None:
        super().__init__({name: chance.sample(words, len(words)) for name, words in slots.items()})

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name).pop()


def filled(request: str, slots: dict[str, list[str]], chance: random.Random) -> str:
    return request.format_map(Words(slots, chance)).replace("\\n", "\n")


def prompts_of(kind: str, slots: dict[str, list[str]], chance: random.Random) -> list[str]:
    requests = (HERE / "harmless" / f"{kind}.txt").read_text().splitlines()
    prompts: dict[str, None] = {}
    while len(prompts) < WANTED[kind]:
        # In rounds over all requests, so that each is used about equally often.
        for request in chance.sample(requests, len(requests)):
            prompts[framed(filled(request, slots, chance), requests, slots, chance)] = None
    return list(prompts)[: WANTED[kind]]


def framed(prompt: str, requests: list[str], slots: dict[str, list[str]], chance: random.Random) -> str:
    draw = chance.random()
    if draw < 0.15:
        return prompt + " " + chance.choice(ANOTHER) + filled(chance.choice(requests), slots, chance)
    return chance.choice(FRAMES).replace("{}", prompt) if draw < 0.35 else prompt


def main() -> None:
    slots = json.loads((HERE / "harmless/slots.json").read_text())
    chance = random.Random(SEED)
    with (SAMPLES / "harmless.jsonl").open("w") as file:
        for kind in WANTED:
            for number, text in enumerate(prompts_of(kind, slots, chance), 1):
                line = {"id": f"{kind}-{number:03}", "kind": kind, "text": text}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
