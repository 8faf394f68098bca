use super::*;

fn read(body: &str) -> Result<ChatRequest, ReadError> {
    ChatRequest::read_openai(
        Bytes::copy_from_slice(body.as_bytes()),
        &ReadLimits::default(),
    )
}

/// A body with one more member.
fn with(member: &str) -> Result<ChatRequest, ReadError> {
    read(&format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":"hi"}}],{member}}}"#
    ))
}

fn refusal(result: Result<ChatRequest, ReadError>) -> (&'static str, String, Option<String>) {
    let error = result.expect_err("a refusal");
    (
        error.code(),
        error.message(),
        error.param().map(ToOwned::to_owned),
    )
}

#[test]
fn a_call_is_read_for_what_every_call_is_asked_about() {
    let request = read(
        r#" {"model" : "gpt-4o", "stream": true, "user": "a\u006en", "max_tokens": 5, "max_completion_tokens": 7, "n": 2,
            "messages": [{"role": "user", "content": "1234"}, {"content": null, "role": "assistant", "tool_calls": [{}]}, {"role": "x"}],
            "parallel_tool_calls": false, "response_format": {"type": "json_object"}, "logprobs": true, "whatever": [1]} "#,
    )
    .unwrap();
    assert_eq!(request.model(), "gpt-4o");
    assert!(request.stream() && !request.include_usage() && request.logprobs());
    assert_eq!(request.user(), Some("ann"));
    assert_eq!(
        (
            request.max_tokens(),
            request.choices(),
            request.message_count()
        ),
        (Some(7), Some(2), 3)
    );
    assert_eq!(
        request.wants(),
        Capabilities {
            tools: true,
            streamed_tools: true,
            serial_tools: true,
            json_schema: false,
            json_mode: true,
            vision: false,
        }
    );
}

#[test]
fn null_members_count_as_absent() {
    let request = with(
        r#""stream":null,"stream_options":null,"tools":null,"user":null,"n":null,"max_tokens":null,"response_format":null,"metadata":null"#,
    );
    let request = request.unwrap();
    assert!(!request.stream());
    assert_eq!(
        (request.user(), request.max_tokens(), request.choices()),
        (None, None, None)
    );
    assert_eq!(request.wants(), Capabilities::default());
}

