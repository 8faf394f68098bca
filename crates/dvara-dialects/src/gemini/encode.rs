//! A call → the body for `generateContent` and its stream.

use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::contents;
use super::fields::{self, Said};
use super::generation::Generation;
use super::thinking::{self, Thinking};
use super::tools;
use crate::fields::Drops;
use crate::request::{ChatRequest, Conversation, OutputFormat, ReadError};
use crate::target::{Encoded, Target};
use crate::writer::Writer;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");

/// The call for one of Google's models.
///
/// # Errors
/// Names the field that Google's API cannot say, or that cannot be read.
pub fn encode(request: &ChatRequest, target: &Target<'_>) -> Result<Encoded, ReadError> {
    let conversation = request.conversation()?;
    let generation = Generation::of(target.model);
    let mut drops = Drops::default();
    let said = fields::read(request, &conversation, target, &mut drops)?;
    let thinking = thinking::plan(&said, generation, &mut drops)?;

    let mut out = Writer::with_capacity(request.body().len() + 256);
    out.json("{");
    contents::write(&mut out, request, &conversation, target, &mut drops)?;
    tools::write(&mut out, &conversation, &said, &mut drops)?;
    write_config(&mut out, request, &conversation, &said, thinking);
    for field in &said.own {
        out.json(",").text(&field.name).json(":").raw(field.value);
    }
    write_labels(&mut out, &said);
    if let Some(tier) = said.tier {
        out.json(",\"serviceTier\":").text(tier);
    }
    out.json("}");
    let accept = if request.stream() { EVENTS } else { JSON };
    Ok(Encoded {
        headers: vec![(CONTENT_TYPE, JSON), (ACCEPT, accept)],
        body: out.take().into(),
        dropped: drops.into_list(),
    })
}

fn write_labels(out: &mut Writer, said: &Said<'_>) {
    let mut before = ",\"labels\":{";
    for (key, value) in &said.labels {
        out.json(before).text(key).json(":").text(value);
        before = ",";
    }
    if before == "," {
        out.json("}");
    }
}

/// `generationConfig`: what the call says, unless the client's own says it.
struct Config<'w, 's> {
    out: &'w mut Writer,
    said: &'s Said<'s>,
    before: &'static str,
}

impl Config<'_, '_> {
    /// The writer for a member that the client's own does not have.
    fn member(&mut self, name: &str) -> Option<&mut Writer> {
        if self.said.has_own(name) {
            return None;
        }
        self.out.json(self.before).text(name).json(":");
        self.before = ",";
        Some(self.out)
    }

    fn json(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value
            && let Some(out) = self.member(name)
        {
            out.json(value);
        }
    }
}

fn write_config(
    out: &mut Writer,
    request: &ChatRequest,
    conversation: &Conversation<'_>,
    said: &Said<'_>,
    thinking: Option<Thinking>,
) {
    let mut config = Config {
        out,
        said,
        before: ",\"generationConfig\":{",
    };
    for member in &said.config {
        config
            .out
            .json(config.before)
            .json(member.raw_key)
            .json(":");
        config.out.raw(member.value);
        config.before = ",";
    }
    let sampling = &conversation.sampling;
    if let Some(most) = request.max_tokens()
        && let Some(out) = config.member("maxOutputTokens")
    {
        out.number(most);
    }
    let is_taken = !said.ignores_sampling;
    for (name, number) in [
        ("temperature", sampling.temperature.filter(|_| is_taken)),
        ("topP", sampling.top_p.filter(|_| is_taken)),
        ("frequencyPenalty", sampling.frequency_penalty),
        ("presencePenalty", sampling.presence_penalty),
        ("seed", sampling.seed),
    ] {
        config.json(name, number.map(|number| number.as_str()));
    }
    let top_k = said.top_k.filter(|_| is_taken);
    config.json("topK", top_k.map(|value| value.get()));
    write_stops(&mut config, request, conversation);
    write_form(&mut config, &conversation.output);
    if let Some(thinking) = thinking
        && let Some(out) = config.member("thinkingConfig")
    {
        thinking.write(out);
    }
    if config.before == "," {
        config.out.json("}");
    }
}

fn write_stops(
    config: &mut Config<'_, '_>,
    request: &ChatRequest,
    conversation: &Conversation<'_>,
) {
    let stops = &conversation.sampling.stop;
    if stops.is_empty() {
        return;
    }
    if let Some(out) = config.member("stopSequences") {
        for (index, stop) in stops.iter().enumerate() {
            out.json(if index == 0 { "[" } else { "," });
            out.json(contents::literal(request, stop));
        }
        out.json("]");
    }
}

fn write_form(config: &mut Config<'_, '_>, output: &OutputFormat<'_>) {
    let schema = match output {
        OutputFormat::Text => return,
        OutputFormat::Json => None,
        OutputFormat::Schema { schema, .. } => {
            Some(schema.map_or("{\"type\":\"object\"}", |schema| schema.get()))
        }
    };
    config.json("responseMimeType", Some("\"application/json\""));
    config.json("responseJsonSchema", schema);
}
