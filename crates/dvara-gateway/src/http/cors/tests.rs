use super::*;

fn cors(list: &[&str]) -> Result<Option<Cors>, String> {
    let list: Vec<String> = list.iter().map(|entry| (*entry).to_owned()).collect();
    Cors::parse(&list)
}

#[test]
fn origins_are_taken_as_a_browser_writes_them() {
    assert_eq!(cors(&[]), Ok(None));
    assert_eq!(cors(&["*"]), Ok(Some(Cors::Anybody)));
    for good in [
        "https://app.example.com",
        "http://localhost:3000",
        "http://[::1]:8000",
    ] {
        assert!(
            matches!(cors(&[good]), Ok(Some(Cors::Origins(_)))),
            "{good}"
        );
    }
    for (bad, why) in [
        (&["*", "https://a.example"][..], "beside other origins"),
        (
            &["https://a.example/"][..],
            "a browser writes it `https://a.example`",
        ),
        (
            &["https://A.example:443"][..],
            "a browser writes it `https://a.example`",
        ),
        (&["https://a.example/path"][..], "a browser writes it"),
        (&["a.example"][..], "is not an origin"),
        (&["null"][..], "is not an origin"),
        (&["https://*.example"][..], "is not an origin"),
    ] {
        let refused = cors(bad).unwrap_err();
        assert!(refused.contains(why), "{bad:?}: {refused}");
    }
}

#[test]
fn of_the_headers_asked_for_those_of_calls_are_allowed() {
    let mut headers = HeaderMap::new();
    headers.insert(
        ACCESS_CONTROL_REQUEST_HEADERS,
        HeaderValue::from_static("Authorization,cookie, X-Stainless-Lang,openai-project, proxy-x"),
    );
    assert_eq!(
        allowed_headers(&headers).unwrap(),
        "authorization, x-stainless-lang, openai-project"
    );
    assert_eq!(allowed_headers(&HeaderMap::new()), None);
}

#[test]
fn an_answer_for_some_origins_varies_by_origin_whoever_asks() {
    let cors = cors(&["https://a.example"]).unwrap().unwrap();
    for (origin, allowed) in [
        (None, false),
        (Some("https://b.example"), false),
        (Some("https://a.example.evil"), false),
        (Some("http://a.example"), false),
        (Some("null"), false),
        (Some("https://a.example"), true),
    ] {
        let mut answer = HeaderMap::new();
        let origin = origin.map(HeaderValue::from_static);
        cors.mark(origin.as_ref(), &mut answer);
        assert_eq!(answer[VARY], "Origin");
        assert_eq!(
            answer.get(ACCESS_CONTROL_ALLOW_ORIGIN),
            origin.as_ref().filter(|_| allowed)
        );
    }
}
