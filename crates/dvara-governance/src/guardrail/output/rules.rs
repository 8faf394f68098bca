//! The patterns themselves. `before` must end where the anchor begins, `after` begins with it; both ignore case.
//!
//! The scores for code: what is an everyday example there stays under the default threshold of 0.7.

pub(super) struct OutputRule {
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    /// In running text.
    pub(super) score: f32,
    /// In a fenced block or inline code.
    pub(super) in_code: f32,
    pub(super) anchors: &'static [&'static str],
    pub(super) before: Option<&'static str>,
    pub(super) after: &'static str,
}

const fn rule(
    id: &'static str,
    label: &'static str,
    (score, in_code): (f32, f32),
    anchors: &'static [&'static str],
    before: Option<&'static str>,
    after: &'static str,
) -> OutputRule {
    OutputRule {
        id,
        label,
        score,
        in_code,
        anchors,
        before,
        after,
    }
}

const IN_TAG: Option<&str> = Some(r#"<[a-z!][^<>]{0,90}[\s"'/]"#);
const IN_ATTRIBUTE: Option<&str> = Some(r#"(?:=\s{0,4}["']?|\]\(|url\(["']?)\s{0,4}"#);
const IN_URL: Option<&str> = Some(r"(?:https?|ftp|wss?)://(?:[^\s/@]{0,40}@)?");

#[rustfmt::skip]
pub(super) const RULES: &[OutputRule] = &[
    rule("out-xss-001", "script element", (0.9, 0.5), &["<script"], None, r"<script[\s>/]"),
    rule("out-xss-002", "event handler in an element", (0.85, 0.5),
        &["onerror", "onload", "onclick", "onmouse", "onfocus", "onblur", "ontoggle", "onanimation", "onpointer", "onkey", "onsubmit", "onwheel", "onbegin", "onstart", "oninput", "onchange"],
        IN_TAG, r"on[a-z]{3,20}\s{0,8}=\s{0,8}\S"),
    rule("out-xss-003", "javascript: address", (0.9, 0.5), &["javascript:", "vbscript:"], IN_ATTRIBUTE, r"(?:java|vb)script:\s{0,4}\S"),
    rule("out-xss-004", "HTML in a data: address", (0.85, 0.5), &["data:text/html"], IN_ATTRIBUTE, r"data:text/html[;,]"),
    rule("out-xss-005", "document inside an element", (0.85, 0.5), &["srcdoc", "<iframe", "<object", "<embed"], None,
        r#"(?:srcdoc\s{0,4}=\s{0,4}["']|<(?:iframe|object|embed)\s[^>]{0,100}(?:src|data)\s{0,4}=\s{0,4}["']?(?:javascript|data):)"#),
    rule("out-sqli-001", "second statement behind a closed literal", (0.9, 0.75), &["';", "\";", "');", "\");", "' ;", "\" ;"], None,
        r#"['"]\)?\s?;\s{0,8}(?:drop\s+(?:table|database|schema)|delete\s+from|truncate\s+table|alter\s+table|insert\s+into|update\s+\w{1,40}\s+set|exec(?:ute)?\s|shutdown)"#),
    rule("out-sqli-002", "UNION SELECT behind a closed literal", (0.85, 0.5), &["union"], Some(r#"(?:['"`)]|[=(]\s{0,4}-?\d{1,8})\s{1,8}"#), r"union\s+(?:all\s+)?select\s"),
    rule("out-sqli-003", "condition that is always true", (0.85, 0.6), &["'or ", "' or ", "\"or ", "\" or ", ") or ", "'||", "' ||"], None,
        r#"['")]\s?(?:or|\|\|)\s{0,8}(?:\(?['"]?1['"]?\s{0,4}=\s{0,4}['"]?1|['"]([a-z])['"]\s{0,4}=\s{0,4}['"][a-z]|true\b|not\s+false)"#),
    rule("out-sqli-004", "comment that cuts a statement off", (0.8, 0.5), &["'--", "\"--", "')--", "';--", "'#", "'/*"], Some(r"[\w)]"),
        r#"['"]\)?;?(?:--(?:[\s+]|$)|#\s{0,4}(?:$|['"])|/\*)"#),
    rule("out-sqli-005", "delay or command through the database", (0.85, 0.5), &["sleep(", "pg_sleep", "waitfor", "benchmark(", "xp_cmdshell", "load_file(", "into outfile"],
        Some(r#"(?:['"`);]|\d)\s{0,8}(?:and|or|;|,|union|select|exec|\s|\(){0,6}\s{0,8}"#), r"(?:(?:pg_)?sleep\s{0,2}\(\s{0,2}\d|waitfor\s+delay|benchmark\(\s{0,2}\d|xp_cmdshell|load_file\(|into\s+outfile)"),
    rule("out-cmd-001", "deletion of everything", (0.95, 0.6), &["rm -"], None, r"rm\s+-(?:[a-z]*r[a-z]*f|[a-z]*f[a-z]*r)[a-z]*\s+(?:--no-preserve-root\s+)?(?:/|~|\$HOME|\*)(?:[\s*;&|`)'\x22]|$)"),
    rule("out-cmd-002", "download inside a command substitution", (0.9, 0.6), &["$(curl ", "$(wget ", "$(nc ", "$(bash ", "$( curl ", "$( wget ", "`curl ", "`wget ", "`nc ", "`bash "], None,
        r"(?:\$\(\s?|`)(?:curl|wget|nc|bash)\s[^`)\n]{1,120}[`)]"),
    rule("out-cmd-003", "download that is run at once", (0.9, 0.6), &["curl ", "wget ", "iwr ", "invoke-webrequest"], None,
        r"(?:curl|wget|iwr|invoke-webrequest)\s[^\n|]{1,120}\|\s{0,4}(?:sudo\s+)?(?:ba|z|da|k)?(?:sh|iex|python3?|perl|invoke-expression)\b"),
    rule("out-cmd-004", "reverse shell", (0.95, 0.8), &["/dev/tcp/", "nc -", "ncat -", "mkfifo", "socket.socket", "fsockopen"], None,
        r"(?:/dev/tcp/[\w.$]{1,60}/\d|n(?:c|cat)\s+(?:-[a-z]+\s+){0,3}-[a-z]{0,4}[ec]\s+\S{0,20}(?:sh|cmd)|n(?:c|cat)\s+[^\n]{0,60}\s-e\s+\S{0,20}(?:sh|cmd)|mkfifo\s+\S{1,40}[^\n]{0,100}\bnc\s|socket\.socket\([^\n]{0,60}\)[\s\S]{0,80}(?:dup2|/bin/(?:ba)?sh)|fsockopen\([^\n]{0,100}(?:exec|/bin/))"),
    rule("out-cmd-005", "command chained to read secrets or run a shell", (0.85, 0.5), &["/etc/passwd", "/etc/shadow", "/bin/sh -", "/bin/bash -", "chmod 777 /"],
        Some(r"(?:;|\|{1,2}|&&)\s{0,4}(?:cat\s+)?"), r"(?:/etc/(?:passwd|shadow)|/bin/(?:ba)?sh\s+-[ic]|chmod\s+777\s+/)"),
    rule("out-cmd-006", "hidden PowerShell", (0.9, 0.7), &["powershell", "iex", "pwsh"], None,
        r"(?:(?:powershell|pwsh)(?:\.exe)?\s[^\n]{0,80}-e(?:nc|ncodedcommand)?\s+[a-z0-9+/=]{16}|iex\s{0,4}\(?\s{0,4}\(?\s{0,4}new-object\s+(?:system\.)?net\.webclient)"),
    rule("out-ssrf-001", "metadata service of a cloud", (0.9, 0.6), &["169.254.169.254", "metadata.google.internal", "[fd00:ec2::254]", "100.100.100.200", "169.254.170.2"], IN_URL,
        r"(?:169\.254\.169\.254|metadata\.google\.internal|\[fd00:ec2::254\]|100\.100\.100\.200|169\.254\.170\.2)"),
    rule("out-ssrf-002", "internal address in disguise", (0.95, 0.8), &["0x", "2852039166", "2130706433", "017", "0177", "[::ffff:", "0251", "[::]", "nip.io", "xip.io", "sslip.io", "localtest.me"],
        Some(r"(?:https?|ftp|wss?)://(?:[\w.-]{0,60}\.)?(?:[^\s/@]{0,40}@)?"),
        r#"(?:0x(?:a9fea9fe|7f[0-9a-f]{6}|0?a9\.|7f\.)|2852039166|2130706433|0?177\.0|0177\.|017700000001|\[::ffff:(?:169|127|10|192|a9fe|7f)|0251\.|\[::\]|(?:nip|xip|sslip)\.io|localtest\.me)"#),
    // Every second tutorial says "open http://localhost:8080": under the threshold, for those who lower it.
    rule("out-ssrf-003", "private or loopback address", (0.6, 0.4), &["localhost", "127.", "10.", "192.168.", "172.", "[::1]", "0.0.0.0"], IN_URL,
        r"(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|10\.\d{1,3}\.\d{1,3}\.\d{1,3}|192\.168\.\d{1,3}\.\d{1,3}|172\.(?:1[6-9]|2\d|3[01])\.\d{1,3}\.\d{1,3}|\[::1\]|0\.0\.0\.0)"),
    rule("out-ssrf-004", "address that makes a server speak another protocol", (0.85, 0.6), &["gopher://", "dict://", "file:///", "ldap://", "jar:http", "netdoc:", "phar://"], None,
        r"(?:gopher://\S|dict://\S|file:///(?:etc|proc|root|home|var/run|c:|windows)|ldap://\S|jar:https?:|netdoc:/|phar://\S)"),
];
