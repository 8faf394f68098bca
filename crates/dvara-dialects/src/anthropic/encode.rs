//! A call → the body for Anthropic's `POST /v1/messages`.

use dvara_types::ProviderKind;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};

use super::VERSION;
use super::fields::{self, Said, refusal};
use super::generation::Generation;
use super::messages;
use super::output::{self, Form};
use super::thinking::{self, Mode, Thinking};
use super::tools;
use crate::fields::Drops;
use crate::json;
use crate::request::{ChatRequest, Conversation, ReadError};
use crate::target::{Encoded, Target};
use crate::vertex;
use crate::writer::Writer;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const BETA: HeaderName = HeaderName::from_static("anthropic-beta");

/// The call for an Anthropic target.
///
/// # Errors
/// Names the field that Anthropic's API cannot say, or that cannot be read.
pub fn encode(request: &ChatRequest, target: &Target<'_>) -> Result<Encoded, ReadError> {
    let conversation = request.conversation()?;
    let generation = Generation::of(target.model);
    let mut drops = Drops::default();
    let said = fields::read(request, &conversation, &mut drops)?;
    let effort = said.effort.as_deref();
    let thinking = thinking::plan(said.thinking, effort, &conversation, generation, &mut drops)?;
    let form = output::plan(&conversation, &thinking, generation, &mut drops);

    let accept = if request.stream() { EVENTS } else { JSON };
    let mut headers = vec![(CONTENT_TYPE, JSON), (ACCEPT, accept)];
    let mut out = Writer::with_capacity(request.body().len() + 256);
    if target.kind == ProviderKind::Vertex {
        // There the model stands in the path, and the version in the body.
        out.json("{\"anthropic_version\":")
            .text(vertex::ANTHROPIC_VERSION);
    } else {
        out.json("{\"model\":").text(target.model);
        headers.push(VERSION);
    }
    out.json(",\"max_tokens\":")
        .number(thinking.max_tokens(request.max_tokens()));
    messages::write(&mut out, request, &conversation, &form, &mut drops)?;
    tools::write(&mut out, &conversation, &form, generation, &mut drops)?;
    write_sampling(&mut out, request, &conversation)?;
    write_thinking(&mut out, &thinking);
    write_output_config(&mut out, &said, &thinking, &form);
    write_said(&mut out, &said);
    out.json("}");
    headers.extend(said.betas.map(|betas| (BETA, betas)));
    Ok(Encoded {
        headers,
        body: out.take().into(),
        dropped: drops.into_list(),
    })
}

fn write_sampling(
    out: &mut Writer,
    request: &ChatRequest,
    conversation: &Conversation<'_>,
) -> Result<(), ReadError> {
    let sampling = &conversation.sampling;
    for (name, number) in [
        (",\"temperature\":", sampling.temperature),
        (",\"top_p\":", sampling.top_p),
    ] {
        if let Some(number) = number {
            out.json(name).json(number.as_str());
        }
    }
    for (index, stop) in sampling.stop.iter().enumerate() {
        if stop.text.trim().is_empty() {
            return Err(refusal(
                "stop",
                "each of its stop sequences must hold a visible character",
            ));
        }
        out.json(if index == 0 {
            ",\"stop_sequences\":["
        } else {
            ","
        });
        out.json(request.literal(stop));
    }
    if !sampling.stop.is_empty() {
        out.json("]");
    }
    if request.stream() {
        out.json(",\"stream\":true");
    }
    Ok(())
}

fn write_thinking(out: &mut Writer, thinking: &Thinking) {
    match thinking.mode {
        None => {}
        Some(Mode::Adaptive) => {
            out.json(",\"thinking\":{\"type\":\"adaptive\"}");
        }
        Some(Mode::Budget(tokens)) => {
            out.json(",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":")
                .number(tokens)
                .json("}");
        }
    }
}

/// `output_config`: the client's own, and what it leaves open.
fn write_output_config(out: &mut Writer, said: &Said<'_>, thinking: &Thinking, form: &Form<'_>) {
    let own = said.output_config;
    let members = own.and_then(json::members).unwrap_or_default();
    let open = |name: &str| !members.iter().any(|member| member.key == name);
    let effort = thinking.effort.filter(|_| open("effort"));
    let schema = match form {
        Form::Native(schema) if open("format") => Some(schema),
        Form::Native(_) | Form::Free | Form::Instruction | Form::Tool { .. } => None,
    };
    if let (Some(own), None, None) = (own, effort, schema) {
        out.json(",\"output_config\":").raw(own);
        return;
    }
    let mut before = ",\"output_config\":{";
    for member in &members {
        out.json(before).json(member.raw_key).json(":");
        out.raw(member.value);
        before = ",";
    }
    if let Some(effort) = effort {
        out.json(before).json("\"effort\":").text(effort);
        before = ",";
    }
    if let Some(schema) = schema {
        out.json(before)
            .json("\"format\":{\"type\":\"json_schema\",\"schema\":");
        out.json(schema.map_or("{\"type\":\"object\"}", |schema| schema.get()))
            .json("}");
        before = ",";
    }
    if before == "," {
        out.json("}");
    }
}

fn write_said(out: &mut Writer, said: &Said<'_>) {
    if let Some(user) = &said.user {
        out.json(",\"metadata\":{\"user_id\":").text(user).json("}");
    }
    if let Some(tier) = said.service_tier {
        out.json(",\"service_tier\":").text(tier);
    }
    for field in &said.passed {
        out.json(",").text(&field.name).json(":").raw(field.value);
    }
}
