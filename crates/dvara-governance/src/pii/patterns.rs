//! What is in force for a tenant: the built-in rules and its own patterns.

use regex::Regex;
use regex_syntax::ParserBuilder;

use super::overlap::{Finding, resolve};
use super::rules::LONGEST_BUILT_IN;
use super::scan::Scan;

/// Longest match of a tenant's pattern, in bytes. A stream is held back by that much, so it is no more than a long line.
const LONGEST_CUSTOM: usize = 512;

/// Most patterns of one tenant; each is a pass over every text.
const MOST_PATTERNS: usize = 32;

/// Memory of one compiled pattern.
const COMPILED_BYTES: usize = 1 << 20;

/// How sure a tenant's own pattern is (control-plane.md §10.1).
const CONFIDENCE: u8 = 90;

/// A tenant's own pattern.
#[derive(Debug, Clone)]
pub struct CustomPattern {
    label: String,
    regex: Regex,
    longest: usize,
}

/// Why a pattern is not in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pattern `{label}`: {reason}")]
pub struct PatternProblem {
    /// The pattern's label.
    pub label: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl CustomPattern {
    /// Compiles a pattern in the syntax of the `regex` crate.
    ///
    /// # Errors
    /// When it is no expression, may match nothing, or may match more than 512 bytes: whoever streams an answer has to know how
    /// much text a match can span.
    pub fn new(label: &str, pattern: &str) -> Result<Self, PatternProblem> {
        let problem = |reason: String| PatternProblem {
            label: label.to_owned(),
            reason,
        };
        let syntax = ParserBuilder::new()
            .nest_limit(64)
            .build()
            .parse(pattern)
            .map_err(|error| problem(format!("not a regular expression: {}", last_line(&error))))?;
        let longest = match syntax.properties().maximum_len() {
            Some(bytes) if bytes <= LONGEST_CUSTOM => bytes,
            Some(bytes) => {
                return Err(problem(format!(
                    "may match {bytes} bytes, and {LONGEST_CUSTOM} are allowed; bound its repetitions, as in `{{1,20}}`, and mind that `\\d` and `\\w` count up to four bytes for other scripts"
                )));
            }
            None => {
                return Err(problem(
                    "may match a text of any length; write `{1,20}` instead of `+` or `*`"
                        .to_owned(),
                ));
            }
        };
        if syntax
            .properties()
            .minimum_len()
            .is_none_or(|least| least == 0)
        {
            return Err(problem("matches an empty text".to_owned()));
        }
        let regex = regex::RegexBuilder::new(pattern)
            .size_limit(COMPILED_BYTES)
            .build()
            .map_err(|error| problem(format!("can't be compiled: {}", last_line(&error))))?;
        Ok(Self {
            label: label.to_owned(),
            regex,
            longest,
        })
    }

    /// What the tenant calls it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Looks from `from` on for matches that nothing behind the text can change; gives up to where there are none any more.
    pub(super) fn scan(
        &self,
        number: u16,
        text: &str,
        from: usize,
        complete: bool,
        found: &mut Vec<Finding>,
    ) -> usize {
        // Four bytes are a character behind the match, which `\b` and `$` look at.
        let sure = if complete {
            text.len()
        } else {
            text.floor_char_boundary(text.len().saturating_sub(self.longest + 4))
        };
        let mut at = from;
        while let Some(matched) = self.regex.find_at(text, at) {
            if matched.start() >= sure && !complete {
                break;
            }
            found.push(Finding {
                kind: super::Kind::Custom,
                start: matched.start(),
                end: matched.end(),
                confidence: CONFIDENCE,
                pattern: Some(number),
                trigger: matched.start(),
            });
            at = matched.end();
        }
        at.max(sure)
    }
}

/// Errors of the parser draw the pattern; its last line says what is wrong.
fn last_line(error: &impl ToString) -> String {
    let text = error.to_string();
    text.lines()
        .last()
        .unwrap_or_default()
        .trim()
        .trim_start_matches("error: ")
        .to_owned()
}

/// Everything that is looked for in a tenant's texts.
#[derive(Debug, Clone, Default)]
pub struct Detectors {
    custom: Vec<CustomPattern>,
}

impl Detectors {
    /// The built-in rules and a tenant's own patterns.
    ///
    /// # Errors
    /// When there are more than 32 patterns.
    pub fn new(custom: Vec<CustomPattern>) -> Result<Self, PatternProblem> {
        if let Some(first) = custom.get(MOST_PATTERNS) {
            return Err(PatternProblem {
                label: first.label.clone(),
                reason: format!(
                    "is one more than the {MOST_PATTERNS} patterns that a tenant may have"
                ),
            });
        }
        Ok(Self { custom })
    }

    /// The tenant's own patterns; [`Finding::pattern`] is a place among them.
    pub fn custom(&self) -> &[CustomPattern] {
        &self.custom
    }

    /// What is found in a whole text, overlaps resolved, by place.
    pub fn scan(&self, text: &str) -> Vec<Finding> {
        self.scan_beside(text, Vec::new())
    }

    /// The same, with what somebody else found in it.
    pub fn scan_beside(&self, text: &str, mut found: Vec<Finding>) -> Vec<Finding> {
        Scan::new(self).advance(self, text, true, &mut found);
        resolve(&mut found);
        found.retain(|finding| !is_placeholder(finding));
        found
    }

    /// The most bytes that a stream is held back by: the longest match of all that is in force.
    pub fn longest(&self) -> usize {
        let custom = self.custom.iter().map(|pattern| pattern.longest + 4);
        custom.max().unwrap_or_default().max(LONGEST_BUILT_IN)
    }
}

/// Whether it only stands for something that was replaced before.
pub(super) fn is_placeholder(finding: &Finding) -> bool {
    finding.kind == super::Kind::Custom && finding.pattern.is_none()
}
