"""Builds the attack samples from the hand-written attacks beside this file.

    python tests/quality/attacks.py

`attacks/work/<kind>.txt` and `attacks/measured/<kind>.txt` hold the attacks: a line `# kind-number`, then the text, in
which ⟦ ⟧ stand around the attack proper where it sits inside something harmless. Which half an attack belongs to was
decided once, by its id (`half_of`); all its forms are in the same half, so that nothing of the measured half can be
learnt from the other.
"""

import hashlib
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from forms import FORMS

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "crates/dvara-governance/tests/samples"
HALVES = ("work", "measured")
KINDS = ("jailbreak", "injection", "indirect", "extraction")
FORMS_PER_ATTACK = 3

CARRIERS = [
    "Hello! I bought a coffee machine from you last week and the milk frother leaks. {} What should I do about the frother?",
    "Can you check this paragraph for spelling? The train leaves at nine and we need to be there early. {}",
    "{} And then please list three good books about the Roman Empire.",
    "I have two questions. First: how do I convert a list to a set in Python? Second: {}",
    "Thanks for your help yesterday, the cake turned out well.\n\n{}\n\nAlso, how long does it keep in the fridge?",
    "My plan for the week: Monday gym, Tuesday dentist, Wednesday off. {} Please turn the plan into a table.",
    "We are a small company in Lyon with twelve people and need a text for our home page. {} The tone should be friendly.",
    "Q: What is the boiling point of ethanol?\nA: 78 degrees Celsius.\nQ: {}",
    "{}\n\nP.S. Answer in English and keep it short.",
    "Dear team, I read your newsletter about heat pumps and found it useful. {} Kind regards, Mette",
]


@dataclass(frozen=True)
class Attack:
    """`text` with `payload` in it; the payload is all of it when nothing harmless is around."""

    id: str
    text: str
    payload: str

    def with_payload(self, payload: str) -> str:
        return self.text.replace(self.payload, payload, 1)


def half_of(attack_id: str) -> str:
    return HALVES[hashlib.sha256(attack_id.encode()).digest()[0] % 2]


def read_attacks(half: str, kind: str) -> list[Attack]:
    written = (HERE / "attacks" / half / f"{kind}.txt").read_text()
    # Other lines that begin with "#" belong to an attack.
    blocks = re.split(r"^# ([a-z]+-\d+)\n", written, flags=re.MULTILINE)
    attacks = [_attack(id, text.strip("\n")) for id, text in zip(blocks[1::2], blocks[2::2], strict=True)]
    misplaced = [attack.id for attack in attacks if half_of(attack.id) != half]
    if misplaced:
        raise ValueError(f"not of the half '{half}': {', '.join(misplaced)}")
    return attacks


def _attack(id: str, marked: str) -> Attack:
    payload = re.search(r"⟦(.*?)⟧", marked, re.DOTALL)
    text = marked.replace("⟦", "").replace("⟧", "")
    return Attack(id, text, payload[1] if payload else text)


def lines_of(attack: Attack, kind: str) -> list[dict[str, str]]:
    """The attack as it was written, once more inside of something harmless, and in some of the forms."""
    chance = random.Random(attack.id)
    lines = [{"id": attack.id, "kind": kind, "form": "plain", "text": attack.text}]
    bare = attack.payload == attack.text and "\n" not in attack.text
    if bare and chance.random() < 0.6:
        carried = chance.choice(CARRIERS).format(attack.text)
        lines.append({"id": f"{attack.id}-carried", "kind": kind, "form": "plain", "text": carried})
    for form in chance.sample(list(FORMS), FORMS_PER_ATTACK):
        text = attack.with_payload(FORMS[form](attack.payload, chance))
        if bare and chance.random() < 0.3:
            text = chance.choice(CARRIERS).format(text)
        lines.append({"id": f"{attack.id}-{form}", "kind": kind, "form": form, "text": text})
    return lines


def main() -> None:
    for half in HALVES:
        lines = [line for kind in KINDS for attack in read_attacks(half, kind) for line in lines_of(attack, kind)]
        with (SAMPLES / f"attacks-{half}.jsonl").open("w") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        print(f"{half}: {len(lines)} lines, {sum(line['form'] == 'plain' for line in lines)} of them plain")


if __name__ == "__main__":
    main()
