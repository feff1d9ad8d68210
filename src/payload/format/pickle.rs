//! Python's pickle of before protocol 2, which does not say what it is: told by its opcodes, which
//! are passed over and never run (`pickletools` in Python's library lists them).

/// What protocol a pickle is of, as far as its opcodes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// All of it is lines and letters.
    Zero,
    /// It has opcodes whose arguments are bytes.
    One,
}

/// The protocol of a pickle that does not begin with its number, if all of `bytes` are one. It
/// must start with what pickles of more than a number start with, be opcodes up to the one that
/// ends it, and put something into the memo, as every pickle of such does: no text happens to.
pub(super) fn protocol(bytes: &[u8]) -> Option<Protocol> {
    let (first, last) = (bytes.first()?, bytes.last()?);
    if !may_start(*first) || *last != b'.' {
        return None;
    }
    let mut opcodes = Opcodes { rest: bytes };
    let mut protocol = Protocol::Zero;
    let mut is_memorised = false;
    loop {
        let opcode = opcodes.next()?;
        is_memorised |= matches!(opcode, b'p' | b'q' | b'r');
        if b"JKMGTUX]e)}u1hjqroQ".contains(&opcode) {
            protocol = Protocol::One;
        }
        if opcode == b'.' {
            return (opcodes.rest.is_empty() && is_memorised).then_some(protocol);
        }
    }
}

/// Whether such a pickle can start with this byte.
pub(super) fn may_start(first: u8) -> bool {
    b"(c]}SVTUX".contains(&first)
}

/// Opcodes with their arguments.
struct Opcodes<'a> {
    rest: &'a [u8],
}

impl Opcodes<'_> {
    /// Takes an opcode and passes over its arguments.
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

    /// Passes over a line, if it is right.
    fn line(&mut self, is_right: impl FnOnce(&[u8]) -> bool) -> Option<()> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        is_right(&self.rest[..end]).then(|| self.skip(end + 1))?
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.rest = self.rest.get(count..)?;
        Some(())
    }

    /// Passes over as many bytes as the number before them says, which has so many bytes.
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

/// Whether it is a name of Python, with dots between modules.
fn is_name(line: &[u8]) -> bool {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.".contains(byte);
    !line.is_empty() && line.iter().all(|byte| is_of_name(byte) || !byte.is_ascii())
}
