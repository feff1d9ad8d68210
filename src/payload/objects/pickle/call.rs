//! Objects that a pickle would make by calling a class or a function.

use super::class::class_name;
use super::known;
use crate::payload::objects::graph::{Graph, Id, Shape};
use crate::payload::objects::layout::key_words;
use crate::payload::reading::Stop;
use crate::payload::tree::Kind;

/// The maximum length of arguments within a mark, in bytes.
const MAX_ARGUMENTS: usize = 60;

/// The maximum number of arguments of a function that makes an object of its first argument.
const MAX_COPIED: usize = 16;

/// A call, and what is added to its result.
#[derive(Debug)]
pub(super) struct Call {
    /// The class or function.
    pub class: Id,
    /// The array of arguments.
    pub args: Id,
    /// Whether `args` is instead the value of the built-in class that the class inherits from.
    has_base: bool,
    /// What BUILD sets.
    pub states: Vec<Id>,
    /// The elements of a subclass of `list`.
    pub items: Vec<Id>,
    /// The members of a subclass of `dict`.
    pub pairs: Vec<(Id, Id)>,
}

impl Call {
    /// Returns the call of `class`, which need not be one: anything that can be called may be
    /// pickled.
    pub fn of(graph: &mut Graph<'_>, class: Id, args: Id) -> Result<Self, Stop> {
        let made = made_object(graph, class, args)?;
        let (class, args, has_base) = made.unwrap_or((class, args, false));
        Ok(Self {
            class,
            args,
            has_base,
            states: Vec::new(),
            items: Vec::new(),
            pairs: Vec::new(),
        })
    }

    /// Returns how the object is shown: a tag with the name of its class, on its state.
    pub fn shape(self, graph: &mut Graph<'_>, id: Id) -> Result<Shape, Stop> {
        let end = graph.item(id).source.end;
        let mut name = class_name(graph, self.class);
        let arguments = graph.elements(self.args).map_or(1, <[Id]>::len);
        let has_others =
            !self.states.is_empty() || !self.items.is_empty() || !self.pairs.is_empty();
        let content = if let (0, [state]) = (arguments, &self.states[..])
            && let Some(words) = known::of_state(graph, &name, *state)
        {
            graph.words(Kind::Other, &words, end..end)?
        } else if has_others {
            self.parts(graph, end, &mut name)?
        } else if self.has_base {
            self.args
        } else if arguments == 0 {
            graph.add(Shape::Object(Vec::new()), end..end)?
        } else {
            name.extend("(…)".as_bytes());
            self.args
        };
        Ok(Shape::Tag(graph.mark(&name), content))
    }

    /// Returns the state of an object, or all that it consists of if it has more than that. Short
    /// arguments become part of its name.
    fn parts(self, graph: &mut Graph<'_>, end: usize, name: &mut Vec<u8>) -> Result<Id, Stop> {
        let mut parts = Vec::new();
        let has_args = graph
            .elements(self.args)
            .is_none_or(|args| !args.is_empty());
        match short_words(graph, self.args) {
            _ if self.has_base => parts.push(("(value)", self.args)),
            Some(words) if has_args => name.extend([b"(", &words[..], b")"].concat()),
            None if has_args => parts.push(("(arguments)", self.args)),
            _ => {}
        }
        if !self.items.is_empty() {
            let items = graph.add(Shape::Array(self.items), end..end)?;
            parts.push(("(items)", items));
        }
        if !self.pairs.is_empty() {
            let members = graph.add(Shape::Object(self.pairs), end..end)?;
            parts.push(("(members)", members));
        }
        parts.extend(self.states.into_iter().map(|state| ("(state)", state)));
        if let [(_, only)] = parts[..] {
            return Ok(only);
        }
        graph.members(parts, end..end)
    }
}

/// Returns the class and the arguments of the object that a function of Python's `copyreg` makes of
/// its first argument, and whether the latter are the value of a built-in class.
fn made_object(graph: &mut Graph<'_>, class: Id, args: Id) -> Result<Option<(Id, Id, bool)>, Stop> {
    let ignored = match &class_name(graph, class)[..] {
        b"copy_reg._reconstructor" | b"copyreg._reconstructor" => 1,
        b"copy_reg.__newobj__" | b"copyreg.__newobj__" => 0,
        _ => return Ok(None),
    };
    let elements = graph.elements(args).unwrap_or_default();
    if elements.len() <= ignored || elements.len() > MAX_COPIED {
        return Ok(None);
    }
    let class = elements[0];
    let mut rest = elements[1 + ignored..].to_vec();
    if ignored > 0 {
        // A class that does not inherit from a built-in one has `None` as its state here.
        rest.retain(|id| graph.scalar(*id).is_none_or(|(kind, _)| kind != Kind::Null));
    }
    if let (1, [state]) = (ignored, &rest[..]) {
        return Ok(Some((class, graph.untagged(*state), true)));
    }
    let source = graph.item(args).source.clone();
    let rest = graph.add(Shape::Array(rest), source)?;
    Ok(Some((class, rest, false)))
}

/// Returns arguments on one line, if they are short.
fn short_words(graph: &Graph<'_>, args: Id) -> Option<Vec<u8>> {
    let mut words = Vec::new();
    key_words(graph, args, 0, &mut words);
    let words = words.strip_prefix(b"[")?.strip_suffix(b"]")?;
    (words.len() <= MAX_ARGUMENTS).then(|| words.to_vec())
}
