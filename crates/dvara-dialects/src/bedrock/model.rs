//! What a model on Bedrock can do, as far as its id tells.
//!
//! An id is `anthropic.claude-opus-4-6-v1`, behind a geography (`us.`, `global.`) where several regions serve it, or the last part of
//! an ARN (Bedrock, Supported foundation models; Inference profiles). ARNs of application profiles, of imported and
//! provisioned models hide what they stand for: there the client's words go on, and Bedrock judges them.

use crate::anthropic::generation::Generation;

/// Whose model it is, as far as that makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Anthropic's Claude.
    Claude(Generation),
    /// Amazon's Nova, first generation.
    Nova,
    /// Amazon's Nova 2, which reasons when told to.
    Nova2,
    /// OpenAI's open models.
    GptOss,
    /// OpenAI's other models, and xAI's, which take OpenAI's newer words.
    Gpt,
    /// DeepSeek's R1: it always reasons, and takes no tools.
    DeepseekR1,
    /// Others that are known.
    Other,
    /// The id does not say.
    Hidden,
}

/// How a model is made to call a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    /// It takes the name of the tool (Bedrock, ToolChoice).
    Named,
    /// It can be told to call some tool.
    Any,
    /// Only words in its prompt do.
    No,
}

/// Where a model takes cache points (Bedrock, Prompt caching: supported models).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cache {
    /// Nowhere; some of these models cache by themselves.
    Nowhere,
    /// In prompts, but neither among tools nor in an hour's time.
    Prompts,
    /// Everywhere, for five minutes.
    Everywhere,
    /// Everywhere, for as long as the client says.
    EverywhereForAnHour,
}

/// A model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Model {
    pub(super) family: Family,
    /// It takes a schema for its answer (`outputConfig.textFormat`) and holds itself to the schemas of tools (`strict`).
    pub(super) fits_schemas: bool,
    pub(super) force: Force,
    pub(super) cache: Cache,
}

/// Makers whose models Bedrock serves: what stands before the point in an id.
const MAKERS: [&str; 17] = [
    "ai21",
    "amazon",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "meta",
    "minimax",
    "mistral",
    "moonshot",
    "moonshotai",
    "nvidia",
    "openai",
    "qwen",
    "writer",
    "xai",
    "zai",
];

/// Open models that take a schema for their answers: maker, and how their names begin (Bedrock, Get validated JSON results
/// from models: supported models).
const FITTING: [(&str, &str); 13] = [
    ("deepseek", "v3"),
    ("google", "gemma-3-12b"),
    ("google", "gemma-3-27b"),
    ("minimax", "minimax-m2"),
    ("mistral", "magistral-small"),
    ("mistral", "ministral-3"),
    ("mistral", "mistral-large-3"),
    ("mistral", "voxtral"),
    ("moonshot", ""),
    ("moonshotai", ""),
    ("nvidia", "nemotron-nano"),
    ("qwen", "qwen3"),
    ("zai", "glm"),
];

impl Model {
    /// The model that an id names.
    pub(super) fn of(id: &str) -> Self {
        let (maker, name) = split(id);
        let family = family(maker, name);
        let claude = match family {
            Family::Claude(generation) => Some(generation),
            _ => None,
        };
        let fits = |(of, begins): &(&str, &str)| *of == maker && name.starts_with(begins);
        Self {
            family,
            fits_schemas: match claude {
                // Bedrock serves Fable without it.
                Some(generation) => generation.fits_schemas() && !name.starts_with("claude-fable"),
                None => FITTING.iter().any(fits),
            },
            force: match family {
                Family::Claude(generation) if generation.thinks_by_default() => Force::No,
                Family::Claude(_) | Family::Nova | Family::Nova2 | Family::Gpt | Family::Hidden => {
                    Force::Named
                }
                Family::Other if maker == "mistral" && name.starts_with("mistral-large") => {
                    Force::Any
                }
                Family::Other | Family::GptOss | Family::DeepseekR1 => Force::No,
            },
            cache: match family {
                Family::Claude(generation) if generation.fits_schemas() => {
                    Cache::EverywhereForAnHour
                }
                Family::Claude(_) => Cache::Everywhere,
                Family::Nova | Family::Nova2 => Cache::Prompts,
                Family::Hidden => Cache::EverywhereForAnHour,
                Family::GptOss | Family::Gpt | Family::DeepseekR1 | Family::Other => Cache::Nowhere,
            },
        }
    }

