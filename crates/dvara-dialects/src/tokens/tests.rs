use bytes::Bytes;
use tiktoken_rs::CoreBPE;

use super::*;
use crate::request::{ChatRequest, ReadLimits};

const SAMPLES: [&str; 16] = [
    "",
    " ",
    "The quick brown fox jumps over the lazy dog; it didn't, wouldn't and can't stop. IT'S 12,345.67 o'clock!",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich, Straße Nr. 7.",
    "Съешь же ещё этих мягких французских булок, да выпей чаю.",
    "Η γρήγορη καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί.",
    "敏捷的棕色狐狸跳过了懒狗。今天天气很好，我们去公园散步吧！",
    "いろはにほへと ちりぬるを。カタカナ、ﾊﾝｶｸ、漢字も。",
    "키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다.",
    "نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر. שלום עולם",
    "ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का सर्वनाश करने वाले। தமிழ் மொழி",
    "👩‍👩‍👧‍👦 🏳️‍🌈 😀😀😀 ❤️ e\u{301} ａｂｃ \u{200b}\u{feff}",
    "fn main() {\n    let mut x: Vec<u8> = vec![0x1f; 1 << 10];\n\tprintln!(\"{x:?}\"); // \\o/\r\n}\n\n\n  \n",
    "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}",
    "<|endoftext|><|im_start|>system<|fim_prefix|>",
    "https://example.org/a?b=c&d=%20e#f  trailing   spaces   \t \n\n x",
];

/// Everything that may meet in one text, and long runs of one thing.
fn samples() -> Vec<String> {
    let mut samples: Vec<String> = SAMPLES.map(str::to_owned).into();
    samples.push(SAMPLES.concat());
    samples.push(SAMPLES.join("\n"));
    samples.extend((0..200).map(scrambled));
    samples.extend(["a", " ", "\n", "1", "é", "漢", "=-", "A1 "].map(|one| one.repeat(500)));
    samples
}

/// Letters of all samples, in an order that nobody chose, so that pairs meet that no writer puts side by side.
fn scrambled(seed: u64) -> String {
    let letters: Vec<char> = SAMPLES.concat().chars().collect();
    let mut state = seed;
    let next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        letters[(state >> 33) as usize % letters.len()]
    };
    std::iter::repeat_with(next).take(120).collect()
}

#[test]
fn a_text_of_one_letter_is_counted_in_time() {
    let text = "a".repeat(1_000_000);
    assert_eq!(Table::O200k.count(&text), 125_000);
}

fn oracle(table: Table) -> &'static CoreBPE {
    match table {
        Table::Cl100k => tiktoken_rs::cl100k_base_singleton(),
        Table::O200k => tiktoken_rs::o200k_base_singleton(),
    }
}

fn call(body: &str) -> ChatRequest {
    ChatRequest::read_openai(
        Bytes::copy_from_slice(body.as_bytes()),
        &ReadLimits::default(),
    )
    .unwrap()
}

#[test]
fn every_text_counts_as_tiktoken_counts_it() {
    for table in [Table::Cl100k, Table::O200k] {
        for text in samples() {
            let expected = oracle(table).encode_ordinary(&text).len() as u64;
            assert_eq!(table.count(&text), expected, "{table:?}: {text:?}");
        }
    }
}

#[test]
fn a_model_has_the_table_of_its_family_and_others_have_none() {
    let table = |models: &[&str], expected| {
        for model in models {
            assert_eq!(Table::of(model), expected, "{model}");
        }
    };
    table(
        &[
            "gpt-4o",
            "gpt-4o-mini-2024-07-18",
            "gpt-4.1-nano",
            "gpt-5",
            "gpt-5.1",
            "gpt-5-mini",
            "o1",
            "o1-pro",
            "o3-mini",
            "o4-mini-2025-04-16",
            "chatgpt-4o-latest",
            "gpt-oss:20b",
            "openai/gpt-oss-120b",
            "openai.gpt-oss-120b-1:0",
            "ft:gpt-4o-mini-2024-07-18:acme::x1",
        ],
        Some(Table::O200k),
    );
    table(
        &[
            "gpt-4",
            "gpt-4-0613",
            "gpt-4-turbo-preview",
            "gpt-3.5-turbo",
            "gpt-35-turbo-16k",
            "text-embedding-3-large",
            "text-embedding-ada-002",
        ],
        Some(Table::Cl100k),
    );
    table(
        &[
            "",
            "gpt",
            "gpt-2",
            "gpt-45",
            "gpt-50",
            "gpt-4ox",
            "o",
            "o2",
            "o10",
            "o1x",
            "claude-opus-4",
            "gemini-2.5-pro",
            "llama3",
            "mock/x",
            "my-gpt-4o",
            "text-embedder",
        ],
        None,
    );
}

