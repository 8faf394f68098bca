//! The nearest known name to one that is not known, for hints.

/// The candidate that was most likely meant, or `None` when nothing is near.
///
/// A candidate that ends with the whole dotted word is taken first, because keys are put at the wrong level as often as
/// they are misspelled.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = 1 + word.chars().count() / 5;
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = if is_tail(word, candidate) {
            0
        } else if word.len().abs_diff(candidate.len()) > allowed {
            continue; // a longer table would only say the same
        } else {
            distance(word, candidate)
        };
        let better = best.is_none_or(|(known, _)| distance < known);
        if distance <= allowed && better {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn is_tail(word: &str, candidate: &str) -> bool {
    word.contains('.')
        && candidate
            .strip_suffix(word)
            .is_some_and(|head| head.ends_with('.'))
}

/// Edits between two words, case aside; two neighbours swapped count as one.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().flat_map(char::to_lowercase).collect();
    let other: Vec<char> = other.chars().flat_map(char::to_lowercase).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=other.len()).collect();
    for (i, left) in one.iter().enumerate() {
        let mut row = Vec::with_capacity(other.len() + 1);
        row.push(i + 1);
        for (j, right) in other.iter().enumerate() {
            let substituted = previous[j] + usize::from(left != right);
            let mut least = substituted.min(previous[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && *left == other[j - 1] && one[i - 1] == *right;
            if swapped {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut previous, row);
    }
    previous[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_is_hinted() {
        let known = [
            "rate-limit.enabled",
            "rate-limit.per-key.requests-per-minute",
            "server.port",
            "providers",
            "DVARA_LICENSE_KEY",
        ];
        let cases = [
            ("rate-limt.enabled", Some("rate-limit.enabled")),
            ("server.prot", Some("server.port")),
            ("provider", Some("providers")),
            ("DVARA_LICENCE_KEY", Some("DVARA_LICENSE_KEY")),
            (
                "per-key.requests-per-minute",
                Some("rate-limit.per-key.requests-per-minute"),
            ),
            ("colour", None),
            ("", None),
        ];
        for (word, hint) in cases {
            assert_eq!(nearest(word, known), hint, "{word}");
        }
    }

    #[test]
    fn distance_counts_edits() {
        let cases = [
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("kitten", "sitting", 3),
            ("Ab", "aB", 0),
        ];
        for (one, other, edits) in cases {
            assert_eq!(distance(one, other), edits, "{one} {other}");
        }
    }
}