    /// Claude's generation; `None` for all others.
    pub(super) fn claude(&self) -> Option<Generation> {
        match self.family {
            Family::Claude(generation) => Some(generation),
            _ => None,
        }
    }
}

/// Maker and name; an id that names no maker is all name.
fn split(id: &str) -> (&str, &str) {
    let id = id.rsplit('/').next().unwrap_or(id);
    let mut rest = id;
    while let Some((maker, name)) = rest.split_once('.') {
        if MAKERS.contains(&maker) {
            return (maker, name);
        }
        rest = name;
    }
    ("", id)
}

fn family(maker: &str, name: &str) -> Family {
    match maker {
        "anthropic" => Family::Claude(Generation::of(name)),
        "" if name.starts_with("claude") => Family::Claude(Generation::of(name)),
        "amazon" if name.starts_with("nova-2") => Family::Nova2,
        "amazon" if name.starts_with("nova") => Family::Nova,
        "openai" if name.starts_with("gpt-oss") => Family::GptOss,
        "openai" | "xai" => Family::Gpt,
        "deepseek" if name.starts_with("r1") => Family::DeepseekR1,
        "" => Family::Hidden,
        _ => Family::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_behind_its_geography_and_in_its_arn() {
        let claude = |name: &str| Family::Claude(Generation::of(name));
        for (id, family) in [
            ("anthropic.claude-3-5-sonnet-20241022-v2:0", claude("3-5")),
            ("us.anthropic.claude-sonnet-4-20250514-v1:0", claude("4-0")),
            (
                "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-6-v1",
                claude("4-6"),
            ),
            (
                "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-opus-5",
                claude("5"),
            ),
            ("claude-haiku-4-5", claude("4-5")),
            ("us-gov.amazon.nova-pro-v1:0", Family::Nova),
            ("global.amazon.nova-2-lite-v1:0", Family::Nova2),
            ("openai.gpt-oss-120b-1:0", Family::GptOss),
            ("openai.gpt-5.6-sol", Family::Gpt),
            ("xai.grok-4.6", Family::Gpt),
            ("us.deepseek.r1-v1:0", Family::DeepseekR1),
            ("deepseek.v3-v1:0", Family::Other),
            ("meta.llama3-3-70b-instruct-v1:0", Family::Other),
            (
                "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6",
                Family::Hidden,
            ),
            (
                "arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine.v2",
                Family::Hidden,
            ),
            ("", Family::Hidden),
        ] {
            assert_eq!(Model::of(id).family, family, "{id}");
        }
    }

    #[test]
    fn what_models_can_do_differs() {
        for (id, fits_schemas, force, cache) in [
            (
                "anthropic.claude-3-7-sonnet-20250219-v1:0",
                false,
                Force::Named,
                Cache::Everywhere,
            ),
            (
                "anthropic.claude-opus-4-8",
                true,
                Force::Named,
                Cache::EverywhereForAnHour,
            ),
            (
                "anthropic.claude-fable-5-1",
                false,
                Force::No,
                Cache::EverywhereForAnHour,
            ),
            (
                "amazon.nova-2-lite-v1:0",
                false,
                Force::Named,
                Cache::Prompts,
            ),
            ("qwen.qwen3-32b-v1:0", true, Force::No, Cache::Nowhere),
            (
                "mistral.mistral-large-2407-v1:0",
                false,
                Force::Any,
                Cache::Nowhere,
            ),
            (
                "mistral.mistral-large-3-675b-instruct",
                true,
                Force::Any,
                Cache::Nowhere,
            ),
            (
                "meta.llama4-scout-17b-instruct-v1:0",
                false,
                Force::No,
                Cache::Nowhere,
            ),
            (
                "a1b2c3d4e5f6",
                false,
                Force::Named,
                Cache::EverywhereForAnHour,
            ),
        ] {
            let model = Model::of(id);
            assert_eq!(
                (model.fits_schemas, model.force, model.cache),
                (fits_schemas, force, cache),
                "{id}"
            );
        }
    }
}
