//! A call → the calls that its vendor takes.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};

use super::vendors::{Embedder, NO_TOKENS, Shape, embedder, has_one_length};
use super::{EmbeddingRequest, EncodedCall, EncodedCalls, InputKind, check};
use crate::fields::{Drops, Unknown, Verdict};
use crate::json::{self, Member, Members};
use crate::request::ReadError;
use crate::splice::{Edits, Span};
use crate::target::Target;
use crate::writer::Writer;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The calls for a target, in the order of the inputs.
///
/// # Errors
/// When the target has no embeddings, or names the field that its vendor cannot take.
pub fn encode(request: &EmbeddingRequest, target: &Target<'_>) -> Result<EncodedCalls, ReadError> {
    check(target)?;
    let Some(embedder) = embedder(target) else {
        return Ok(EncodedCalls {
            calls: Vec::new(),
            dropped: Vec::new(),
        });
    };
    let Members(members) =
        serde_json::from_str(request.text()).map_err(|_| ReadError::NotAnObject)?;
    if request.kind == InputKind::Tokens && !embedder.tokens {
        return Err(embedder.declared.refusal("input", NO_TOKENS));
    }
    let call = Call {
        request,
        target,
        embedder: &embedder,
        members: &members,
    };
    let dropped = call.judge()?.into_list();
    let calls = request.inputs.chunks(embedder.batch).map(|inputs| {
        let body = match embedder.shape {
            Shape::Openai if embedder.relays && inputs.len() == request.inputs.len() => {
                call.relayed()
            }
            _ => call.written(inputs).into(),
        };
        let encoded = EncodedCall {
            headers: headers(),
            body,
        };
        (encoded, inputs.len())
    });
    Ok(EncodedCalls {
        calls: calls.collect(),
        dropped,
    })
}

fn headers() -> Vec<(HeaderName, HeaderValue)> {
    vec![(CONTENT_TYPE, JSON), (ACCEPT, JSON)]
}

struct Call<'c> {
    request: &'c EmbeddingRequest,
    target: &'c Target<'c>,
    embedder: &'c Embedder,
    members: &'c [Member<'c>],
}

