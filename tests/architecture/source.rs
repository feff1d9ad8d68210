//! What the rules need to know about a source file: its modules, imports, names and sizes.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Ident, ImplItem, Item, Signature, Type, UseTree, Visibility};

/// A source file, without its `#[cfg(test)]` items.
#[derive(Default)]
pub struct Source {
    /// The path relative to the project root, with slashes.
    pub path: String,
    /// The path of the module: `["a", "b"]` for `src/a/b.rs`, `[]` for `src/lib.rs`.
    pub module: Vec<String>,
    /// The number of lines.
    pub lines: usize,
    /// Every function with a body.
    pub functions: Vec<Function>,
    /// Every path as written, listed once, at its first occurrence.
    pub names: Vec<Name>,
    /// The path that each imported name stands for, as written.
    pub imports: BTreeMap<String, Vec<String>>,
    /// The types that have an `impl` block, each with the line of the block.
    pub impls: Vec<(usize, String)>,
    /// The child modules that are `#[cfg(test)]`.
    pub test_children: BTreeSet<String>,
}

/// A function and its size.
pub struct Function {
    pub name: String,
    pub lines: usize,
}

/// A path in the code: `["crate", "log", "Batch"]`.
pub struct Name {
    pub line: usize,
    pub segments: Vec<String>,
    /// Whether the path is in a `pub use`.
    pub exported: bool,
}

impl Source {
    /// Parses the file at `path`, which is relative to the project's root.
    ///
    /// # Panics
    ///
    /// Panics if the text is not valid Rust.
    pub fn parse(path: &str, text: &str) -> Source {
        let below = path.trim_start_matches("src/").trim_end_matches(".rs");
        let module = below.split('/').filter(|name| *name != "lib");
        let mut source = Source {
            path: path.to_owned(),
            module: module.map(str::to_owned).collect(),
            lines: text.lines().count(),
            ..Source::default()
        };
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        source.visit_file(&file);
        source
    }

    fn add_name(&mut self, segments: Vec<String>, line: usize, exported: bool) {
        let is_known = |name: &Name| name.segments == segments && name.exported == exported;
        if !self.names.iter().any(is_known) {
            self.names.push(Name {
                line,
                segments,
                exported,
            });
        }
    }

    fn add_function(&mut self, signature: &Signature, block: &Block) {
        let start = signature.fn_token.span.start().line;
        let end = block.brace_token.span.close().end().line;
        self.functions.push(Function {
            name: signature.ident.to_string(),
            lines: end + 1 - start,
        });
    }

    /// Adds every path of a `use` tree: `use a::{b, c::d};` is `a::b` and `a::c::d`.
    fn add_imports(&mut self, above: &[String], tree: &UseTree, exported: bool) {
        let join = |ident: &Ident| [above, &[ident.to_string()]].concat();
        let (name, ident, path) = match tree {
            UseTree::Path(path) => {
                return self.add_imports(&join(&path.ident), &path.tree, exported);
            }
            UseTree::Group(group) => {
                let trees = &group.items;
                return trees
                    .iter()
                    .for_each(|tree| self.add_imports(above, tree, exported));
            }
            UseTree::Glob(glob) => {
                let line = glob.star_token.spans[0].start().line;
                return self.add_name(above.to_vec(), line, exported);
            }
            // In a group, `self` stands for the path before the group.
            UseTree::Name(name) if name.ident == "self" => {
                (above[above.len() - 1].clone(), &name.ident, above.to_vec())
            }
            UseTree::Name(name) => (name.ident.to_string(), &name.ident, join(&name.ident)),
            UseTree::Rename(name) if name.ident == "self" => {
                (name.rename.to_string(), &name.ident, above.to_vec())
            }
            UseTree::Rename(name) => (name.rename.to_string(), &name.ident, join(&name.ident)),
        };
        self.add_name(path.clone(), ident.span().start().line, exported);
        self.imports.insert(name, path);
    }

    /// Adds the paths in the arguments of a macro or attribute.
    fn add_tokens(&mut self, tokens: &TokenStream) {
        let mut path: Vec<Ident> = Vec::new();
        let mut colons = 0;
        for token in tokens.clone() {
            match &token {
                TokenTree::Ident(ident) if path.is_empty() || colons == 2 => {
                    path.push(ident.clone());
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(ident) => {
                    self.add_idents(&path);
                    path = vec![ident.clone()];
                }
                TokenTree::Group(group) => {
                    self.add_idents(&std::mem::take(&mut path));
                    self.add_tokens(&group.stream());
                }
                _ => self.add_idents(&std::mem::take(&mut path)),
            }
            colons = 0;
        }
        self.add_idents(&path);
    }

    fn add_idents(&mut self, path: &[Ident]) {
        if let Some(first) = path.first() {
            let segments = path.iter().map(ToString::to_string).collect();
            self.add_name(segments, first.span().start().line, false);
        }
    }

    fn leave_out(&mut self, item: &impl Spanned) {
        let span = item.span();
        self.lines -= span.end().line + 1 - span.start().line;
    }
}

impl Visit<'_> for Source {
    fn visit_item(&mut self, item: &Item) {
        if !attributes(item).iter().any(is_test) {
            return visit::visit_item(self, item);
        }
        if let Item::Mod(module) = item {
            self.test_children.insert(module.ident.to_string());
        }
        self.leave_out(item);
    }

    fn visit_impl_item(&mut self, item: &ImplItem) {
        match item {
            ImplItem::Fn(function) if function.attrs.iter().any(is_test) => self.leave_out(item),
            _ => visit::visit_impl_item(self, item),
        }
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        let exported = !matches!(item.vis, Visibility::Inherited);
        self.add_imports(&[], &item.tree, exported);
    }

    fn visit_item_fn(&mut self, item: &syn::ItemFn) {
        self.add_function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &syn::ImplItemFn) {
        self.add_function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &syn::ItemImpl) {
        if let Type::Path(own) = &*item.self_ty
            && let Some(last) = own.path.segments.last()
        {
            let line = item.impl_token.span.start().line;
            self.impls.push((line, last.ident.to_string()));
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let idents: Vec<Ident> = path
            .segments
            .iter()
            .map(|part| part.ident.clone())
            .collect();
        self.add_idents(&idents);
        visit::visit_path(self, path);
    }

    fn visit_token_stream(&mut self, tokens: &TokenStream) {
        self.add_tokens(tokens);
    }

    /// Ignores the path in `pub(in path)`, which imports nothing.
    fn visit_visibility(&mut self, _: &Visibility) {}
}

/// Returns the attributes of an item, or none for kinds of items that are never test-only.
pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Returns whether an attribute is `#[cfg(test)]`.
pub fn is_test(attribute: &Attribute) -> bool {
    let condition = attribute.meta.require_list().ok();
    attribute.path().is_ident("cfg")
        && condition.is_some_and(|list| list.tokens.to_string() == "test")
}
