//! Images, files and audio of a message.

use serde_json::value::RawValue;

use super::Turns;
use super::blocks::Place;
use super::media::{self, Source};
use crate::bedrock::fields::refusal;
use crate::json;
use crate::request::{Document, DocumentSource, Image, ImageSource, ReadError};

/// Members of a part with a file that Converse's documents have.
const DOCUMENTS_OWN: [&str; 2] = ["citations", "context"];

impl<'c> Turns<'_, 'c> {
    pub(super) fn image(&mut self, place: Place<'c>, image: &Image<'_>) -> Result<(), ReadError> {
        if matches!(image.detail.as_deref(), Some(detail) if detail != "auto") {
            self.drops.add(
                "messages.image_url.detail",
                "the model chooses the resolution itself",
            );
        }
        let (format, source) = match &image.source {
            ImageSource::Url(url) if url.starts_with("s3://") => {
                (media::image_of_name(url), Source::Bucket(url))
            }
            ImageSource::Url(_) => {
                return Err(refusal(
                    format!("{}.image_url", place.at()),
                    "it fetches no images but those at `s3://`; send a base64 `data:` URL",
                ));
            }
            ImageSource::Data { base64: false, .. } => {
                return Err(place.invalid("must be a base64 `data:` URL or an `s3://` address"));
            }
            ImageSource::Data { mime, data, .. } => {
                (media::image_of_mime(mime), Source::Bytes(data))
            }
        };
        self.written_image(place, format, source)
    }

    fn written_image(
        &mut self,
        place: Place<'c>,
        format: Option<&str>,
        source: Source<'_>,
    ) -> Result<(), ReadError> {
        let format =
            format.ok_or_else(|| place.refuse("it looks at PNG, JPEG, GIF and WebP images"))?;
        self.begin_block("{\"image\":{\"format\":");
        self.out.text(format);
        source.write(self.out);
        self.out.json("}}");
        self.end_block(place, &[]);
        Ok(())
    }

    pub(super) fn document(
        &mut self,
        place: Place<'c>,
        document: &Document<'_>,
    ) -> Result<(), ReadError> {
        let address = match &document.source {
            DocumentSource::Data(data) => data,
            DocumentSource::Uploaded(id) if id.starts_with("s3://") => id,
            DocumentSource::Uploaded(_) => {
                return Err(refusal(
                    format!("{}.file.file_id", place.at()),
                    "it knows no uploaded files but those at `s3://`; send `file_data`",
                ));
            }
        };
        let at = || format!("{}.file.file_data", place.at());
        let name = document.name.as_deref();
        let (format, source) = if address.starts_with("s3://") {
            (media::document_of_name(address), Source::Bucket(address))
        } else {
            let (mime, data) = address
                .strip_prefix("data:")
                .and_then(|rest| rest.split_once(";base64,"))
                .ok_or_else(|| {
                    let at = at();
                    let message =
                        format!("`{at}` must be a base64 `data:` URL or an `s3://` address");
                    ReadError::invalid(at, message)
                })?;
            if mime.starts_with("image/") {
                let format = media::image_of_mime(mime);
                return self.written_image(place, format, Source::Bytes(data));
            }
            let by_name = || name.and_then(media::document_of_name);
            let format = media::document_of_mime(mime).or_else(by_name);
            (format, Source::Bytes(data))
        };
        let format = format.ok_or_else(|| {
            refusal(
                at(),
                "it reads PDF, CSV, Word, Excel, HTML, Markdown, text and images",
            )
        })?;
        self.begin_block("{\"document\":{\"format\":");
        self.out.text(format).json(",\"name\":");
        self.out.text(&self.names.of(name));
        source.write(self.out);
        for extra in place.of_block() {
            if DOCUMENTS_OWN.contains(&&*extra.field.name) {
                self.out.json(",").text(&extra.field.name).json(":");
                self.out.raw(extra.field.value);
            }
        }
        self.out.json("}}");
        self.end_block(place, &DOCUMENTS_OWN);
        Ok(())
    }

    /// OpenAI's `input_audio`.
    pub(super) fn audio(
        &mut self,
        place: Place<'c>,
        audio: Option<&RawValue>,
    ) -> Result<(), ReadError> {
        let members = audio.and_then(json::members).unwrap_or_default();
        let text = |key: &str| {
            let mut members = members.iter();
            let member = members.find(|member| member.key == key)?;
            json::string(member.value)
        };
        let (Some(data), Some(format)) = (text("data"), text("format")) else {
            return Err(place.invalid("must have `input_audio.data` and `input_audio.format`"));
        };
        self.begin_block("{\"audio\":{\"format\":");
        self.out.text(&format);
        Source::Bytes(&data).write(self.out);
        self.out.json("}}");
        Ok(())
    }
}
