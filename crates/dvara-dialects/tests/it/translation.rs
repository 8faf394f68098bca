//! `docs/translation.md`: what becomes of each field at each vendor, made from the adapters' own declarations.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use dvara_dialects::embedding;
use dvara_dialects::fields::{Declared, Unknown, Verdict};
use dvara_dialects::target::Target;
use dvara_dialects::vendor;
use dvara_types::ProviderKind;

const INTRODUCTION: &str = "\
<!-- Made by `DVARA_BLESS=1 cargo test -p dvara-dialects --test it`. -->
# What becomes of each field

Clients speak OpenAI's chat completions; vendors speak what they speak. This page is made from the declarations that the adapters work by, and every line of it has a golden
case in `crates/dvara-dialects/tests/golden`: what is called translated is shown to arrive, what is called dropped or refused is shown to be.

- **as it came**: the vendor has the field, and gets the very bytes.
- **renamed**: the vendor has another name for it.
- **translated**: the vendor can say it, in its own words.
- **dropped**: the vendor cannot say it and the answer is good without it. It is left out, and the answer's `X-Gateway-Dropped-Fields` names it. A strict call is refused
  instead, with a 400 `unsupported_capability` that names the field: `X-Dvara-Strict: true` makes one call strict, `translation.strict: true` in a tenant's metadata all of its calls.
- **refused**: the answer would not be what was asked for: a 400 `unsupported_capability` that names the field.

Claims of a tenant in `metadata` (`tenant_id`, `workspace_id`) are dropped at every vendor that would get them: the tenant is the one that owns the API key. A value that asks for nothing (`n: 1`, a penalty of 0, `store: false`) is neither dropped nor refused. What a model can do beyond its vendor's API is the vendor's to judge.
";

/// A declaration, and the kinds of providers that it is for.
struct Column {
    declared: &'static Declared,
    kinds: Vec<&'static str>,
}

/// The declarations, in the order of the kinds.
fn columns() -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for kind in ProviderKind::ALL {
        if kind == ProviderKind::Mock {
            continue;
        }
        // Vertex AI has two publishers.
        let models: &[&str] = match kind {
            ProviderKind::Vertex => &["gemini", "claude"],
            _ => &["any"],
        };
        for model in models {
            let declared = vendor::declared(&Target::new(kind, model, None));
            let name = kind.as_str();
            match columns
                .iter_mut()
                .find(|column| std::ptr::eq(column.declared, declared))
            {
                Some(column) => column.kinds.push(name),
                None => columns.push(Column {
                    declared,
                    kinds: vec![name],
                }),
            }
        }
    }
    columns
}

fn word(verdict: Option<&Verdict>, unknown: Unknown) -> String {
    match (verdict, unknown) {
        (Some(Verdict::Passed), _) | (None, Unknown::Passed) => "as it came".to_owned(),
        (Some(Verdict::Renamed(name)), _) => format!("renamed `{name}`"),
        (Some(Verdict::Translated), _) => "translated".to_owned(),
        (Some(Verdict::Refused { .. }), _) => "**refused**".to_owned(),
        (Some(Verdict::Dropped { .. }), _) | (None, Unknown::Dropped) => "dropped".to_owned(),
    }
}

/// Every field that some adapter has a verdict on, and what becomes of it in each column.
fn overview(columns: &[Column]) -> String {
    let mut fields: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for column in columns {
        for (field, _) in column.declared.fields {
            fields.entry(field).or_default();
        }
    }
    let mut page = String::from("\n## Overview\n\n| field |");
    for column in columns {
        let _ = write!(page, " {} |", column.declared.vendor);
    }
    page.push_str("\n|---|");
    page.push_str(&"---|".repeat(columns.len()));
    page.push('\n');
    for field in fields.keys() {
        let _ = write!(page, "| `{field}` |");
        for column in columns {
            let declared = column.declared;
            let verdict = declared.fields.iter().find(|(name, _)| name == field);
            let verdict = verdict.map(|(_, verdict)| verdict);
            let _ = write!(page, " {} |", word(verdict, declared.unknown));
        }
        page.push('\n');
    }
    page
}

