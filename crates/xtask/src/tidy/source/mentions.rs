//! What a file mentions outside its tests: paths with their short names resolved, method calls, and string literals.

use std::collections::BTreeMap;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::SourceFile;

/// Everything that the rules look at, each with its line.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// Whole paths: `env::var` after `use std::env` is `std::env::var`.
    pub(super) paths: Vec<(usize, String)>,
    pub(super) methods: Vec<(usize, String)>,
    pub(super) texts: Vec<(usize, String)>,
}

/// Reads a file. Items under `#[cfg(test)]` and `#[test]`, and files that are tests, mention nothing.
pub(super) fn of(file: &SourceFile) -> Mentions {
    let mut reader = Reader::default();
    if !file.test {
        reader.visit_file(&file.ast);
    }
    let mut mentions = reader.mentions;
    for (_, path) in &mut mentions.paths {
        *path = resolve(&reader.names, path);
    }
    mentions
}

/// Whether an item is there for tests only.
pub(in crate::tidy) fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        if path.is_ident("cfg") {
            return attribute
                .meta
                .require_list()
                .is_ok_and(|list| list.tokens.to_string() == "test");
        }
        path.segments
            .last()
            .is_some_and(|last| last.ident == "test")
    })
}

fn resolve(names: &BTreeMap<String, String>, path: &str) -> String {
    let (first, rest) = path
        .split_once("::")
        .map_or((path, None), |(f, r)| (f, Some(r)));
    match (names.get(first), rest) {
        (Some(whole), Some(rest)) => format!("{whole}::{rest}"),
        (Some(whole), None) => whole.clone(),
        (None, _) => path.to_owned(),
    }
}

#[derive(Default)]
struct Reader {
    /// Short names that `use` brought in, with the whole path of each.
    names: BTreeMap<String, String>,
    mentions: Mentions,
}

impl Reader {
    fn path(&mut self, path: &syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        let line = path
            .segments
            .first()
            .map_or(0, |segment| line(segment.ident.span()));
        self.mentions.paths.push((line, segments.join("::")));
    }

    fn bring_in(&mut self, prefix: &str, tree: &syn::UseTree) {
        let join = |name: &syn::Ident| match prefix {
            "" => name.to_string(),
            _ => format!("{prefix}::{name}"),
        };
        match tree {
            syn::UseTree::Path(path) => self.bring_in(&join(&path.ident), &path.tree),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.bring_in(prefix, tree);
                }
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                self.name(prefix, prefix, name.ident.span())
            }
            syn::UseTree::Name(name) => self.name(
                &name.ident.to_string(),
                &join(&name.ident),
                name.ident.span(),
            ),
            syn::UseTree::Rename(rename) => {
                self.name(
                    &rename.rename.to_string(),
                    &join(&rename.ident),
                    rename.ident.span(),
                );
            }
            syn::UseTree::Glob(_) => {}
        }
    }

    fn name(&mut self, short: &str, whole: &str, span: Span) {
        let short = short.rsplit("::").next().unwrap_or(short);
        self.names.insert(short.to_owned(), whole.to_owned());
        self.mentions.paths.push((line(span), whole.to_owned()));
    }

    /// Paths, methods and texts in a macro's input, which has no grammar of its own.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Option<(usize, String)> = None;
        let mut colons = 0;
        let mut after_dot = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if after_dot => {
                    self.mentions
                        .methods
                        .push((line(ident.span()), ident.to_string()));
                    after_dot = false;
                }
                TokenTree::Ident(ident) => match &mut path {
                    Some((_, whole)) if colons == 2 => {
                        whole.push_str("::");
                        whole.push_str(&ident.to_string());
                    }
                    _ => {
                        self.mentions.paths.extend(path.take());
                        path = Some((line(ident.span()), ident.to_string()));
                    }
                },
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Punct(punct) => {
                    self.mentions.paths.extend(path.take());
                    after_dot = punct.as_char() == '.';
                }
                TokenTree::Group(group) => {
                    self.mentions.paths.extend(path.take());
                    self.tokens(group.stream());
                }
                TokenTree::Literal(literal) => {
                    self.mentions.paths.extend(path.take());
                    let at = line(literal.span());
                    if let Ok(syn::Lit::Str(text)) =
                        syn::parse_str::<syn::Lit>(&literal.to_string())
                    {
                        self.mentions.texts.push((at, text.value()));
                    }
                }
            }
            colons = 0;
        }
        self.mentions.paths.extend(path);
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.bring_in("", &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.path(path);
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.mentions
            .methods
            .push((line(call.method.span()), call.method.to_string()));
        visit::visit_expr_method_call(self, call);
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.mentions.texts.push((line(text.span()), text.value()));
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.path(&call.path);
        self.tokens(call.tokens.clone());
    }

    // Documentation is no code.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}

fn line(span: Span) -> usize {
    span.start().line
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentions(text: &str) -> Mentions {
        of(&SourceFile::parse("a", "crates/a/src/lib.rs", text).unwrap())
    }

    fn has_path(text: &str, path: &str) -> bool {
        mentions(text).paths.iter().any(|(_, found)| found == path)
    }

    #[test]
    fn short_names_are_followed_to_the_whole_path() {
        assert!(has_path(
            "fn f() { std::env::var(\"A\"); }",
            "std::env::var"
        ));
        assert!(has_path(
            "use std::env; fn f() { env::var(\"A\"); }",
            "std::env::var"
        ));
        assert!(has_path(
            "use std::env::{self, Args}; fn f() { env::var(\"A\"); }",
            "std::env::var"
        ));
        assert!(has_path(
            "use std::env::var as get; fn f() { get(\"A\"); }",
            "std::env::var"
        ));
        assert!(has_path(
            "fn f() { use tokio::task as t; t::spawn(async {}); }",
            "tokio::task::spawn"
        ));
        assert!(has_path(
            "use std::time::Instant; fn f() -> Instant { Instant::now() }",
            "std::time::Instant::now"
        ));
    }

    #[test]
    fn inside_of_macros_is_read() {
        let text = "fn f() { tokio::select! { _ = tokio::spawn(a.extensions()) => {} } assert!(x == \"drop table a\"); }";
        let mentions = mentions(text);
        assert!(mentions.paths.contains(&(1, "tokio::spawn".to_owned())));
        assert!(mentions.methods.contains(&(1, "extensions".to_owned())));
        assert!(mentions.texts.contains(&(1, "drop table a".to_owned())));
    }

    #[test]
    fn tests_and_documentation_mention_nothing() {
        let text = "/// tokio::spawn \"select 1\"\nstruct A;\n#[cfg(test)] mod tests { fn f() { tokio::spawn(g()); } }\n\
                    #[test] fn t() { tokio::spawn(g()); }\n#[tokio::test] async fn u() { tokio::spawn(g()); }";
        let mentions = mentions(text);
        assert_eq!(mentions.paths, []);
        assert_eq!(mentions.texts, []);
    }
}
