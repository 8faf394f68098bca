//! As much of XML as STS writes: elements with text in them, nested, without comments and sections.

use std::borrow::Cow;

/// What stands in the first element of a name, unread; `None` when there is none or it does not end.
pub(super) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut rest = xml;
    loop {
        rest = rest.split_once(&open)?.1;
        // `<Credentials>` or `<Credentials xmlns="…">`, not `<CredentialsOfSomebody>`.
        if rest.starts_with('>') || rest.starts_with(char::is_whitespace) {
            let (attributes, inner) = rest.split_once('>')?;
            return if attributes.ends_with('/') {
                Some("")
            } else {
                Some(inner.split_once(&close)?.0)
            };
        }
    }
}

/// The text of the first element of a name.
pub(super) fn text<'a>(xml: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let raw = element(xml, name)?.trim();
    if !raw.contains('&') {
        return Some(raw.into());
    }
    // The ampersand comes last: what it leaves is not read again.
    let plain = raw
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&");
    Some(plain.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_their_whole_name() {
        let xml = "<A xmlns=\"x\"><KeyId>1</KeyId><Key>\n 2 </Key><Empty/></A>";
        assert_eq!(element(xml, "A").map(str::len), Some(39));
        assert_eq!(text(xml, "Key").as_deref(), Some("2"));
        assert_eq!(text(xml, "KeyId").as_deref(), Some("1"));
        assert_eq!(text(xml, "Ke"), None);
        assert_eq!(text("<Empty />", "Empty").as_deref(), Some(""));
    }

    #[test]
    fn what_does_not_end_is_not_there() {
        for xml in ["<A>1", "<A", "<A ", ""] {
            assert_eq!(text(xml, "A"), None, "{xml}");
        }
    }

    #[test]
    fn entities_are_read_once() {
        let xml = "<M>a &lt;b&gt; &quot;c&apos; &amp;lt;</M>";
        assert_eq!(text(xml, "M").as_deref(), Some("a <b> \"c' &lt;"));
    }
}
