use super::*;

use crate::fields::tests::OF_OPENAI;

#[test]
fn every_field_of_openais_has_one_verdict() {
    for name in OF_OPENAI {
        let verdicts = TABLE.iter().filter(|(known, _)| *known == name);
        assert_eq!(verdicts.count(), 1, "{name}");
    }
}

#[test]
fn a_verdict_spares_the_values_that_ask_for_nothing() {
    for (unless, spared, meant) in [
        (
            nothing as fn(&str) -> bool,
            &["null"][..],
            &["0", "\"\"", "{}"][..],
        ),
        (off, &["null", "false"], &["true", "0"]),
        (
            zero,
            &["null", "0", "0.0", "-0", "0e5"],
            &["1", "\"0\"", "-0.1"],
        ),
        (one, &["null", "1", "1.0"], &["0", "2", "\"1\""]),
        (empty, &["null", "{}", "{ }"], &["{\"1\":0}", "[]"]),
        (
            text_only,
            &["null", "[]", "[\"text\"]"],
            &["[\"audio\"]", "\"text\""],
        ),
        (medium, &["null", "\"medium\""], &["\"low\""]),
    ] {
        for value in spared {
            assert!(unless(value), "{value}");
        }
        for value in meant {
            assert!(!unless(value), "{value}");
        }
    }
}

#[test]
fn a_field_that_is_given_twice_is_refused() {
    let body = r#"{"model":"claude","messages":[{"role":"user","content":"Hi"}],"top_k":1,"top_\u006b":2}"#;
    let request = ChatRequest::read_openai(body.into(), &Default::default()).unwrap();
    let conversation = request.conversation().unwrap();
    let error = read(&request, &conversation, &mut Drops::default()).err();
    assert_eq!(error.unwrap().param(), Some("top_k"));
}
