//! The ten largest files and functions. Shown at the end of every run, so that growth is seen; nothing is refused.

use std::fmt;

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::source::Sources;

const SHOWN: usize = 10;

/// Names with their lines, largest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Largest {
    files: Vec<(usize, String)>,
    functions: Vec<(usize, String)>,
}

/// Measures every Rust file, tests included.
pub(super) fn measure(sources: &Sources) -> Largest {
    let mut largest = Largest::default();
    for file in &sources.files {
        largest.files.push((file.lines, file.path.clone()));
        let mut functions = Functions {
            path: &file.path,
            found: &mut largest.functions,
        };
        functions.visit_file(&file.ast);
    }
    for list in [&mut largest.files, &mut largest.functions] {
        list.sort_by(|a, b| b.cmp(a));
        list.truncate(SHOWN);
    }
    largest
}

struct Functions<'a> {
    path: &'a str,
    found: &'a mut Vec<(usize, String)>,
}

impl Functions<'_> {
    fn note(&mut self, name: &syn::Ident, whole: proc_macro2::Span) {
        let (start, end) = (whole.start().line, whole.end().line);
        self.found.push((
            end.saturating_sub(start) + 1,
            format!("{}:{} {name}", self.path, name.span().start().line),
        ));
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.note(
            &item.sig.ident,
            item.sig
                .span()
                .join(item.block.span())
                .unwrap_or(item.block.span()),
        );
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.note(
            &item.sig.ident,
            item.sig
                .span()
                .join(item.block.span())
                .unwrap_or(item.block.span()),
        );
        visit::visit_impl_item_fn(self, item);
    }
}

impl fmt::Display for Largest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, list) in [
            ("largest files, in lines", &self.files),
            ("largest functions, in lines", &self.functions),
        ] {
            writeln!(formatter, "{title}:")?;
            for (lines, name) in list {
                writeln!(formatter, "{lines:>6}  {name}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::SourceFile;

    #[test]
    fn files_and_functions_come_largest_first() {
        let text = "fn short() {}\n\nimpl A {\n    fn long(\n        &self,\n    ) {\n        call();\n    }\n}\n";
        let sources = Sources {
            files: vec![
                SourceFile::parse("a", "crates/a/src/small.rs", "fn one() {}\n").unwrap(),
                SourceFile::parse("a", "crates/a/src/big.rs", text).unwrap(),
            ],
        };
        let largest = measure(&sources);
        assert_eq!(largest.files[0], (9, "crates/a/src/big.rs".to_owned()));
        assert_eq!(
            largest.functions[0],
            (5, "crates/a/src/big.rs:4 long".to_owned())
        );
    }
}