/// What is lost at one vendor, and why.
fn losses(column: &Column) -> String {
    let declared = column.declared;
    let kinds: Vec<_> = column
        .kinds
        .iter()
        .map(|kind| format!("`{kind}`"))
        .collect();
    let mut page = format!(
        "\n## {}\n\nProviders of type {}. Fields that are not in the table {}.\n",
        declared.vendor,
        kinds.join(", "),
        match declared.unknown {
            Unknown::Passed => "go on as they came",
            Unknown::Dropped => "are dropped, because the vendor refuses what it does not know",
        }
    );
    let of_fields = declared.fields.iter().filter_map(|(field, verdict)| {
        let (word, because) = match verdict {
            Verdict::Dropped { because, .. } => ("dropped", because),
            Verdict::Refused { because, .. } => ("**refused**", because),
            Verdict::Passed | Verdict::Renamed(_) | Verdict::Translated => return None,
        };
        Some((*field, word, *because))
    });
    let within = |list: &'static [(&str, &str)], word: &'static str| {
        list.iter()
            .map(move |(place, because)| (*place, word, *because))
    };
    let mut lines: Vec<_> = of_fields
        .chain(within(declared.drops, "dropped"))
        .chain(within(declared.refusals, "**refused**"))
        .collect();
    lines.sort_unstable();
    if lines.is_empty() {
        page.push_str("\nNothing is dropped or refused by the gateway.\n");
        return page;
    }
    page.push_str("\n| where | what | why |\n|---|---|---|\n");
    for (place, word, because) in lines {
        let _ = writeln!(page, "| `{place}` | {word} | {because} |");
    }
    page
}

const EMBEDDINGS: &str = "
## Embeddings

`POST /v1/embeddings` in OpenAI's dialect. A call with more inputs than its vendor takes at once becomes several, and one list of vectors in the order of the inputs. Vectors come
as numbers or in base64, as the client asks, whatever its vendor has. Anthropic, Groq, DeepSeek, Moonshot and xAI have no embeddings.

| vendor | inputs at once | field | what |
|---|---|---|---|
";

/// A model of each declaration of embeddings.
const EMBEDDERS: [(ProviderKind, &str); 11] = [
    (ProviderKind::Openai, "text-embedding-3-small"),
    (ProviderKind::AzureOpenai, "embeddings"),
    (ProviderKind::Gemini, "gemini-embedding-001"),
    (ProviderKind::Vertex, "text-embedding-005"),
    (ProviderKind::Bedrock, "amazon.titan-embed-text-v2:0"),
    (ProviderKind::Bedrock, "cohere.embed-v4:0"),
    (ProviderKind::Mistral, "mistral-embed"),
    (ProviderKind::Cohere, "embed-v4.0"),
    (ProviderKind::Qwen, "text-embedding-v4"),
    (ProviderKind::Chatglm, "embedding-3"),
    (ProviderKind::Ollama, "nomic-embed-text"),
];

fn embeddings() -> String {
    let mut page = EMBEDDINGS.to_owned();
    for (kind, model) in EMBEDDERS {
        let target = Target::new(kind, model, None);
        let (Some(declared), Some(batch)) =
            (embedding::declared(&target), embedding::batch(&target))
        else {
            panic!("{kind:?} has embeddings");
        };
        let name = format!("`{}`: {}", kind.as_str(), declared.vendor);
        for (field, verdict) in declared.fields {
            let word = word(Some(verdict), declared.unknown);
            let _ = writeln!(page, "| {name} | {batch} | `{field}` | {word} |");
        }
        for (field, because) in declared.refusals {
            let _ = writeln!(
                page,
                "| {name} | {batch} | `{field}` | **refused**: {because} |"
            );
        }
        let others = word(None, declared.unknown);
        let _ = writeln!(page, "| {name} | {batch} | any other | {others} |");
    }
    page
}

#[test]
fn the_page_says_what_the_adapters_declare() {
    let columns = columns();
    let mut page = INTRODUCTION.to_owned();
    page.push_str(&overview(&columns));
    for column in &columns {
        page.push_str(&losses(column));
    }
    page.push_str(&embeddings());
    let path = Path::new("../../docs/translation.md");
    if std::env::var_os("DVARA_BLESS").is_some() {
        std::fs::write(path, page).unwrap();
    } else {
        let is_fresh = std::fs::read_to_string(path).unwrap() == page;
        assert!(
            is_fresh,
            "docs/translation.md is stale; its first line says how it is made"
        );
    }
}
