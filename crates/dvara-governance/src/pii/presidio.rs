//! Microsoft Presidio's findings beside our own: what to ask its analyzer for a text, and what its answer means.
//!
//! Presidio sees what no rule can write down, such as names and places in running text. Asking is the app's.

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::overlap::Finding;

/// The body of `POST /analyze` (Presidio's API, "Analyzer").
#[derive(Serialize)]
pub struct Analysis<'t> {
    /// What to look through.
    pub text: &'t str,
    /// A language of its models, such as `en`.
    pub language: &'t str,
    /// What scores less is not said; 0 to 1.
    pub score_threshold: f32,
}

/// One element of its answer.
#[derive(Clone, PartialEq, Deserialize)]
pub struct Recognized {
    /// One of its names, such as `PERSON`.
    pub entity_type: String,
    /// The first character.
    pub start: usize,
    /// The first character behind it.
    pub end: usize,
    /// How sure it is; 0 to 1.
    pub score: f32,
}

/// What an answer found in `text`. Places that the text does not have, and what is no personal data by itself (a date, a URL), are
/// left out.
pub fn findings(text: &str, recognized: &[Recognized]) -> Vec<Finding> {
    // Presidio counts characters as Python does, we count bytes.
    let mut places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    places.push(text.len());
    recognized
        .iter()
        .filter_map(|one| {
            let (start, end) = (*places.get(one.start)?, *places.get(one.end)?);
            let kind = kind(&one.entity_type).filter(|_| start < end)?;
            Some(Finding {
                kind,
                start,
                end,
                confidence: (one.score.clamp(0.0, 1.0) * 100.0) as u8,
                pattern: None,
                trigger: start,
            })
        })
        .collect()
}

/// Our name for one of Presidio's ("Supported entities").
fn kind(entity: &str) -> Option<Kind> {
    Some(match entity {
        "EMAIL_ADDRESS" => Kind::Email,
        "PHONE_NUMBER" => Kind::PhoneNumber,
        "US_SSN" => Kind::Ssn,
        "CREDIT_CARD" => Kind::CreditCard,
        "IP_ADDRESS" => Kind::IpAddress,
        "IBAN_CODE" => Kind::Iban,
        "PERSON" => Kind::PersonName,
        "US_DRIVER_LICENSE" | "IT_DRIVER_LICENSE" => Kind::DriversLicense,
        "US_NPI" => Kind::NpiNumber,
        "MEDICAL_LICENSE" => Kind::DeaNumber,
        "IN_AADHAAR" => Kind::Aadhaar,
        "IN_PAN" => Kind::Pan,
        "MAC_ADDRESS" => Kind::MacAddress,
        "LOCATION" | "GPE" => Kind::Location,
        "NRP" | "NORP" => Kind::Nationality,
        "ORGANIZATION" => Kind::Organization,
        "DATE_TIME" | "URL" => return None,
        passport if passport.ends_with("_PASSPORT") => Kind::PassportNumber,
        _ => Kind::Entity,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Detectors;
    use super::*;

    fn recognized(entity: &str, start: usize, end: usize, score: f32) -> Recognized {
        let answer = json!({"entity_type": entity, "start": start, "end": end, "score": score, "analysis_explanation": null});
        serde_json::from_value(answer).unwrap()
    }

    fn seen<'t>(text: &'t str, found: &[Finding]) -> Vec<(Kind, &'t str)> {
        let part = |finding: &Finding| (finding.kind, &text[finding.start..finding.end]);
        found.iter().map(part).collect()
    }

    #[test]
    fn places_are_characters_and_become_bytes() {
        let text = "Grüße aus Köln, Jürgen";
        let answer = [
            recognized("LOCATION", 10, 14, 0.85),
            recognized("PERSON", 16, 22, 0.85),
            recognized("PERSON", 16, 23, 0.85),
            recognized("PERSON", 5, 5, 0.85),
            recognized("DATE_TIME", 0, 5, 0.85),
        ];
        let expected = [(Kind::Location, "Köln"), (Kind::PersonName, "Jürgen")];
        assert_eq!(seen(text, &findings(text, &answer)), expected);
    }

    #[test]
    fn where_both_find_something_the_surer_one_stands() {
        let text = "Ask Ada at ada@example.com or +1 212 555 0188";
        let answer = [
            recognized("PERSON", 4, 7, 0.85),
            recognized("URL", 15, 26, 0.5),
            recognized("PERSON", 11, 26, 0.6),
            recognized("UK_NHS", 30, 45, 1.0),
        ];
        let found = Detectors::default().scan_beside(text, findings(text, &answer));
        let expected = [
            (Kind::PersonName, "Ada"),
            (Kind::Email, "ada@example.com"),
            (Kind::Entity, "+1 212 555 0188"),
        ];
        assert_eq!(seen(text, &found), expected);
    }
}
