//! The texts that the program can print, read from its source.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprMethodCall, Field, Item, ItemEnum, Lit, LitStr, Macro};

use crate::source::{attributes, is_test};

/// The folders in which a single word counts as a text, such as a title or a column heading.
const SCREEN: [&str; 2] = ["src/app", "src/view"];

/// The folder with the demo's messages, which are sample data rather than texts of the program.
const SAMPLES: &str = "src/broker/traffic";

/// Macros that panic. Their messages are not meant for users.
const PANICS: [&str; 6] = [
    "assert",
    "assert_eq",
    "debug_assert",
    "debug_assert_eq",
    "panic",
    "unreachable",
];

/// Returns all texts of these source files (path and content) on one page: each file's path,
/// followed by its texts in the order of the source.
pub fn page(files: &[(String, String)]) -> String {
    let mut page = String::new();
    let is_left_out = |path: &str| path.starts_with(SAMPLES) || path.ends_with("/tests.rs");
    for (path, content) in files.iter().filter(|(path, _)| !is_left_out(path)) {
        let texts = texts(path, content);
        if !texts.is_empty() {
            let _ = writeln!(page, "{path}\n    {}\n", texts.join("\n    "));
        }
    }
    page
}

/// Returns the texts of these source files that contain one of the `labels` of keys as a word outside
/// braces: `path: text`. In braces are names of actions, which give way to the user's keys.
pub fn naming_keys(files: &[(String, String)], labels: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for (path, content) in files {
        let naming = texts(path, content).into_iter();
        let naming = naming.filter(|text| names_key(text, labels));
        found.extend(naming.map(|text| format!("{path}: {text}")));
    }
    found
}

fn names_key(text: &str, labels: &BTreeSet<String>) -> bool {
    let text = outside_braces(text, "{}");
    let mut before = "";
    text.split_whitespace().any(|word| {
        let is_article = word == "a" && !before.eq_ignore_ascii_case("press") && before != "·";
        before = word;
        let bare = word.trim_matches([',', ';', ':', '.', '(', ')', '"']);
        !is_article && (labels.contains(word) || labels.contains(bare))
    })
}

/// Returns the texts of a source file without duplicates, each on a line of its own.
fn texts(path: &str, content: &str) -> Vec<String> {
    let mut texts = Texts {
        single_words: SCREEN.iter().any(|folder| path.starts_with(folder)),
        found: Vec::new(),
    };
    let file = syn::parse_file(content).unwrap_or_else(|error| panic!("{path}: {error}"));
    texts.visit_file(&file);
    texts.found
}

struct Texts {
    single_words: bool,
    found: Vec<String>,
}

impl Texts {
    fn add(&mut self, literal: &LitStr) {
        let text = literal.value();
        let line = text.trim().replace('\n', "\\n");
        if is_text(&text, self.single_words) && !self.found.contains(&line) {
            self.found.push(line);
        }
    }

    /// Adds the literals among the arguments of a macro, except those in attributes.
    fn add_tokens(&mut self, tokens: &TokenStream) {
        let mut after_hash = false;
        for token in tokens.clone() {
            match &token {
                TokenTree::Group(group) if !after_hash => self.add_tokens(&group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(literal) = syn::parse_str(&literal.to_string()) {
                        self.add(&literal);
                    }
                }
                _ => {}
            }
            after_hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        }
    }

    /// Adds a doc comment, because `--help` shows the doc comments of options.
    fn add_docs(&mut self, attributes: &[Attribute]) {
        for attribute in attributes {
            if let Ok(pair) = attribute.meta.require_name_value()
                && let Expr::Lit(value) = &pair.value
                && let Lit::Str(line) = &value.lit
            {
                self.add(line);
            }
        }
    }
}

impl Visit<'_> for Texts {
    fn visit_item(&mut self, item: &Item) {
        if !attributes(item).iter().any(is_test) {
            visit::visit_item(self, item);
        }
    }

    fn visit_attribute(&mut self, _: &Attribute) {}

    fn visit_field(&mut self, field: &Field) {
        if field.attrs.iter().any(|found| found.path().is_ident("arg")) {
            self.add_docs(&field.attrs);
        }
    }

    fn visit_item_enum(&mut self, item: &ItemEnum) {
        if derives(item, &["Subcommand", "ValueEnum"]) {
            for variant in &item.variants {
                self.add_docs(&variant.attrs);
            }
        }
    }

    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        if call.method == "expect" {
            self.visit_expr(&call.receiver);
        } else {
            visit::visit_expr_method_call(self, call);
        }
    }

    fn visit_macro(&mut self, call: &Macro) {
        if !PANICS.iter().any(|name| call.path.is_ident(name)) {
            self.add_tokens(&call.tokens);
        }
    }

    fn visit_lit_str(&mut self, literal: &LitStr) {
        self.add(literal);
    }
}

/// Returns whether a literal is meant for people: it contains a word, or several words unless
/// `single_words` is set.
fn is_text(literal: &str, single_words: bool) -> bool {
    let words = outside_braces(literal, "");
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic();
    words
        .as_bytes()
        .windows(2)
        .any(|pair| pair.iter().all(is_letter))
        && (single_words || words.trim().contains(' '))
}

/// Returns a text with `instead` in place of each part in braces.
fn outside_braces(text: &str, instead: &str) -> String {
    let mut parts = text.split('{');
    let mut outside = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        outside += instead;
        outside += part.split_once('}').map_or(part, |(_, rest)| rest);
    }
    outside
}

fn derives(item: &ItemEnum, traits: &[&str]) -> bool {
    item.attrs.iter().any(|attribute| {
        attribute.path().is_ident("derive")
            && attribute.meta.require_list().is_ok_and(|list| {
                let derived = list.tokens.to_string();
                traits.iter().any(|name| derived.contains(name))
            })
    })
}
