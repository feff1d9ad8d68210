//! Completing the channel's name.

/// The names that Tab cycles through, and which one is current.
#[derive(Debug)]
pub(super) struct Completion {
    names: Vec<String>,
    at: usize,
}

impl Completion {
    /// Returns the completion of `written`: the name after the current one of `last` if that has
    /// been written, else the first of `names` that starts with it.
    pub fn next(last: Option<Self>, written: &str, names: impl FnOnce() -> Vec<String>) -> Self {
        match last {
            Some(last) if last.name().is_some_and(|name| name == written) => Self {
                at: (last.at + 1) % last.names.len(),
                ..last
            },
            _ => {
                let mut names = names();
                names.retain(|name| name.starts_with(written) && name != written);
                names.sort_unstable();
                names.dedup();
                Self { names, at: 0 }
            }
        }
    }

    /// Returns the current name, if there is any.
    pub fn name(&self) -> Option<&str> {
        self.names.get(self.at).map(String::as_str)
    }

    /// Returns the names and the index of the current one, if there are several and the current one
    /// has been written.
    pub fn choice(&self, written: &str) -> Option<(&[String], usize)> {
        let stands = self.name()? == written;
        (self.names.len() > 1 && stands).then_some((&self.names, self.at))
    }
}
