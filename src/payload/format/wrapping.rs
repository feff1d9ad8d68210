//! What is around a payload.

/// A layer of compression or encoding around a payload, or the encoding of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrapping {
    /// gzip (RFC 1952).
    Gzip,
    /// zlib (RFC 1950).
    Zlib,
    /// Zstandard (RFC 8878).
    Zstd,
    /// LZ4 in its frame format.
    Lz4,
    /// An LZ4 block without a frame. It has no magic number.
    Lz4Block,
    /// Snappy in its framing format.
    Snappy,
    /// A Snappy block without a frame.
    SnappyBlock,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// Brotli (RFC 7932). It has no magic number.
    Brotli,
    /// Deflate without a header (RFC 1951). It has no magic number.
    Deflate,
    /// Base64, in either alphabet (RFC 4648, sections 4 and 5), padded or not.
    Base64,
    /// Text in UTF-16, the low byte first.
    Utf16Le,
    /// Text in UTF-16, the high byte first.
    Utf16Be,
    /// Text in Windows-1252, which includes Latin-1 (ISO 8859-1).
    Windows1252,
    /// Text with the colours of a terminal.
    Ansi,
}

impl Wrapping {
    /// Returns the display name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Zstd => "zstd",
            Self::Lz4 => "LZ4",
            Self::Lz4Block => "LZ4 block",
            Self::Snappy => "Snappy",
            Self::SnappyBlock => "Snappy block",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Brotli => "brotli",
            Self::Deflate => "raw deflate",
            Self::Base64 => "base64",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Windows1252 => "Windows-1252",
            Self::Ansi => "ANSI",
        }
    }

    /// Returns whether its first bytes are sufficient evidence.
    pub(super) fn has_magic(self) -> bool {
        use Wrapping::{Bzip2, Gzip, Lz4, Snappy, Xz, Zstd};
        matches!(self, Gzip | Zstd | Lz4 | Snappy | Bzip2 | Xz)
    }

    /// Returns whether it is compression or base64, as opposed to a way to write text.
    pub(super) fn is_packing(self) -> bool {
        use Wrapping::{Ansi, Utf16Be, Utf16Le, Windows1252};
        !matches!(self, Ansi | Utf16Le | Utf16Be | Windows1252)
    }

    /// Returns whether several members or frames may follow one another.
    pub(super) fn has_members(self) -> bool {
        self.has_magic() && self != Self::Snappy
    }
}
