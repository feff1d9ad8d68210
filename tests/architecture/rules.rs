//! The architecture rules. Each function returns its violations as `file:line: what`.

use std::collections::BTreeSet;

use crate::house::{House, Import, Target, cycles};

/// A module, and the floors (layers) of the modules inside it, one per line, lowest first. A module
/// imports only from the floors below its own. `self` is the file of the module itself; if it is
/// not listed, it is on the top floor.
pub type Floors = (&'static str, &'static str);

/// Maximum number of lines in a file, not counting its `#[cfg(test)]` items.
pub const FILE_LINES: usize = 400;

/// Maximum number of lines in a function.
pub const FUNCTION_LINES: usize = 60;

/// Returns the imports inside one module that do not go to a lower floor, and mistakes in the list
/// of floors.
pub fn floor_breaches(house: &House, (inside, floors): &Floors) -> Vec<String> {
    let parts = inside.split("::").filter(|part| !part.is_empty());
    let parent: Vec<String> = parts.map(str::to_owned).collect();
    let floor_of = |name: &str| {
        let has = |floor: &str| floor.split_whitespace().any(|other| other == name);
        let listed = floors.lines().position(has);
        listed.or((name == "self").then_some(usize::MAX))
    };
    let children = house.children(&parent);
    let homeless = children.iter().filter(|name| floor_of(name).is_none());
    let listed = floors.split_whitespace().filter(|name| *name != "self");
    let stale = listed.filter(|name| !children.contains(name));
    let mut found: Vec<String> = homeless
        .map(|name| format!("`{inside}::{name}` has no floor"))
        .chain(stale.map(|name| format!("`{inside}::{name}` does not exist")))
        .collect();
    let imports = house.imports();
    for import in imports.iter().filter(|import| import.parent == parent) {
        let floors = (floor_of(import.from), floor_of(import.to));
        if let (Some(own), Some(other)) = floors
            && own <= other
        {
            let place = import.place();
            found.push(format!(
                "{place}: `{}` is not below `{}`",
                import.to, import.from
            ));
        }
    }
    found.extend(circles(&imports, &parent, true));
    found
}

/// Returns the import cycles between the children of `parent`, including its own file if
/// `with_self`.
pub fn circles(imports: &[Import], parent: &[String], with_self: bool) -> Vec<String> {
    let inside = imports.iter().filter(|import| {
        import.parent == parent && (with_self || (import.from != "self" && import.to != "self"))
    });
    let cycles = cycles(&inside.collect::<Vec<_>>()).into_iter();
    let parent = parent.join("::");
    cycles
        .map(|cycle| format!("`{parent}` has a cycle:\n{cycle}"))
        .collect()
}

/// Returns a violation if a module imports an item that is defined above its parent.
pub fn grandparent_breach(import: &Import) -> Option<String> {
    let is_above = import.to == "self" && import.source.module.len() > import.parent.len() + 1;
    let place = import.place();
    is_above.then(|| format!("{place}: a child never imports from above its parent"))
}

/// Returns the `impl` blocks of `App` outside `app.rs` and `app/update`.
pub fn scattered_app(house: &House) -> Vec<String> {
    let elsewhere = house.sources().filter(|source| {
        let module: Vec<&str> = source.module.iter().map(String::as_str).collect();
        !matches!(module[..], ["app"] | ["app", "update", ..])
    });
    let impls = elsewhere.flat_map(|source| {
        let impls = source.impls.iter().filter(|(_, name)| name == "App");
        impls.map(|(line, _)| format!("{}:{line}: `impl App`", source.path))
    });
    impls.collect()
}

/// Returns every crate that is named without a grant, and every unused grant.
pub fn crate_breaches(house: &House, grants: &str, crates: &BTreeSet<String>) -> Vec<String> {
    let lines = grants
        .lines()
        .filter_map(|line| line.trim().split_once(": "));
    let grants: BTreeSet<(&str, &str)> = lines
        .flat_map(|(owner, names)| names.split(' ').map(move |name| (owner, name)))
        .collect();
    let mut unused = grants.clone();
    let mut found = Vec::new();
    for source in house.sources() {
        let module = source.module.join("::");
        for name in &source.names {
            let Target::Other(path) = house.target(source, &name.segments) else {
                continue;
            };
            // A path with a single segment is a local name.
            if path.len() == 1 || !crates.contains(&path[0]) {
                continue;
            }
            let full = path.join("::");
            let allows = |grant: &&(&str, &str)| within(&module, grant.0) && within(&full, grant.1);
            if !grants.iter().any(|grant| allows(&grant)) {
                let line = name.line;
                found.push(format!(
                    "{}:{line}: `{module}` may not name {full}",
                    source.path
                ));
            }
            unused.retain(|grant| !allows(&grant));
        }
    }
    found.extend(
        unused
            .iter()
            .map(|(owner, name)| format!("`{owner}` needs no {name}")),
    );
    found
}

/// Returns whether `path` is `outer` or inside it.
fn within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Returns every file and function that is too large, and every exception that is not needed.
pub fn size_breaches(house: &House, exceptions: &str) -> Vec<String> {
    let mut large = BTreeSet::new();
    for source in house.sources() {
        if source.lines > FILE_LINES {
            large.insert(source.path.clone());
        }
        let long = source
            .functions
            .iter()
            .filter(|function| function.lines > FUNCTION_LINES);
        large.extend(long.map(|function| format!("{} {}", source.path, function.name)));
    }
    let lines = exceptions
        .lines()
        .filter_map(|line| line.trim().split_once(": "));
    let excepted: BTreeSet<String> = lines.map(|(name, _reason)| name.to_owned()).collect();
    let unknown = large
        .difference(&excepted)
        .map(|name| format!("{name} is too large"));
    let stale = excepted
        .difference(&large)
        .map(|name| format!("{name} is no longer too large"));
    unknown.chain(stale).collect()
}
