//! Text → condition, by recursive descent over words, strings, numbers and signs.

use dvara_types::Glob;

use super::{Condition, Flag, NumberTest, Subject, TextTest};

/// How deep conditions may nest: enough for people, and no way to exhaust the stack.
const DEEPEST: usize = 32;

/// A text is no condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {what}")]
pub struct MatcherError {
    /// Where, counted from 1.
    pub at: usize,
    /// What is wrong.
    pub what: String,
}

pub(super) fn parse(text: &str) -> Result<Condition, MatcherError> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    let condition = parser.condition()?;
    match parser.rest() {
        "" => Ok(condition),
        _ => Err(parser.expected("`and`, `or` or the end")),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn condition(&mut self) -> Result<Condition, MatcherError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.expected("less nesting"));
        }
        let first = self.conjunction()?;
        let any = self.chain(first, "or", Self::conjunction)?;
        self.depth -= 1;
        Ok(single_or(any, Condition::Any))
    }

    fn conjunction(&mut self) -> Result<Condition, MatcherError> {
        let first = self.negation()?;
        let all = self.chain(first, "and", Self::negation)?;
        Ok(single_or(all, Condition::All))
    }

    fn chain(
        &mut self,
        first: Condition,
        word: &str,
        next: fn(&mut Self) -> Result<Condition, MatcherError>,
    ) -> Result<Vec<Condition>, MatcherError> {
        let mut conditions = vec![first];
        while self.take_word(word) {
            conditions.push(next(self)?);
        }
        Ok(conditions)
    }

    fn negation(&mut self) -> Result<Condition, MatcherError> {
        // A chain of `not` is a loop, not a recursion.
        let mut negated = false;
        while self.take_word("not") {
            negated = !negated;
        }
        let inner = if self.take_sign("(") {
            let inner = self.condition()?;
            if !self.take_sign(")") {
                return Err(self.expected("`)`"));
            }
            inner
        } else {
            self.test()?
        };
        Ok(if negated {
            Condition::Not(Box::new(inner))
        } else {
            inner
        })
    }

    fn test(&mut self) -> Result<Condition, MatcherError> {
        let start = self.at;
        let subject = match self.word() {
            "tools" => return Ok(Condition::Flag(Flag::Tools)),
            "stream" => return Ok(Condition::Flag(Flag::Stream)),
            "json" => return Ok(Condition::Flag(Flag::Json)),
            "images" => return Ok(Condition::Flag(Flag::Images)),
            "messages" => return self.number_test(),
            "model" => Subject::Model,
            "last" => Subject::Last,
            "role" => Subject::Role,
            "system" => Subject::System,
            "any" => Subject::Any,
            "user" => Subject::User,
            _ => {
                self.at = start;
                return Err(self.expected("a word such as `model`, `last` or `tools`"));
            }
        };
        let test = self.text_test()?;
        Ok(Condition::Text(subject, test))
    }

    fn text_test(&mut self) -> Result<TextTest, MatcherError> {
        let test = if self.take_sign("==") {
            TextTest::Equals
        } else if self.take_sign("!=") {
            TextTest::Differs
        } else {
            let start = self.at;
            match self.word() {
                "contains" => TextTest::Contains,
                "starts_with" => TextTest::StartsWith,
                "ends_with" => TextTest::EndsWith,
                "like" => |pattern| TextTest::Like(Glob::new(pattern)),
                _ => {
                    self.at = start;
                    return Err(self
                        .expected("`==`, `!=`, `contains`, `starts_with`, `ends_with` or `like`"));
                }
            }
        };
        self.string().map(test)
    }

    fn number_test(&mut self) -> Result<Condition, MatcherError> {
        let tests = [
            ("==", NumberTest::Equals),
            ("!=", NumberTest::Differs),
            ("<=", NumberTest::AtMost),
            (">=", NumberTest::AtLeast),
            ("<", NumberTest::Below),
            (">", NumberTest::Above),
        ];
        let Some((_, test)) = tests.into_iter().find(|(sign, _)| self.take_sign(sign)) else {
            return Err(self.expected("`==`, `!=`, `<`, `<=`, `>` or `>=`"));
        };
        let start = self.at;
        match self.word().parse() {
            Ok(number) => Ok(Condition::Messages(test, number)),
            Err(_) => {
                self.at = start;
                Err(self.expected("a number"))
            }
        }
    }

    /// A JSON string.
    fn string(&mut self) -> Result<String, MatcherError> {
        let rest = self.rest();
        let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        match strings.next() {
            Some(Ok(text)) => {
                self.at += strings.byte_offset();
                Ok(text)
            }
            Some(Err(_)) | None => Err(self.expected("a text in double quotes")),
        }
    }

    /// The run of letters, digits and underscores that comes next; may be empty.
    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let of_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let length = rest
            .find(|character| !of_word(character))
            .unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn take_word(&mut self, word: &str) -> bool {
        let start = self.at;
        let found = self.word() == word;
        if !found {
            self.at = start;
        }
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// What is left, behind white space.
    fn rest(&mut self) -> &'t str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    fn expected(&mut self, what: &str) -> MatcherError {
        self.rest();
        MatcherError {
            at: self.text[..self.at].chars().count() + 1,
            what: format!("expected {what}"),
        }
    }
}

fn single_or(
    mut conditions: Vec<Condition>,
    several: fn(Vec<Condition>) -> Condition,
) -> Condition {
    match conditions.pop() {
        Some(only) if conditions.is_empty() => only,
        Some(last) => {
            conditions.push(last);
            several(conditions)
        }
        None => several(conditions),
    }
}
