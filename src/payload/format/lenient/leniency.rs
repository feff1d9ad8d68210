//! How a value deviates from strict JSON.

/// A deviation from strict JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leniency {
    Bom,
    TrailingNul,
    TrailingSeparator,
    NotFinite,
    TrailingComma,
    SingleQuotes,
    Comment,
    UnquotedKey,
    NumberAsKey,
    Hexadecimal,
    NumberForm,
    Escape,
    Control,
    PythonWord,
    PythonPrefix,
    Tuple,
    Space,
}

impl Leniency {
    const ALL: [Self; 17] = [
        Self::Bom,
        Self::TrailingNul,
        Self::TrailingSeparator,
        Self::NotFinite,
        Self::TrailingComma,
        Self::SingleQuotes,
        Self::Comment,
        Self::UnquotedKey,
        Self::NumberAsKey,
        Self::Hexadecimal,
        Self::NumberForm,
        Self::Escape,
        Self::Control,
        Self::PythonWord,
        Self::PythonPrefix,
        Self::Tuple,
        Self::Space,
    ];

    fn words(self) -> &'static str {
        match self {
            Self::Bom => "byte order mark",
            Self::TrailingNul => "trailing NUL",
            Self::TrailingSeparator => "trailing record separator",
            Self::NotFinite => "NaN or Infinity",
            Self::TrailingComma => "trailing comma",
            Self::SingleQuotes => "single quotes",
            Self::Comment => "comment",
            Self::UnquotedKey => "unquoted key",
            Self::NumberAsKey => "number as key",
            Self::Hexadecimal => "hexadecimal number",
            Self::NumberForm => "number not as in JSON",
            Self::Escape => "escape not as in JSON",
            Self::Control => "control character in a string",
            Self::PythonWord => "True, False or None",
            Self::PythonPrefix => "string prefix",
            Self::Tuple => "tuple",
            Self::Space => "space not as in JSON",
        }
    }

    /// Returns whether text that is not meant as JSON rarely has this deviation.
    fn is_evident(self) -> bool {
        !matches!(
            self,
            Self::NumberAsKey | Self::Hexadecimal | Self::NumberForm | Self::Space | Self::Tuple
        )
    }
}

/// The deviations of a value, each with its first position.
#[derive(Debug, Default)]
pub(in crate::payload::format) struct Leniencies {
    first: [Option<usize>; Leniency::ALL.len()],
    /// Whether any member of an object has a name.
    pub has_names: bool,
}

impl Leniencies {
    /// Records a deviation at `at`, unless there was an earlier one of its kind.
    pub(super) fn note(&mut self, leniency: Leniency, at: usize) {
        self.first[leniency as usize].get_or_insert(at);
    }

    /// Returns whether the value has a deviation.
    pub(super) fn has(&self, leniency: Leniency) -> bool {
        self.first[leniency as usize].is_some()
    }

    /// Returns whether the value is unlikely to be text that only looks like JSON, such as
    /// `{12:30}` or `[0xff]`.
    pub(super) fn are_evident(&self) -> bool {
        self.has_names || self.found().any(|(_, leniency)| leniency.is_evident())
    }

    /// Returns all deviations as a note for the user, in the order of their positions.
    pub(super) fn note_text(&self) -> Option<String> {
        let mut found: Vec<(usize, Leniency)> = self.found().collect();
        found.sort_by_key(|(at, _)| *at);
        let words = found
            .iter()
            .map(|(at, leniency)| format!("{} at byte {at}", leniency.words()));
        let words: Vec<String> = words.collect();
        (!words.is_empty()).then(|| format!("not strict JSON: {}", words.join(", ")))
    }

    fn found(&self) -> impl Iterator<Item = (usize, Leniency)> {
        let all = self.first.iter().zip(Leniency::ALL);
        all.filter_map(|(at, leniency)| Some(((*at)?, leniency)))
    }
}
