//! A call → the body for Cohere's `POST /v2/chat`.

use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::fields::{self, Said};
use super::{messages, output, thinking, tools};
use crate::fields::Drops;
use crate::request::{ChatRequest, Conversation, ReadError, Text};
use crate::target::{Encoded, Target};
use crate::writer::Writer;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");

/// The call for a Cohere target.
///
/// # Errors
/// Names the field that Cohere's API cannot say, or that cannot be read.
pub fn encode(request: &ChatRequest, target: &Target<'_>) -> Result<Encoded, ReadError> {
    let conversation = request.conversation()?;
    let mut drops = Drops::default();
    let said = fields::read(request, &conversation, &mut drops)?;

    let mut out = Writer::with_capacity(request.body().len() + 256);
    out.json("{\"model\":").text(target.model);
    messages::write(&mut out, request, &conversation, &mut drops)?;
    tools::write(&mut out, request, &conversation, &said, &mut drops)?;
    output::write(&mut out, request, &conversation, &mut drops);
    write_sampling(&mut out, request, &conversation, &said);
    thinking::write(&mut out, &said, &mut drops)?;
    for field in &said.passed {
        out.json(",").text(&field.name).json(":").raw(field.value);
    }
    if request.stream() {
        out.json(",\"stream\":true");
    }
    out.json("}");
    let accept = if request.stream() { EVENTS } else { JSON };
    Ok(Encoded {
        headers: vec![(CONTENT_TYPE, JSON), (ACCEPT, accept)],
        body: out.take().into(),
        dropped: drops.into_list(),
    })
}

fn write_sampling(
    out: &mut Writer,
    request: &ChatRequest,
    conversation: &Conversation<'_>,
    said: &Said<'_>,
) {
    let sampling = &conversation.sampling;
    for (name, number) in [
        (",\"temperature\":", sampling.temperature),
        (",\"frequency_penalty\":", sampling.frequency_penalty),
        (",\"presence_penalty\":", sampling.presence_penalty),
        (",\"seed\":", sampling.seed),
    ] {
        if let Some(number) = number {
            out.json(name).json(number.as_str());
        }
    }
    if let Some(nucleus) = said.nucleus {
        out.json(",\"p\":").json(nucleus);
    }
    if let Some(top_k) = said.top_k {
        out.json(",\"k\":").raw(top_k);
    }
    if let Some(most) = request.max_tokens() {
        out.json(",\"max_tokens\":").number(most);
    }
    for (index, stop) in sampling.stop.iter().enumerate() {
        out.json(if index == 0 {
            ",\"stop_sequences\":["
        } else {
            ","
        });
        out.json(literal(request, stop));
    }
    if !sampling.stop.is_empty() {
        out.json("]");
    }
}

/// A text as it stands in the body, quotes included.
pub(super) fn literal<'c>(request: &'c ChatRequest, text: &Text<'_>) -> &'c str {
    &request.text()[text.span.start..text.span.end]
}
