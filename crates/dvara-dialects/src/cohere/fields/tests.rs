use super::*;
use crate::fields::Drops;
use crate::fields::tests::OF_OPENAI;
use crate::request::ChatRequest;

/// The members of a call in Cohere's own description of it that OpenAI's dialect does not have (Cohere API reference, Chat).
const OF_COHERE: [&str; 9] = [
    "citation_options",
    "documents",
    "k",
    "p",
    "priority",
    "safety_mode",
    "stop_sequences",
    "strict_tools",
    "thinking",
];

#[test]
fn every_field_of_openais_and_of_coheres_has_one_verdict() {
    for name in OF_OPENAI.into_iter().chain(OF_COHERE) {
        let verdicts = TABLE.iter().filter(|(known, _)| *known == name);
        assert_eq!(verdicts.count(), 1, "{name}");
    }
}

#[test]
fn all_of_coheres_fields_can_be_said() {
    for name in OF_COHERE {
        assert!(matches!(DECLARED.find(name), Some((_, Passed))), "{name}");
    }
}

#[test]
fn what_is_so_anyway_asks_for_nothing() {
    assert!(on("true") && on("null") && !on("false"));
    assert!(usual_tier("\"auto\"") && usual_tier("\"default\"") && !usual_tier("\"flex\""));
}

/// The field that a call is refused for.
fn refused(fields: &str) -> Option<String> {
    let body = format!(r#"{{"model":"c","messages":[{{"role":"user","content":"Hi"}}],{fields}}}"#);
    let request = ChatRequest::read_openai(body.into(), &Default::default()).unwrap();
    let conversation = request.conversation().unwrap();
    let error = read(&request, &conversation, &mut Drops::default()).err()?;
    error.param().map(Into::into)
}

#[test]
fn what_is_said_twice_is_refused() {
    for (fields, param) in [
        (r#""k":1,"\u006b":2"#, "k"),
        (r#""nobody_knows":1,"nobody_knows":2"#, "nobody_knows"),
        (r#""p":0.5,"top_p":0.5"#, "p"),
        (r#""k":1,"top_k":2"#, "k"),
        (r#""stop_sequences":["a"],"stop":"a""#, "stop_sequences"),
    ] {
        assert_eq!(refused(fields).as_deref(), Some(param), "{fields}");
    }
    assert_eq!(
        refused(r#""p":null,"top_p":0.5,"stop_sequences":null,"stop":"a""#),
        None
    );
}

#[test]
fn penalties_that_cohere_has_pass() {
    for (value, passes) in [
        ("0", true),
        ("1.0", true),
        ("-0.1", false),
        ("1.01", false),
        ("2", false),
    ] {
        for name in ["frequency_penalty", "presence_penalty"] {
            let refused = refused(&format!("\"{name}\":{value}"));
            assert_eq!(refused.is_none(), passes, "{name} {value}");
        }
    }
}