#[test]
fn bounds_are_whole_numbers_and_negative_ones_are_none() {
    for (text, expected) in [
        ("100", Ok(Some(100))),
        ("100.0", Ok(Some(100))),
        ("1e3", Ok(Some(1000))),
        ("-1", Ok(None)),
        ("1e30", Ok(Some(u64::MAX))),
        ("1.5", Err("max_tokens")),
        ("\"100\"", Err("max_tokens")),
        ("[1]", Err("max_tokens")),
    ] {
        let found = with(&format!(r#""max_tokens":{text}"#));
        match expected {
            Ok(bound) => assert_eq!(found.unwrap().max_tokens(), bound, "{text}"),
            Err(param) => {
                let (code, _, found) = refusal(found);
                assert_eq!(
                    (code, found.as_deref()),
                    ("validation_error", Some(param)),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn missing_and_misshapen_fields_are_named() {
    let user = r#"[{"role":"user"}]"#;
    for (body, param) in [
        ("{}", "model, messages"),
        (r#"{"model":" "}"#, "model, messages"),
        (r#"{"model":"m","messages":[]}"#, "messages"),
        (r#"{"model":"m"}"#, "messages"),
        (r#"{"model":"m","messages":null}"#, "messages"),
        (r#"{"model":"m","messages":{}}"#, "messages"),
        (r#"{"model":"m","messages":"secret text"}"#, "messages"),
        (r#"{"model":"m","messages":[5]}"#, "messages[0]"),
        (
            r#"{"model":"m","messages":[{"role":"user"},null]}"#,
            "messages[1]",
        ),
        (
            r#"{"model":"m","messages":[{"role":"user"},{}]}"#,
            "messages[1].role",
        ),
        (
            r#"{"model":"m","messages":[{"role":5}]}"#,
            "messages[0].role",
        ),
        (
            r#"{"model":"m","messages":[{"role":"user","content":5}]}"#,
            "messages[0].content",
        ),
        (
            r#"{"model":"m","messages":[{"role":"user","content":{"text":"x"}}]}"#,
            "messages[0].content",
        ),
        (&format!(r#"{{"model":"","messages":{user}}}"#), "model"),
        (&format!(r#"{{"model":5,"messages":{user}}}"#), "model"),
        (&format!(r#"{{"model":null,"messages":{user}}}"#), "model"),
        (&format!(r#"{{"messages":{user}}}"#), "model"),
        (
            &format!(r#"{{"model":"m","messages":{user},"stream":"true"}}"#),
            "stream",
        ),
        (
            &format!(r#"{{"model":"m","messages":{user},"stream":1}}"#),
            "stream",
        ),
        (
            &format!(r#"{{"model":"m","messages":{user},"user":5}}"#),
            "user",
        ),
        (
            &format!(r#"{{"model":"m","messages":{user},"tools":{{}}}}"#),
            "tools",
        ),
        (
            &format!(r#"{{"model":"m","messages":{user},"stream":true,"stream_options":5}}"#),
            "stream_options",
        ),
        (
            &format!(
                r#"{{"model":"m","messages":{user},"stream":true,"stream_options":{{"include_usage":1}}}}"#
            ),
            "stream_options.include_usage",
        ),
    ] {
        let (code, message, found) = refusal(read(body));
        assert_eq!(
            (code, found.as_deref()),
            ("validation_error", Some(param)),
            "{body}"
        );
        assert!(!message.contains("secret text"), "{message}");
    }
}

#[test]
fn a_key_that_is_read_must_stand_there_once() {
    for key in [
        "model",
        "messages",
        "stream",
        "stream_options",
        "metadata",
        "tools",
        "max_tokens",
        "n",
        "user",
    ] {
        let value = if key == "messages" {
            r#"[{"role":"user"}]"#
        } else {
            "null"
        };
        let others = match key {
            "model" => r#""messages":[{"role":"user"}],"#,
            "messages" => r#""model":"m","#,
            _ => r#""model":"m","messages":[{"role":"user"}],"#,
        };
        let escaped = format!("\\u{:04x}{}", key.as_bytes()[0], &key[1..]);
        for second in [key, &*escaped] {
            let body = format!(r#"{{{others}"{key}":{value},"{second}":{value}}}"#);
            let (code, message, param) = refusal(read(&body));
            assert_eq!(
                (code, param.as_deref()),
                ("invalid_request", Some(key)),
                "{body}"
            );
            assert!(message.contains("twice"), "{message}");
        }
    }
    for message in [
        r#"{"role":"user","role":"system"}"#,
        r#"{"role":"user","content":"a","c\u006fntent":"b"}"#,
    ] {
        let (code, ..) = refusal(read(&format!(r#"{{"model":"m","messages":[{message}]}}"#)));
        assert_eq!(code, "invalid_request");
    }
    assert!(with(r#""unknown":1,"unknown":2"#).is_ok());
}

#[test]
fn a_key_that_a_server_would_fold_to_one_that_is_read_is_refused() {
    for (member, param) in [
        (r#""Model":"other""#, "model"),
        (r#""STREAM":true"#, "stream"),
        (r#""me\u017f\u017fages":[]"#, "messages"),
    ] {
        let (code, _, found) = refusal(with(member));
        assert_eq!(
            (code, found.as_deref()),
            ("invalid_request", Some(param)),
            "{member}"
        );
    }
    let (_, _, param) = refusal(read(
        r#"{"model":"m","messages":[{"role":"user","Content":"x"}]}"#,
    ));
    assert_eq!(param.as_deref(), Some("messages[0].content"));
    let (_, _, param) = refusal(with(
        r#""stream":true,"stream_options":{"Include_Usage":true}"#,
    ));
    assert_eq!(param.as_deref(), Some("stream_options.include_usage"));
}

#[test]
fn an_output_format_is_one_of_three() {
    for (format, json_mode, json_schema) in [
        (r#"{"type":"text"}"#, false, false),
        (r#"{"type":"json_object"}"#, true, false),
        (
            r#"{"type":"json_schema","json_schema":{"name":"n"}}"#,
            false,
            true,
        ),
    ] {
        let wants = with(&format!(r#""response_format":{format}"#))
            .unwrap()
            .wants();
        assert_eq!(
            (wants.json_mode, wants.json_schema),
            (json_mode, json_schema),
            "{format}"
        );
    }
    for format in [
        r#"{"type":"xml"}"#,
        r#"{}"#,
        r#""json_object""#,
        r#"{"type":"text","type":"json_object"}"#,
        r#"{"type":"json_schema"}"#,
        r#"{"type":"json_schema","json_schema":null}"#,
    ] {
        let (code, _, param) = refusal(with(&format!(r#""response_format":{format}"#)));
        assert_eq!(code, "invalid_request", "{format}");
        assert!(param.unwrap().starts_with("response_format"));
    }
}

#[test]
fn malformed_json_is_named_with_line_column_and_path() {
    for (body, expected) in [
        (
            "{\"model\":\"m\",\n \"messages\":[{\"role\":\"user\"},\n  {\"content\":\"secret\" x}]}",
            "invalid JSON at line 3 column 23 (messages[1]): expected `,` or `}`",
        ),
        (
            "{\"model\":\"m\",\n\"messages\":[{\"role\":\"user\",\"content\":\"line\nbreak\"}]}",
            "invalid JSON at line 3 column 0 (messages[0].content): control character (\\u0000-\\u001F) found while parsing a string",
        ),
        (
            "{\"model\":",
            "invalid JSON at line 1 column 9 (model): EOF while parsing a value",
        ),
        (
            "",
            "invalid JSON at line 1 column 0: EOF while parsing a value",
        ),
        (
            "{} {}",
            "invalid JSON at line 1 column 4: trailing characters",
        ),
        (
            "{\"a\":[1,],}",
            "invalid JSON at line 1 column 9 (a): trailing comma",
        ),
        ("nope", "invalid JSON at line 1 column 2: expected ident"),
    ] {
        let (code, message, param) = refusal(read(body));
        assert_eq!((code, &*message, param), ("invalid_json", expected, None));
    }
}

#[test]
fn what_is_no_object_is_refused() {
    for body in ["[]", "null", "5", "\"x\""] {
        assert_eq!(read(body).unwrap_err(), ReadError::NotAnObject, "{body}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    let body = Bytes::from_static(b"{\"model\":\"\xff\"}");
    let error = ChatRequest::read_openai(body, &ReadLimits::default()).unwrap_err();
    assert_eq!(error, ReadError::NotUtf8 { at: 10 });
    assert_eq!(error.code(), "invalid_json");
}

#[test]
fn nesting_is_bounded_whatever_strings_quote() {
    let nested = |depth: usize| format!(r#""x":{}{}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(with(&nested(63)).is_ok());
    assert_eq!(
        with(&nested(64)).unwrap_err(),
        ReadError::TooDeep { limit: 64 }
    );
    assert!(with(&format!(r#""x":"{}""#, "[".repeat(1_000))).is_ok());
}

#[test]
fn usage_is_known_to_be_asked_for() {
    for (options, asked) in [
        (r#"{"include_usage":true}"#, true),
        (r#"{"include_usage":false}"#, false),
        (r#"{"include_usage":null}"#, false),
        ("{}", false),
    ] {
        let request = with(&format!(r#""stream":true,"stream_options":{options}"#)).unwrap();
        assert_eq!(request.include_usage(), asked, "{options}");
    }
    // Without a stream the options are the vendor's to judge.
    assert!(with(r#""stream_options":5"#).is_ok());
}

#[test]
fn images_are_found_in_parts_and_not_in_quotes() {
    let with_content = |content: &str| {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":{content}}}]}}"#);
        read(&body).unwrap().wants().vision
    };
    assert!(with_content(
        r#"[{"type":"im\u0061ge_url","image_url":"https://x.test/i.png"}]"#
    ));
    assert!(!with_content(
        r#"[{"type":"text","text":"{\"type\":\"image_url\"}"}]"#
    ));
    assert!(!with_content(r#""image_url""#));
}

/// A body with everything in it that is read.
const RICH: &str = r#"{"model":"ollama/m","stream":true,"stream_options":{"include_usage":null},"metadata":{"tenant_id":"a","x":[1]},
"messages":[{"role":"system","content":"a\u0062\ud83d\ude00"},{"role":"user","name":"n","content":[{"type":"text","text":"t"},
{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}},{"type":"file","file":{"file_id":"f"}},{"type":"x"}]},
{"role":"assistant","content":null,"reasoning":"r","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
{"role":"tool","tool_call_id":"c","content":"1"}],"tools":[{"type":"function","function":{"name":"f","parameters":{}}}],
"tool_choice":"auto","response_format":{"type":"json_schema","json_schema":{"name":"n"}},"n":1,"max_tokens":1.0,"temperature":0.70,"stop":["a"]}"#;

proptest::proptest! {
    #[test]
    fn no_damage_to_a_body_makes_reading_panic(
        damage in proptest::collection::vec((0..RICH.len(), proptest::prelude::any::<u8>(), 0_u8..3), 1..4),
    ) {
        let mut body = RICH.as_bytes().to_vec();
        for (at, byte, kind) in damage {
            let at = at.min(body.len() - 1);
            match kind {
                0 => body[at] = byte,
                1 => body.insert(at, b"\"{}[],:\\u0n "[usize::from(byte) % 12]),
                _ => drop(body.remove(at)),
            }
        }
        if let Ok(request) = ChatRequest::read_openai(body.into(), &ReadLimits::default()) {
            let target = crate::target::Target::new(dvara_types::ProviderKind::Ollama, request.model(), None);
            let encoded = crate::openai::encode(&request, &target).unwrap();
            serde_json::from_slice::<serde_json::Value>(&encoded.body).map(drop).unwrap_or_else(|error| {
                // Only what we can't read as a tree and a vendor may: numbers beyond a float, half surrogates.
                assert!(serde_json::from_slice::<serde_json::Value>(request.body()).is_err(), "{error}");
            });
            let _ = (request.wants(), request.estimated_prompt_tokens(), request.conversation().is_ok());
        }
    }
}
