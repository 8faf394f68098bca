//! A call → the body for Bedrock's `Converse` and `ConverseStream`.

use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::effort::{self, Effort};
use super::fields::{self, Said, refusal};
use super::messages;
use super::model::Model;
use super::output;
use super::tools::{self, ModelChoice};
use crate::anthropic::output::Form;
use crate::anthropic::thinking::Mode;
use crate::fields::Drops;
use crate::json;
use crate::request::{ChatRequest, Conversation, OutputFormat, ReadError};
use crate::target::{Encoded, Target};
use crate::writer::Writer;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("application/vnd.amazon.eventstream");

/// The call for a Bedrock target. Its path says which model it is for, and whether a stream is asked for.
///
/// # Errors
/// Names the field that Bedrock's API cannot say, or that cannot be read.
pub fn encode(request: &ChatRequest, target: &Target<'_>) -> Result<Encoded, ReadError> {
    let conversation = request.conversation()?;
    let model = Model::of(target.model);
    let mut drops = Drops::default();
    let said = fields::read(request, &conversation, &mut drops)?;
    let effort = effort::plan(&said, &conversation, &model, &mut drops)?;
    let form = output::plan(&conversation, &effort.thinking, &model, &mut drops);

    let mut out = Writer::with_capacity(request.body().len() + 256);
    out.json("{");
    messages::write(&mut out, request, &conversation, &form, &model, &mut drops)?;
    write_sampling(&mut out, request, &conversation, &effort)?;
    let choice = tools::write(&mut out, &conversation, &form, &model, &mut drops)?;
    write_model_fields(&mut out, &said, &effort, choice, &mut drops);
    write_output_config(&mut out, &said, &effort, (&conversation, &form), &mut drops);
    write_said(&mut out, &said);
    out.json("}");
    let accept = if request.stream() { EVENTS } else { JSON };
    Ok(Encoded {
        headers: vec![(CONTENT_TYPE, JSON), (ACCEPT, accept)],
        body: out.take().into(),
        dropped: drops.into_list(),
    })
}

/// Members of an object, which begins with the first of them.
struct Members<'w> {
    out: &'w mut Writer,
    before: &'static str,
}

impl<'w> Members<'w> {
    /// `opening` is what stands before the first member.
    fn new(out: &'w mut Writer, opening: &'static str) -> Self {
        Self {
            out,
            before: opening,
        }
    }

    /// A member whose value the caller writes.
    fn name(&mut self, name: &str) -> &mut Writer {
        self.out.json(self.before).text(name).json(":");
        self.before = ",";
        self.out
    }

    /// Ends the object, if it has begun.
    fn end(self, closing: &str) {
        if self.before == "," {
            self.out.json(closing);
        }
    }
}

fn write_sampling(
    out: &mut Writer,
    request: &ChatRequest,
    conversation: &Conversation<'_>,
    effort: &Effort,
) -> Result<(), ReadError> {
    let sampling = &conversation.sampling;
    let mut members = Members::new(out, ",\"inferenceConfig\":{");
    if let Some(most) = request.max_tokens() {
        let most = effort.thinking.max_tokens(Some(most));
        members.name("maxTokens").number(most);
    }
    for (name, number) in [
        ("temperature", sampling.temperature),
        ("topP", sampling.top_p),
    ] {
        if let Some(number) = number {
            members.name(name).json(number.as_str());
        }
    }
    if !sampling.stop.is_empty() {
        let out = members.name("stopSequences");
        for (index, stop) in sampling.stop.iter().enumerate() {
            if stop.text.is_empty() {
                let because = "each of its stop sequences must hold something";
                return Err(refusal("stop", because));
            }
            out.json(if index == 0 { "[" } else { "," });
            out.json(request.literal(stop));
        }
        out.json("]");
    }
    members.end("}");
    Ok(())
}

/// `additionalModelRequestFields`: the client's own, and what they leave open.
fn write_model_fields(
    out: &mut Writer,
    said: &Said<'_>,
    effort: &Effort,
    choice: Option<ModelChoice>,
    drops: &mut Drops,
) {
    let mut members = Members::new(out, ",\"additionalModelRequestFields\":{");
    for field in &said.of_model {
        members.name(&field.name).raw(field.value);
    }
    let mut ours = |field: &'static str, name: &str, value: &str| {
        if said.of_model(name).is_none() {
            members.name(name).json(value);
        } else {
            drops.add(field, "the model's own fields say it already");
        }
    };
    match effort.thinking.mode {
        None => {}
        Some(Mode::Adaptive) => ours(EFFORT, "thinking", "{\"type\":\"adaptive\"}"),
        Some(Mode::Budget(tokens)) => {
            let value = format!("{{\"type\":\"enabled\",\"budget_tokens\":{tokens}}}");
            ours(EFFORT, "thinking", &value);
        }
    }
    if let Some((name, value)) = &effort.field {
        ours(EFFORT, name, value);
    }
    if let Some(choice) = choice {
        ours(choice.field(), "tool_choice", choice.as_json());
    }
    members.end("}");
}

const EFFORT: &str = "reasoning_effort";

/// `outputConfig`: the client's own, and what it leaves open.
fn write_output_config(
    out: &mut Writer,
    said: &Said<'_>,
    effort: &Effort,
    (conversation, form): (&Conversation<'_>, &Form<'_>),
    drops: &mut Drops,
) {
    let own = said.output_config.and_then(json::members);
    let own = own.unwrap_or_default();
    // A client may have said it in Anthropic's words.
    let anthropics = said.of_model("output_config").and_then(json::members);
    let anthropics = anthropics.unwrap_or_default();
    let mut is_open = |field: &'static str, ours: &str, theirs: &str| {
        let is_said = own.iter().any(|member| member.key == ours)
            || anthropics.iter().any(|member| member.key == theirs);
        if is_said {
            drops.add(field, "the model's own fields say it already");
        }
        !is_said
    };
    let mut members = Members::new(out, ",\"outputConfig\":{");
    for member in &own {
        members.name(&member.key).raw(member.value);
    }
    if let Some(effort) = effort.thinking.effort
        && is_open(EFFORT, "effort", "effort")
    {
        members.name("effort").text(effort);
    }
    if let (
        Form::Native(Some(schema)),
        OutputFormat::Schema {
            name, description, ..
        },
    ) = (form, &conversation.output)
        && is_open("response_format", "textFormat", "format")
    {
        let out = members.name("textFormat");
        // The schema is JSON in a text.
        out.json("{\"type\":\"json_schema\",\"structure\":{\"jsonSchema\":{\"schema\":")
            .text(&output::closed(schema));
        out.json(",\"name\":").text(name);
        if let Some(description) = description {
            out.json(",\"description\":").text(description);
        }
        out.json("}}}");
    }
    members.end("}");
}

fn write_said(out: &mut Writer, said: &Said<'_>) {
    if let Some(tier) = said.service_tier {
        out.json(",\"serviceTier\":{\"type\":").text(tier).json("}");
    }
    let mut members = Members::new(out, ",\"requestMetadata\":{");
    for member in &said.metadata {
        members.name(&member.key).raw(member.value);
    }
    members.end("}");
    for field in &said.passed {
        out.json(",").text(&field.name).json(":").raw(field.value);
    }
}
