//! The tokens of a whole answer.

use std::borrow::Cow;

use dvara_types::TokenCount;

use super::Table;
use crate::json::{self, Members};
use crate::texts::{Part, spoken};

impl Table {
    /// Output tokens of a whole answer in OpenAI's dialect: what every choice says, thinks aloud and calls. What a model thinks and does
    /// not show, nobody but its vendor can count.
    pub fn count_answer(self, answer: &[u8]) -> TokenCount {
        let is_written = |part: &Part| match part {
            Part::Content
            | Part::Refusal
            | Part::Reasoning
            | Part::Arguments(_)
            | Part::Input(_) => true,
            Part::Signed | Part::Other(_) => false,
        };
        let spoken = spoken(answer);
        let texts = spoken.iter().filter(|one| is_written(&one.lane.part));
        let texts: u64 = texts.map(|one| self.count(&one.text)).sum();
        let names: u64 = called(answer).iter().map(|name| self.count(name)).sum();
        TokenCount(texts + names)
    }
}

/// Names of the functions that are called.
fn called(answer: &[u8]) -> Vec<Cow<'_, str>> {
    let Ok(Members(members)) = serde_json::from_slice(answer) else {
        return Vec::new();
    };
    let answer = json::find(&members, "choices").and_then(json::items);
    let choices = answer.into_iter().flatten().filter_map(json::members);
    let messages = choices.filter_map(|choice| json::members(json::find(&choice, "message")?));
    let calls = messages.filter_map(|message| json::items(json::find(&message, "tool_calls")?));
    let calls = calls.flatten().filter_map(json::members);
    let functions = calls.filter_map(|call| json::members(json::find(&call, "function")?));
    let names = functions.filter_map(|function| json::string(json::find(&function, "name")?));
    names.collect()
}
