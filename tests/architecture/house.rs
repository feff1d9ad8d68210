//! Resolves paths to modules, and finds which modules import each other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::source::{Name, Source};

/// All source files of the program, except those of tests.
pub struct House {
    sources: BTreeMap<Vec<String>, Source>,
}

/// What a path resolves to.
pub enum Target<'a> {
    /// An item of this module, or the module itself.
    Module(&'a Source),
    /// Something outside the crate, or a local name.
    Other(Vec<String>),
}

/// One import between two modules with the same parent; `self` stands for the parent itself.
pub struct Import<'a> {
    pub parent: &'a [String],
    pub from: &'a str,
    pub to: &'a str,
    pub source: &'a Source,
    pub name: &'a Name,
}

impl House {
    pub fn new(sources: impl IntoIterator<Item = Source>) -> House {
        let mut sources: BTreeMap<_, _> = sources
            .into_iter()
            .map(|source| (source.module.clone(), source))
            .collect();
        let tests: BTreeSet<Vec<String>> = sources
            .values()
            .flat_map(|source| {
                let children = source.test_children.iter().cloned();
                children.map(|child| [source.module.clone(), vec![child]].concat())
            })
            .collect();
        sources.retain(|module, _| !(1..=module.len()).any(|end| tests.contains(&module[..end])));
        House { sources }
    }

    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values()
    }

    /// Returns the names of the modules directly below `parent`.
    pub fn children(&self, parent: &[String]) -> BTreeSet<&str> {
        let modules = self.sources.keys().filter_map(|module| module.split_last());
        let children = modules.filter(|(_, above)| *above == parent);
        children.map(|(name, _)| name.as_str()).collect()
    }

    /// Returns every import between two modules, seen from the module where their paths diverge.
    pub fn imports(&self) -> Vec<Import<'_>> {
        let mut imports = Vec::new();
        for source in self.sources() {
            let names = source.names.iter();
            imports.extend(names.filter_map(|name| self.import(source, name)));
        }
        imports
    }

    fn import<'a>(&'a self, source: &'a Source, name: &'a Name) -> Option<Import<'a>> {
        let Target::Module(target) = self.target(source, &name.segments) else {
            return None;
        };
        let pairs = source.module.iter().zip(&target.module);
        let common = pairs.take_while(|(own, other)| own == other).count();
        let part = |module: &'a Source| module.module.get(common).map_or("self", String::as_str);
        let (from, to) = (part(source), part(target));
        // A module on any floor may re-export its children's items.
        let is_own = from == "self" && (name.exported || to == "self");
        (!is_own).then(|| Import {
            parent: &source.module[..common],
            from,
            to,
            source,
            name,
        })
    }

    /// Returns what `path` in `source` resolves to, following imports and re-exports.
    pub fn target(&self, source: &Source, path: &[String]) -> Target<'_> {
        self.resolve(&source.module, path, 16)
    }

    fn resolve(&self, module: &[String], path: &[String], steps: usize) -> Target<'_> {
        let (first, rest) = path.split_first().expect("a path has a segment");
        match first.as_str() {
            // In the binary, the crate's name stands for the library.
            "crate" | "subscope" => self.descend(&[], rest, steps),
            "self" => self.descend(module, rest, steps),
            "super" => {
                let more = rest.iter().take_while(|name| *name == "super").count();
                let above = &module[..module.len() - 1 - more];
                self.descend(above, &rest[more..], steps)
            }
            _ if self.sources.contains_key(&join(module, first)) => {
                self.descend(module, path, steps)
            }
            // `main.rs` is the root of the binary, so its paths can start with a top-level module.
            _ if module == ["main"] && self.sources.contains_key(&path[..1]) => {
                self.descend(&[], path, steps)
            }
            _ => match self.sources[module].imports.get(first) {
                Some(import) if import[0] != *first && steps > 0 => {
                    self.resolve(module, &[import, rest].concat(), steps - 1)
                }
                _ => Target::Other(path.to_vec()),
            },
        }
    }

    fn descend(&self, module: &[String], path: &[String], steps: usize) -> Target<'_> {
        let source = &self.sources[module];
        let Some((first, rest)) = path.split_first() else {
            return Target::Module(source);
        };
        let child = join(module, first);
        match source.imports.get(first) {
            _ if self.sources.contains_key(&child) => self.descend(&child, rest, steps),
            Some(import) if steps > 0 => self.resolve(module, &[import, rest].concat(), steps - 1),
            _ => Target::Module(source),
        }
    }
}

fn join(module: &[String], name: &str) -> Vec<String> {
    [module, &[name.to_owned()]].concat()
}

impl Import<'_> {
    /// Returns the import's place and text, as `file:line: path`.
    pub fn place(&self) -> String {
        let path = self.name.segments.join("::");
        format!("{}:{}: {path}", self.source.path, self.name.line)
    }
}

/// Returns a shortest cycle for each strongly connected component, one import per line.
pub fn cycles(imports: &[&Import]) -> Vec<String> {
    let mut edges: BTreeMap<&str, BTreeMap<&str, &Import>> = BTreeMap::new();
    for &import in imports {
        edges
            .entry(import.from)
            .or_default()
            .entry(import.to)
            .or_insert(import);
    }
    let mut reported: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    for start in edges.keys() {
        if !reported.contains(start)
            && let Some(cycle) = way(&edges, start, start)
        {
            // Also skip the rest of the component: all modules that `start` reaches and that reach
            // `start`.
            reported.extend(edges.keys().filter(|other| {
                way(&edges, start, other).is_some() && way(&edges, other, start).is_some()
            }));
            let lines = cycle
                .iter()
                .map(|import| format!("  {} → {} ({})", import.from, import.to, import.place()));
            found.push(lines.collect::<Vec<_>>().join("\n"));
        }
    }
    found
}

/// Returns the shortest path from `start` to `end`, of at least one import.
fn way<'a>(
    edges: &BTreeMap<&'a str, BTreeMap<&'a str, &'a Import<'a>>>,
    start: &str,
    end: &str,
) -> Option<Vec<&'a Import<'a>>> {
    let mut came_by: BTreeMap<&str, &Import> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for (to, import) in edges.get(node).into_iter().flatten() {
            if !came_by.contains_key(to) {
                came_by.insert(to, import);
                queue.push_back(to);
            }
        }
    }
    let mut way = vec![*came_by.get(end)?];
    while way[0].from != start {
        way.insert(0, came_by[way[0].from]);
    }
    Some(way)
}
