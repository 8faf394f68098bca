mod table;

use super::*;
use crate::guardrail::guardrails::Guardrails;
use crate::guardrail::settings::GuardrailSettings;
use table::{GENERAL, TABLE};

fn found(text: &str) -> Vec<String> {
    let (guardrails, _) = Guardrails::new(GuardrailSettings {
        threshold: 0.0,
        ..GuardrailSettings::default()
    });
    let mut found = Vec::new();
    guardrails.scan_request([text], &mut found);
    found
        .into_iter()
        .map(|detection| detection.rule.into_owned())
        .collect()
}

#[test]
fn every_rule_finds_its_attacks_and_leaves_near_texts_alone() {
    let mut wrong = Vec::new();
    for (rule, attacks, harmless) in TABLE {
        let finds = |text: &&&str| found(text).iter().any(|id| id == rule);
        wrong.extend(
            attacks
                .iter()
                .filter(|text| !finds(text))
                .map(|text| format!("{rule} misses {text}")),
        );
        wrong.extend(
            harmless
                .iter()
                .filter(finds)
                .map(|text| format!("{rule} finds {text}")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn attacks_are_found_in_other_words_and_their_subjects_are_no_attacks() {
    let (attacks, harmless) = GENERAL;
    let missed: Vec<_> = attacks
        .iter()
        .filter(|text| found(text).is_empty())
        .collect();
    let wrong: Vec<_> = harmless
        .iter()
        .filter(|text| !found(text).is_empty())
        .collect();
    assert!(
        missed.is_empty() && wrong.is_empty(),
        "{missed:#?} {wrong:#?}"
    );
}

#[test]
fn mild_swear_words_are_scored_under_the_threshold() {
    for (word, rule) in [
        ("damn", "prof-damn"),
        ("crap", "prof-crap"),
        ("hell", "prof-hell"),
        ("bastards", "prof-bastard"),
    ] {
        assert_eq!(found(word), [rule]);
    }
    assert!(found("shell, scrap, a dame, mustard").is_empty());
    assert!(
        REQUEST
            .rules
            .iter()
            .filter(|rule| rule.score < 0.7)
            .all(|rule| rule.label.starts_with("mild"))
    );
}

#[test]
fn every_rule_is_in_the_table() {
    for rule in REQUEST.rules.iter().filter(|rule| rule.score >= 0.7) {
        assert!(
            TABLE.iter().any(|(id, ..)| *id == rule.id),
            "{} is not tested",
            rule.id
        );
    }
}

#[test]
fn the_table_of_words_stays_small_enough_to_be_walked() {
    assert!(
        REQUEST.parts.len() < 12_000,
        "{} parts",
        REQUEST.parts.len()
    );
    assert!(
        REQUEST.lexicon.len() < 8_000,
        "{} words",
        REQUEST.lexicon.len()
    );
    for step in &REQUEST.following {
        assert!(step.before < step.reaches);
    }
}

#[test]
fn a_pattern_that_names_no_list_is_refused() {
    let mut compiler = Compiler::default();
    let refused = compiler.pattern("ignore @nosuchlist", Meaning::Negates);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "no such list of words: nosuchlist"
    );
}
