"""Precision and recall of each type of personal data and secret, beside Presidio's."""

from collections.abc import Iterable

from findings import Finding, Tally, judge
from generate import Text
from kinds import CHECKSUMMED, MAKERS
from presidio import SUPPORTED
from report import Report, table

LEAST_PRECISION, LEAST_RECALL = 0.97, 0.95
# Presidio's scores end at whole twentieths; 0.5 is what the product asks for by default.
THRESHOLDS = [0.0, 0.05, 0.1, 0.3, 0.4, 0.5, 0.7, 0.9]
# Figures are shown, and therefore compared, with three digits.
DIGITS = 3


def pii_report(texts: list[Text], ours: dict[str, list[Finding]], theirs: dict[str, list[Finding]]) -> Report:
    report = Report()
    rows = []
    for type in MAKERS:
        tally, mistakes = judge(texts, ours, type)
        report.mistakes += [f"{type} {kind}: {text!r}" for kind, text in mistakes]
        report.missed += checksum_aims(type, tally)
        rows.append([type, tally.positives, *figures(tally), *beside(type, texts, ours, theirs, tally, report)])
    unknown = sorted({finding.type for found in ours.values() for finding in found} - MAKERS.keys())
    report.missed += [f"findings of a type that nobody measures: {type}" for type in unknown]
    head = ["type", "positives", "precision", "recall", "F1", "Presidio: precision", "recall", "F1", "at score"]
    title = f"## Personal data and secrets: {len(texts)} texts, {sum(len(text.values) for text in texts)} values"
    note = "\\* compared in English texts only, where our F1 is the one in brackets: Presidio's names come from an English model."
    report.text = "\n".join([title, "", *table(head, rows), "", note])
    return report


def checksum_aims(type: str, tally: Tally) -> Iterable[str]:
    if type in CHECKSUMMED and round(tally.precision, DIGITS) < LEAST_PRECISION:
        yield f"{type}: precision {tally.precision:.3f}, at least {LEAST_PRECISION} wanted"
    if type in CHECKSUMMED and round(tally.recall, DIGITS) < LEAST_RECALL:
        yield f"{type}: recall {tally.recall:.3f}, at least {LEAST_RECALL} wanted"


def beside(
    type: str,
    texts: list[Text],
    ours: dict[str, list[Finding]],
    theirs: dict[str, list[Finding]],
    tally: Tally,
    report: Report,
) -> list[str]:
    """Presidio's figures, at the score that gives it the best F1."""
    if type not in SUPPORTED:
        return ["–"] * 4
    marks = ["", ""]
    if type == "PERSON_NAME":
        texts = [text for text in texts if text.language == "en"]
        tally, _ = judge(texts, ours, type)
        marks = ["\\*", f" ({tally.f1:.3f})"]
    threshold, best = max(
        ((threshold, judge(texts, theirs, type, threshold)[0]) for threshold in THRESHOLDS), key=lambda pair: pair[1].f1
    )
    if round(tally.f1, DIGITS) < round(best.f1, DIGITS):
        report.missed.append(f"{type}: F1 {tally.f1:.3f}, behind Presidio's {best.f1:.3f}")
    precision, recall, f1 = figures(best)
    return [precision + marks[0], recall + marks[0], f1 + marks[0] + marks[1], f"{threshold:.2f}"]


def figures(tally: Tally) -> list[str]:
    return [f"{tally.precision:.3f}", f"{tally.recall:.3f}", f"{tally.f1:.3f}"]
