//! The forms in which times are shown.

/// The form in which the log shows times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeForm {
    /// The local time of day.
    #[default]
    Local,
    /// The time of day in UTC.
    Utc,
    /// The time since the previous shown row.
    Delta,
    /// The time since the last marked row.
    SinceMark,
    /// The time since the row arrived.
    Age,
}

impl TimeForm {
    /// Returns the next form in the cycle.
    #[must_use]
    pub fn next(self) -> Self {
        let all = [
            Self::Local,
            Self::Utc,
            Self::Delta,
            Self::SinceMark,
            Self::Age,
        ];
        all[(self as usize + 1) % all.len()]
    }

    /// Returns the name of the form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local time",
            Self::Utc => "UTC",
            Self::Delta => "since the previous row",
            Self::SinceMark => "since the last mark",
            Self::Age => "age",
        }
    }
}
