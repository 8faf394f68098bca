//! Amazon Bedrock's Converse API behind chat completions.

use bytes::Bytes;

use crate::answer::{Answer, ResponseHead, StreamSummary};
use crate::fault::UpstreamFault;
use crate::fields::{Declared, Unknown};
use crate::request::{ChatRequest, ReadError};
use crate::target::{Encoded, Target};

/// What becomes of a call.
pub(crate) static DECLARED: Declared = Declared {
    vendor: "Amazon Bedrock",
    fields: &[],
    unknown: Unknown::Dropped,
    drops: &[],
    refusals: &[],
};

/// Where a model's calls go, behind the base URL.
pub(crate) fn path(target: &Target<'_>, stream: bool) -> String {
    let _ = (target, stream);
    unimplemented!()
}

/// SKELETON
pub fn encode(_: &ChatRequest, _: &Target<'_>) -> Result<Encoded, ReadError> {
    unimplemented!()
}

/// SKELETON
pub fn decode(
    _: &ChatRequest,
    _: &ResponseHead,
    _: &[u8],
    _: u64,
) -> Result<(Answer, Bytes), UpstreamFault> {
    unimplemented!()
}

/// SKELETON
pub struct StreamDecoder {
    summary: StreamSummary,
}

impl StreamDecoder {
    /// SKELETON
    pub fn new(_: &ChatRequest, _: u64) -> Self {
        unimplemented!()
    }

    /// SKELETON
    pub fn push(&mut self, _: &Bytes, _: &mut Vec<Bytes>) -> Result<(), UpstreamFault> {
        unimplemented!()
    }

    /// SKELETON
    pub fn finish(&mut self, _: &mut Vec<Bytes>) -> Result<(), UpstreamFault> {
        unimplemented!()
    }

    /// SKELETON
    pub fn summary(&self) -> &StreamSummary {
        &self.summary
    }

    /// SKELETON
    pub fn is_done(&self) -> bool {
        unimplemented!()
    }
}
