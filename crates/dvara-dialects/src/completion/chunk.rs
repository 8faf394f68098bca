//! Chunks of a chat completion, written as they are needed.

use super::{Reported, word};
use crate::answer::Finish;
use crate::json;
use crate::writer::Writer;

const OBJECT: &str = ",\"object\":\"chat.completion.chunk\",\"created\":";

/// What every chunk of a stream begins with.
pub(super) struct Chunks {
    /// `data: {"id":…,"object":…,"created":…,"model":…,"choices":[`.
    head: String,
}

impl Chunks {
    /// `id` is the inside of a literal.
    pub(super) fn new(id: &str, created: u64, model: &str) -> Self {
        let model = json::quote(model);
        Self {
            head: format!(
                "data: {{\"id\":\"{id}\"{OBJECT}{created},\"model\":{model},\"choices\":["
            ),
        }
    }

    /// Begins a chunk whose delta the caller writes: members, without the braces.
    pub(super) fn begin<'w>(&self, out: &'w mut Writer) -> &'w mut Writer {
        out.json(&self.head).json("{\"index\":0,\"delta\":{")
    }

    /// Ends what [`Self::begin`] began.
    pub(super) fn end(out: &mut Writer) {
        out.json("},\"finish_reason\":null}]}\n\n");
    }

    /// A chunk whose delta is one text; `literal` is its inside.
    pub(super) fn text(&self, out: &mut Writer, member: &str, literal: &str) {
        self.begin(out).json(member).json("\"").json(literal);
        out.json("\"");
        Self::end(out);
    }

    /// The chunk that says why the answer ended.
    pub(super) fn finish(&self, out: &mut Writer, reason: &Finish) {
        out.json(&self.head)
            .json("{\"index\":0,\"delta\":{},\"finish_reason\":")
            .text(word(reason))
            .json("}]}\n\n");
    }

    /// The chunk with the usage; nothing when none was reported.
    pub(super) fn usage(&self, out: &mut Writer, usage: &Reported) {
        let before = out.len();
        out.json(&self.head);
        let head = out.len();
        usage.write("],\"usage\":", out);
        if out.len() == head {
            out.truncate(before);
        } else {
            out.json("}\n\n");
        }
    }
}
