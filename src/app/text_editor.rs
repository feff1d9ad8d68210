//! Text that is edited in the user's editor.

/// A request to open text in the user's editor, which has the terminal to itself until it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditRequest {
    /// The text.
    pub text: String,
    /// The extension of the file that the editor opens: `json`, `txt`.
    pub extension: &'static str,
}

/// The end of an editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorClosed {
    /// The content of the file, or the reason why the text is unchanged.
    pub outcome: Result<Vec<u8>, String>,
    /// Whether the editor had control of the terminal.
    pub had_terminal: bool,
}
