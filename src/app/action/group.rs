//! Groups of actions, with the kind and the name of each action.

/// The kind of an action, which decides whether holding down or pasting its key triggers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Moves by a step. Holding the key repeats it. Pasted keys may trigger it outside text boxes.
    Step,
    /// Jumps to a fixed place or pane. Pasted keys may trigger it outside text boxes.
    Jump,
    /// Changes something by a step. Holding the key down repeats it.
    Adjust,
    /// Sends, removes, ends or toggles something. Holding the key down triggers it only once.
    Once,
    /// Opens, closes, shows or copies something.
    Plain,
}

/// Declares groups of actions, with a kind for each action.
macro_rules! actions {
    ($(
        $(#[$doc:meta])*
        $group:ident { $($(#[$each:meta])* $action:ident: $kind:ident,)+ }
    )+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $group {
            $($(#[$each])* $action,)+
        }

        impl $group {
            fn kind(self) -> Kind {
                match self {
                    $(Self::$action => Kind::$kind,)+
                }
            }

            fn variant(self) -> &'static str {
                match self {
                    $(Self::$action => stringify!($action),)+
                }
            }
        }
    )+};
}

pub(super) use actions;

/// Returns the name of a variant as it is written in the config file: `next-pane` for `NextPane`.
pub fn kebab_case(variant: &str) -> String {
    let mut name = String::new();
    for letter in variant.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
