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
fn a_field_that_is_given_twice_is_refused() {
    for fields in [
        r#""top_k":1,"top_\u006b":2"#,
        r#""top_k":1,"additionalModelRequestFields":{"top_k":2}"#,
        r#""additionalModelRequestFields":{"top_k":1,"top_k":2}"#,
    ] {
        let body =
            format!(r#"{{"model":"m","messages":[{{"role":"user","content":"Hi"}}],{fields}}}"#);
        let request = ChatRequest::read_openai(body.into(), &Default::default()).unwrap();
        let conversation = request.conversation().unwrap();
        let error = read(&request, &conversation, &mut Drops::default()).err();
        assert_eq!(error.unwrap().param(), Some("top_k"), "{fields}");
    }
}

#[test]
fn what_governance_does_not_read_does_not_go_on() {
    for name in GOVERNED {
        let body = format!(
            r#"{{"model":"m","messages":[{{"role":"user","content":"Hi"}}],"additionalModelRequestFields":{{"{name}":"x"}}}}"#
        );
        let request = ChatRequest::read_openai(body.into(), &Default::default()).unwrap();
        let conversation = request.conversation().unwrap();
        let error = read(&request, &conversation, &mut Drops::default()).err();
        let error = error.unwrap();
        assert_eq!(
            error.param(),
            Some("additionalModelRequestFields"),
            "{name}"
        );
    }
}
