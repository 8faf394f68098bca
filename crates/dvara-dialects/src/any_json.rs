//! JSON that says anything, for the properties of adapters.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Any JSON, made of these words.
pub(crate) fn any_json(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let word = select(words).prop_map(|word| json!(word));
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..5_000).prop_map(Value::from),
        Just(json!(0.5)),
        Just(json!(u64::MAX)),
        Just(json!("é\"\\\n🌍")),
        Just(json!("data:image/png;base64,AA==")),
        Just(json!("{\"a\":1}")),
        word.clone(),
        word,
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let member = (select(words), inner.clone());
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::from),
            vec(member, 0..6).prop_map(|members| {
                let members = members.into_iter();
                members
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            }),
        ]
    })
}