impl Call<'_> {
    /// Gives each field its verdict.
    fn judge(&self) -> Result<Drops, ReadError> {
        let declared = self.embedder.declared;
        let mut drops = Drops::default();
        for member in self.members {
            match declared.find(&member.key) {
                Some((name, verdict)) => {
                    declared.judge(name, member.value.get(), verdict, &mut drops)?;
                }
                None if declared.unknown == Unknown::Dropped => drops.add_unknown(&member.key),
                None => {}
            }
        }
        if self.embedder.shape == Shape::Titan
            && self.request.has_dimensions
            && has_one_length(self.target.model)
        {
            return Err(declared.refusal(
                "dimensions",
                "only the second version of its model has them",
            ));
        }
        Ok(drops)
    }

    /// The received bytes, with the model that the target knows.
    fn relayed(&self) -> bytes::Bytes {
        let mut edits = Edits::new();
        if self.target.model != self.request.model() {
            let models = self.members.iter().filter(|member| member.key == "model");
            for model in models {
                let span = Span::of(model.value.get(), self.request.text());
                edits.replace(span, json::quote(self.target.model));
            }
        }
        edits.apply(&self.request.body)
    }

    /// A body with some of the inputs.
    fn written(&self, inputs: &[Span]) -> Vec<u8> {
        let size = inputs.iter().map(Span::len).sum::<usize>();
        let mut out = Writer::with_capacity(size + 64 * inputs.len() + 256);
        match self.embedder.shape {
            Shape::Openai => self.openai(&mut out, inputs),
            Shape::Gemini => self.gemini(&mut out, inputs),
            Shape::Vertex => self.vertex(&mut out, inputs),
            Shape::Cohere => self.cohere(&mut out, inputs, true),
            Shape::BedrockCohere => self.cohere(&mut out, inputs, false),
            Shape::Titan => self.titan(&mut out, inputs),
        }
        out.take()
    }

    fn openai(&self, out: &mut Writer, inputs: &[Span]) {
        let mut before = "{";
        for member in self.members {
            let verdict = self.embedder.declared.find(&member.key);
            let verdict = verdict.map(|(_, verdict)| verdict);
            match (&*member.key, verdict) {
                ("model", _) => {
                    out.json(before).json("\"model\":").text(self.target.model);
                }
                ("input", _) => {
                    out.json(before).json("\"input\":");
                    if self.request.is_single {
                        out.json(self.request.raw(inputs[0]));
                    } else {
                        self.list(out, inputs);
                    }
                }
                (_, Some(Verdict::Renamed(name))) => {
                    out.json(before).text(name).json(":").raw(member.value);
                }
                (_, Some(Verdict::Passed)) => self.member(out, before, member),
                (_, None) if self.embedder.declared.unknown == Unknown::Passed => {
                    self.member(out, before, member);
                }
                _ => continue,
            }
            before = ",";
        }
        out.json("}");
    }

    fn member(&self, out: &mut Writer, before: &str, member: &Member<'_>) {
        out.json(before).json(member.raw_key).json(":");
        out.raw(member.value);
    }

    fn list(&self, out: &mut Writer, inputs: &[Span]) {
        for (index, input) in inputs.iter().enumerate() {
            out.json(if index == 0 { "[" } else { "," });
            out.json(self.request.raw(*input));
        }
        out.json("]");
    }

    /// A field of the client's under the vendor's name for it, if it was given.
    fn said(&self, out: &mut Writer, name: &str, vendors: &str) {
        let member = self.members.iter().find(|member| member.key == name);
        if let Some(member) = member.filter(|member| !json::is_null(member.value)) {
            out.json(",").text(vendors).json(":").raw(member.value);
        }
    }

    fn gemini(&self, out: &mut Writer, inputs: &[Span]) {
        out.json("{\"requests\":[");
        for (index, input) in inputs.iter().enumerate() {
            let model = format!("models/{}", self.target.model);
            out.json(if index == 0 { "" } else { "," });
            out.json("{\"model\":").text(&model);
            out.json(",\"content\":{\"parts\":[{\"text\":")
                .json(self.request.raw(*input))
                .json("}]}");
            self.said(out, "taskType", "taskType");
            self.said(out, "title", "title");
            self.said(out, "dimensions", "outputDimensionality");
            out.json("}");
        }
        out.json("]}");
    }

    fn vertex(&self, out: &mut Writer, inputs: &[Span]) {
        out.json("{\"instances\":[");
        for (index, input) in inputs.iter().enumerate() {
            out.json(if index == 0 { "" } else { "," });
            out.json("{\"content\":").json(self.request.raw(*input));
            self.said(out, "task_type", "task_type");
            out.json("}");
        }
        out.json("]");
        let mut parameters = Writer::default();
        self.said(&mut parameters, "dimensions", "outputDimensionality");
        self.said(&mut parameters, "autoTruncate", "autoTruncate");
        if !parameters.is_empty() {
            let parameters = parameters.take();
            let text = String::from_utf8_lossy(&parameters[1..]).into_owned();
            out.json(",\"parameters\":{").json(&text).json("}");
        }
        out.json("}");
    }

    fn cohere(&self, out: &mut Writer, inputs: &[Span], says_model: bool) {
        out.json("{\"texts\":");
        self.list(out, inputs);
        if says_model {
            out.json(",\"model\":").text(self.target.model);
        }
        // Its newer models demand it, and most calls of this kind store what they embed.
        let given = self.members.iter().any(|member| member.key == "input_type");
        if !given {
            out.json(",\"input_type\":\"search_document\"");
        }
        self.said(out, "input_type", "input_type");
        out.json(",\"embedding_types\":[\"float\"]");
        self.said(out, "dimensions", "output_dimension");
        self.said(out, "truncate", "truncate");
        if says_model {
            self.said(out, "max_tokens", "max_tokens");
            self.said(out, "priority", "priority");
        }
        out.json("}");
    }

    fn titan(&self, out: &mut Writer, inputs: &[Span]) {
        out.json("{\"inputText\":")
            .json(self.request.raw(inputs[0]));
        self.said(out, "dimensions", "dimensions");
        self.said(out, "normalize", "normalize");
        out.json("}");
    }
}
