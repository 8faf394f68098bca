//! Names of documents as Bedrock takes them: letters, digits, blanks, hyphens, parentheses and brackets, no two the same
//! (Bedrock, DocumentBlock).

/// Characters of a name; Bedrock allows 200.
const LONGEST: usize = 180;

/// The names that are taken.
#[derive(Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// A name for a document that the client calls so.
    pub(super) fn of(&mut self, name: Option<&str>) -> String {
        let plain = plain(name.unwrap_or_default());
        let mut unique = plain.clone();
        let mut number = 1;
        while self.0.contains(&unique) {
            number += 1;
            unique = format!("{plain} ({number})");
        }
        self.0.push(unique.clone());
        unique
    }
}

/// The name without its ending, which Bedrock has as the format.
fn plain(name: &str) -> String {
    let stem = match name.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 8 && !stem.is_empty() => stem,
        _ => name,
    };
    let mut plain = String::with_capacity(stem.len());
    for character in stem.chars().take(LONGEST) {
        let kept = match character {
            '-' | '(' | ')' | '[' | ']' => character,
            other if other.is_ascii_alphanumeric() => other,
            other if other.is_whitespace() => ' ',
            _ => '-',
        };
        if kept != ' ' || !plain.ends_with(' ') {
            plain.push(kept);
        }
    }
    match plain.trim() {
        "" => "document".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_bedrock_takes_and_no_two_the_same() {
        let mut names = Names::default();
        for (name, expected) in [
            (Some("Report_2024 (final)[1].pdf"), "Report-2024 (final)[1]"),
            (Some("report.pdf"), "report"),
            (Some("report.docx"), "report (2)"),
            (Some("report"), "report (3)"),
            (Some("a \t\n b"), "a b"),
            (Some("Übersicht.txt"), "-bersicht"),
            (Some(".pdf"), "-pdf"),
            (Some("  "), "document"),
            (None, "document (2)"),
            (Some("no ending at all. Really"), "no ending at all"),
        ] {
            assert_eq!(names.of(name), expected, "{name:?}");
        }
        let long = names.of(Some(&"x".repeat(500)));
        assert_eq!(long.len(), LONGEST);
        assert_eq!(names.of(Some(&"x".repeat(400))).len(), LONGEST + 4);
    }
}
