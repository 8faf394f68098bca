//! Images, files and audio: what Bedrock calls their formats, and where they are (Bedrock, ImageBlock, DocumentBlock, AudioBlock).

use crate::writer::Writer;

/// Where something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source<'a> {
    /// In the request, in base64.
    Bytes(&'a str),
    /// In a bucket, under an `s3://` address.
    Bucket(&'a str),
}

impl Source<'_> {
    /// `"source":…`, behind a comma.
    pub(super) fn write(self, out: &mut Writer) {
        match self {
            Self::Bytes(data) => out.json(",\"source\":{\"bytes\":").text(data).json("}"),
            Self::Bucket(uri) => out
                .json(",\"source\":{\"s3Location\":{\"uri\":")
                .text(uri)
                .json("}}"),
        };
    }
}

/// The format of an image by its media type.
pub(super) fn image_of_mime(mime: &str) -> Option<&'static str> {
    match &*essence(mime) {
        "image/png" => Some("png"),
        "image/jpeg" | "image/jpg" => Some("jpeg"),
        "image/gif" => Some("gif"),
        "image/webp" => Some("webp"),
        _ => None,
    }
}

/// The format of an image by the ending of its address.
pub(super) fn image_of_name(name: &str) -> Option<&'static str> {
    match &*ending(name) {
        "png" => Some("png"),
        "jpg" | "jpeg" => Some("jpeg"),
        "gif" => Some("gif"),
        "webp" => Some("webp"),
        _ => None,
    }
}

/// The format of a document by its media type. Text of other kinds is text.
pub(super) fn document_of_mime(mime: &str) -> Option<&'static str> {
    match &*essence(mime) {
        "application/pdf" => Some("pdf"),
        "text/csv" => Some("csv"),
        "application/msword" => Some("doc"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => Some("docx"),
        "application/vnd.ms-excel" => Some("xls"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Some("xlsx"),
        "text/html" => Some("html"),
        "text/markdown" => Some("md"),
        other if other.starts_with("text/") => Some("txt"),
        _ => None,
    }
}

/// The format of a document by the ending of its address or name.
pub(super) fn document_of_name(name: &str) -> Option<&'static str> {
    const FORMATS: [&str; 9] = [
        "pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md",
    ];
    let ending = ending(name);
    FORMATS.into_iter().find(|format| *format == ending)
}

/// A media type without its parameters.
fn essence(mime: &str) -> String {
    let essence = mime.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

fn ending(name: &str) -> String {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ending.to_ascii_lowercase()
}
