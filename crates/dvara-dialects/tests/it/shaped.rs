//! Vendors of OpenAI's shape, and what they declare.

use std::collections::BTreeSet;

use dvara_dialects::fields::{UNKNOWN, Verdict};
use dvara_dialects::request::ChatRequest;
use dvara_dialects::target::Target;
use dvara_dialects::vendor;
use dvara_types::ProviderKind;
use serde_json::Value;

use crate::files::Files;
use crate::translated::Vendor;

const SHAPED: [Vendor; 8] = [
    shaped(
        "azure-openai",
        ProviderKind::AzureOpenai,
        "azure/gpt-4o-prod",
    ),
    shaped("mistral", ProviderKind::Mistral, "mistral-large-latest"),
    shaped("groq", ProviderKind::Groq, "groq/openai/gpt-oss-120b"),
    shaped("qwen", ProviderKind::Qwen, "qwen-plus"),
    shaped("deepseek", ProviderKind::Deepseek, "deepseek-v4-flash"),
    shaped("moonshot", ProviderKind::Moonshot, "kimi-k2.6"),
    shaped("chatglm", ProviderKind::Chatglm, "glm-4.6"),
    shaped("grok", ProviderKind::Grok, "grok-4.3"),
];

const fn shaped(folder: &'static str, kind: ProviderKind, pinned: &'static str) -> Vendor {
    Vendor {
        files: Files(folder),
        kind,
        pinned: Some(pinned),
        streamed: &[],
        frame: None,
    }
}

#[test]
fn vendors_of_openais_shape_get_and_say_what_is_expected() {
    for vendor in SHAPED {
        vendor.check();
    }
}

#[test]
fn what_is_declared_is_shown_and_what_is_shown_is_declared() {
    for vendor in SHAPED {
        let declared = Declared::of(&vendor);
        let shown = Shown::by(&vendor);
        let folder = vendor.files.0;
        assert_eq!(shown.drops, declared.drops, "{folder}");
        assert_eq!(shown.refusals, declared.refusals, "{folder}");
        assert_eq!(shown.said, declared.said, "{folder}");
    }
}

/// Fields, and why.
type Reasons = BTreeSet<(String, String)>;

/// What a vendor declares that a case must show.
struct Declared {
    drops: Reasons,
    refusals: Reasons,
    /// Fields that are said in other words, or under other names.
    said: BTreeSet<String>,
}

impl Declared {
    fn of(vendor: &Vendor) -> Self {
        let declared = vendor::declared(&Target::new(vendor.kind, "m", None));
        let reasons = |list: &[(&str, &str)]| -> Reasons {
            let list = list.iter();
            list.map(|(field, why)| ((*field).to_owned(), (*why).to_owned()))
                .collect()
        };
        let mut this = Self {
            drops: reasons(declared.drops),
            refusals: reasons(declared.refusals),
            said: BTreeSet::new(),
        };
        for (name, verdict) in declared.fields {
            let name = (*name).to_owned();
            match verdict {
                Verdict::Passed => {}
                Verdict::Renamed(_) | Verdict::Translated => {
                    this.said.insert(name);
                }
                Verdict::Refused { because, .. } => {
                    this.refusals.insert((name, (*because).to_owned()));
                }
                Verdict::Dropped { because, .. } => {
                    this.drops.insert((name, (*because).to_owned()));
                }
            }
        }
        this
    }
}

/// What the cases of a vendor show.
#[derive(Default)]
struct Shown {
    drops: Reasons,
    refusals: Reasons,
    said: BTreeSet<String>,
}

impl Shown {
    fn by(vendor: &Vendor) -> Self {
        let mut this = Self::default();
        for request in vendor.own_requests() {
            this.take(vendor, &request);
        }
        this
    }

    fn take(&mut self, of: &Vendor, request: &ChatRequest) {
        let target = Target::new(of.kind, request.model(), None);
        let asked: Value = serde_json::from_slice(request.body()).unwrap();
        match vendor::encode(request, &target) {
            Ok(encoded) => {
                let drops = encoded.dropped.into_iter();
                let drops = drops.filter(|one| {
                    one.reason != UNKNOWN && !one.field.starts_with("metadata.tenant")
                });
                self.drops
                    .extend(drops.map(|one| (one.field.into(), one.reason.to_owned())));
                let sent: Value = serde_json::from_slice(&encoded.body).unwrap();
                for (name, verdict) in vendor::declared(&target).fields {
                    self.take_field(name, verdict, &asked, &sent);
                }
            }
            Err(refused) => {
                if refused.code() == "unsupported_capability" {
                    let field = without_indexes(refused.param().unwrap());
                    let message = refused.message();
                    let (_, why) = message.split_once("`: ").unwrap();
                    let why = why.to_owned();
                    // Some values of it can't be said.
                    let fields = vendor::declared(&target).fields.iter();
                    let mut translated =
                        fields.filter(|(_, verdict)| matches!(verdict, Verdict::Translated));
                    if translated.any(|(name, _)| *name == field) {
                        self.said.insert(field.clone());
                    }
                    self.refusals.insert((field, why));
                }
            }
        }
    }

    fn take_field(&mut self, name: &str, verdict: &Verdict, asked: &Value, sent: &Value) {
        let shows = match verdict {
            Verdict::Renamed(new) => sent.get(name).is_none() && sent[*new] == asked[name],
            Verdict::Translated => sent.get(name) != asked.get(name),
            _ => false,
        };
        if shows && !asked[name].is_null() {
            self.said.insert(name.to_owned());
        }
    }
}

/// `messages[1].role` → `messages.role`.
fn without_indexes(param: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for character in param.chars() {
        inside |= character == '[';
        if !inside {
            plain.push(character);
        }
        inside &= character != ']';
    }
    plain
}
