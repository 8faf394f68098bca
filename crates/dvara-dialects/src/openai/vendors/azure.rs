//! Azure OpenAI: OpenAI's models in deployments of a customer's own. Its filters speak in members that clients of Azure know;
//! they are relayed (Azure OpenAI, Content filtering).

use super::plain;
use crate::openai::shape::Shape;
use crate::target::Target;

pub(super) static SHAPE: Shape = plain::relayed("Azure OpenAI");

/// Where a deployment's calls go (Azure OpenAI, REST API reference): the model is its name.
pub(crate) fn deployment_path(target: &Target<'_>, _stream: bool) -> String {
    let mut path = String::from("/deployments/");
    for byte in target.model.bytes() {
        // RFC 3986 §2.3: what needs no escape in a segment of a path.
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path.push_str("/chat/completions");
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use dvara_types::ProviderKind;

    #[test]
    fn a_deployments_name_is_one_segment_of_the_path() {
        for (asked, expected) in [
            ("azure/gpt-4o", "/deployments/gpt-4o/chat/completions"),
            (
                "a b/../c?d#é",
                "/deployments/a%20b%2F..%2Fc%3Fd%23%C3%A9/chat/completions",
            ),
        ] {
            let target = Target::new(ProviderKind::AzureOpenai, asked, None);
            assert_eq!(deployment_path(&target, false), expected);
        }
    }
}
