//! What a tenant's metadata says about guardrails.

use super::lists::{self, Lists};
use super::{Action, Category, CategoryActions};
use crate::metadata::Reading;

impl Reading<'_> {
    pub(super) fn category_actions(&mut self, wanted: &str, actions: &mut CategoryActions) {
        let metadata = self.metadata();
        for key in metadata.keys() {
            let name = key
                .strip_prefix("guardrail.content.")
                .and_then(|rest| rest.strip_suffix(".action"));
            let Some(name) = name else { continue };
            let Some(category) = Category::named(name) else {
                let known: Vec<&str> = Category::ALL
                    .into_iter()
                    .map(Category::setting_name)
                    .collect();
                self.problem(
                    key,
                    format!("no such category; write one of {}", known.join(", ")),
                );
                continue;
            };
            let mut action = None;
            self.read(key, wanted, &mut action, |text| {
                Action::named(text).map(Some)
            });
            if let Some(action) = action {
                actions.set(category, action);
            }
        }
    }

    pub(super) fn lists(&mut self, lists: &mut Lists) {
        let metadata = self.metadata();
        let words: [(&str, &mut Vec<_>); 3] = [
            ("guardrail.competitors", &mut lists.competitors),
            ("guardrail.topics", &mut lists.topics),
            ("guardrail.denylist", &mut lists.denylist),
        ];
        for (key, place) in words {
            let Some(value) = metadata.get(key) else {
                continue;
            };
            match lists::read(value, true, lists::slug) {
                Some(entries) => *place = entries,
                None => self.problem(
                    key,
                    "write words between commas, or a JSON array of strings".to_owned(),
                ),
            }
        }
        let key = "guardrail.custom-injection-patterns";
        let Some(value) = metadata.get(key) else {
            return;
        };
        match lists::read(value, false, lists::number) {
            Some(entries) => lists.injection_patterns = entries,
            None => self.problem(
                key,
                "write one pattern a line, or a JSON object of labels and patterns".to_owned(),
            ),
        }
    }
}
