//! Python pickles before protocol 2, which have no header. They are recognised by their opcodes
//! (listed in Python's `pickletools`), which are skipped and never run.

use super::Format;

/// Returns the format of `bytes` if they are one pickle without a header: [`Format::Pickle`] if any
/// opcode is binary, else [`Format::PickleText`]. They must start with the opcode of something
/// other than a number, consist of opcodes up to the final STOP, and store something in the memo.
/// All such pickles do, and no text does so by accident.
pub(super) fn format(bytes: &[u8]) -> Option<Format> {
    let (first, last) = (bytes.first()?, bytes.last()?);
    if !may_start(*first) || *last != b'.' {
        return None;
    }
    let mut opcodes = Opcodes { rest: bytes };
    let mut format = Format::PickleText;
    let mut uses_memo = false;
    loop {
        let opcode = opcodes.next()?;
        uses_memo |= matches!(opcode, b'p' | b'q' | b'r');
        if b"JKMGTUX]e)}u1hjqroQ".contains(&opcode) {
            format = Format::Pickle;
        }
        if opcode == b'.' {
            return (opcodes.rest.is_empty() && uses_memo).then_some(format);
        }
    }
}

/// Returns whether a pickle without a header may start with this byte.
pub(super) fn may_start(first: u8) -> bool {
    b"(c]}SVTUX".contains(&first)
}

/// A sequence of opcodes with their arguments.
struct Opcodes<'a> {
    rest: &'a [u8],
}

impl Opcodes<'_> {
    /// Takes an opcode and skips its arguments.
    fn next(&mut self) -> Option<u8> {
        let (opcode, rest) = self.rest.split_first()?;
        self.rest = rest;
        match opcode {
            b'.' | b'(' | b'N' | b'a' | b'e' | b'l' | b')' | b't' | b'}' | b'd' | b's' | b'u'
            | b'0' | b'1' | b'2' | b']' | b'R' | b'b' | b'o' | b'Q' => {}
            b'I' | b'L' | b'F' | b'S' | b'V' | b'P' => self.line(|_| true)?,
            b'p' | b'g' => self.line(is_number)?,
            b'c' | b'i' => {
                self.line(is_name)?;
                self.line(is_name)?;
            }
            b'K' | b'h' | b'q' => self.skip(1)?,
            b'M' => self.skip(2)?,
            b'J' | b'j' | b'r' => self.skip(4)?,
            b'G' => self.skip(8)?,
            b'U' => self.counted(1)?,
            b'T' | b'X' => self.counted(4)?,
            _ => return None,
        }
        Some(*opcode)
    }

    /// Skips a line that satisfies `is_right`.
    fn line(&mut self, is_right: impl FnOnce(&[u8]) -> bool) -> Option<()> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        is_right(&self.rest[..end]).then(|| self.skip(end + 1))?
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.rest = self.rest.get(count..)?;
        Some(())
    }

    /// Skips a length, which is a number of `size` bytes, and then that many bytes.
    fn counted(&mut self, size: usize) -> Option<()> {
        let mut number = [0; 4];
        number[..size].copy_from_slice(self.rest.get(..size)?);
        self.skip(size)?;
        self.skip(usize::try_from(u32::from_le_bytes(number)).ok()?)
    }
}

fn is_number(line: &[u8]) -> bool {
    !line.is_empty() && line.iter().all(u8::is_ascii_digit)
}

/// Returns whether a line is a Python name, with dots between modules.
fn is_name(line: &[u8]) -> bool {
    let may_be_in_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"_.".contains(byte) || !byte.is_ascii();
    !line.is_empty() && line.iter().all(may_be_in_name)
}
