use super::*;

#[test]
fn every_written_pattern_compiles() {
    assert!(REQUEST.rules.len() > 50);
    assert!(ANSWER.rules.len() < REQUEST.rules.len());
    assert!(
        REQUEST.parts.len() < 12_000,
        "{} steps",
        REQUEST.steps.len()
    );
    println!(
        "steps {} words {}",
        REQUEST.steps.len(),
        REQUEST.lexicon.len()
    );
}

#[test]
fn a_pattern_that_names_no_list_is_refused() {
    let mut compiler = Compiler::default();
    let refused = compiler.pattern("ignore @nosuchlist", Meaning::Negates);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "no such list of words: nosuchlist"
    );
}