#[test]
fn models_have_the_tables_that_tiktoken_gives_them() {
    for model in [
        "gpt-4o",
        "gpt-4.1",
        "gpt-5",
        "o1",
        "o3",
        "o4-mini",
        "chatgpt-4o-latest",
        "gpt-4",
        "gpt-4-turbo",
        "gpt-3.5-turbo",
        "text-embedding-3-small",
    ] {
        let theirs = tiktoken_rs::bpe_for_model(model).unwrap();
        let ours = oracle(Table::of(model).unwrap());
        let text = SAMPLES.concat();
        assert_eq!(
            ours.encode_ordinary(&text),
            theirs.encode_ordinary(&text),
            "{model}"
        );
    }
}

#[test]
fn a_call_is_its_texts_and_tools_and_what_stands_around_them() {
    let body = r#"{"model":"gpt-4o","messages":[
        {"role":"system","content":"Be brief."},
        {"role":"user","content":[{"type":"text","text":"What is this?"},
            {"type":"image_url","image_url":{"url":"https://example.org/a.png","detail":"low"}},
            {"type":"image_url","image_url":{"url":"https://example.org/b.png"}}]},
        {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"look","arguments":"{\"at\":1}"}}]},
        {"role":"tool","tool_call_id":"c","content":"a cat"}],
        "tools":[{"type":"function","function":{"name":"look","description":"Looks.","parameters":{"type":"object"}}}]}"#;
    for table in [Table::Cl100k, Table::O200k] {
        let texts = [
            "Be brief.",
            "What is this?",
            "look",
            "{\"at\":1}",
            "a cat",
            "look",
            "Looks.",
            "{\"type\":\"object\"}",
        ];
        let of_texts: usize = texts
            .iter()
            .map(|text| oracle(table).encode_ordinary(text).len())
            .sum();
        let counted = call(body).counted_prompt(table).unwrap();
        assert_eq!(counted.tokens.0, of_texts as u64 + 85 + 765 + 4 * 4 + 3);
    }
}

#[test]
fn an_answer_is_what_its_choices_say_and_call() {
    let answer = br#"{"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"Gr\u00fc\u00dfe","refusal":null,
        "tool_calls":[{"id":"call_1","type":"function","function":{"name":"look","arguments":"{\"at\":1}"}}]},"finish_reason":"stop"},
        {"index":1,"message":{"role":"assistant","content":"Hallo","reasoning_content":"hm"},"finish_reason":"stop"}]}"#;
    for table in [Table::Cl100k, Table::O200k] {
        let texts = ["Grüße", "look", "{\"at\":1}", "Hallo", "hm"];
        let expected: usize = texts
            .iter()
            .map(|text| oracle(table).encode_ordinary(text).len())
            .sum();
        assert_eq!(table.count_answer(answer).0, expected as u64);
    }
    assert_eq!(Table::O200k.count_answer(b"no json").0, 0);
    assert_eq!(Table::O200k.count_answer(b"{}").0, 0);
}

#[test]
fn an_answer_that_nobody_kept_is_guessed_by_the_language_of_its_call() {
    for (asked, answered) in [
        (
            SAMPLES[2],
            "She sells sea shells by the sea shore, and the shells she sells are surely from the sea.",
        ),
        (
            SAMPLES[4],
            "Широкая электрификация южных губерний даст мощный толчок подъёму сельского хозяйства.",
        ),
        (
            SAMPLES[6],
            "春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。这首诗描写了春天早晨的景色。",
        ),
        (
            SAMPLES[8],
            "모든 사람은 태어날 때부터 자유롭고, 존엄성과 권리에 있어서 평등하다.",
        ),
    ] {
        let content = serde_json::to_string(&asked.repeat(8)).unwrap();
        let call = call(&format!(
            r#"{{"model":"gpt-4o","messages":[{{"role":"user","content":{content}}}]}}"#
        ));
        let counted = call.counted_prompt(Table::O200k).unwrap();
        let truth = Table::O200k.count(answered);
        let guess = counted.guess_answer(answered.chars().count() as u64).0;
        assert!(
            guess.abs_diff(truth) * 5 <= truth * 2,
            "{guess} of {truth}: {answered}"
        );
    }
}

#[test]
fn a_short_call_says_little_of_its_answer() {
    let call = call(r#"{"model":"gpt-4o","messages":[{"role":"user","content":"?"}]}"#);
    let counted = call.counted_prompt(Table::O200k).unwrap();
    assert_eq!(counted.guess_answer(400).0, 108);
    assert_eq!(counted.guess_answer(0).0, 0);
}
