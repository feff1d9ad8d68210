//! A stream that limits the size of replies. Each reply is measured as its bytes arrive, before it
//! is buffered or parsed. A reply that exceeds a limit ends the stream with an [`Excess`].

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf, join, split};

use super::transport::Transport;

/// Maximum size of a reply in bytes. A list of a user's 200,000 channels takes a few MiB.
pub(super) const MAX_SIZE: usize = 16 << 20;

/// Maximum number of values in a reply, including nested ones.
const MAX_VALUES: u64 = 1 << 18;

/// Maximum nesting depth. ACL GETUSER has three levels.
const MAX_DEPTH: usize = 8;

/// Maximum length of a line: an error, a simple string or a number.
const MAX_LINE: usize = 64 << 10;

/// Maximum length of a line that announces a length.
const MAX_LENGTH_LINE: usize = 32;

/// Why a reply was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    /// Larger than [`MAX_SIZE`].
    Size,
    /// More values than [`MAX_VALUES`].
    Values,
    /// Nested deeper than [`MAX_DEPTH`].
    Depth,
    /// A line longer than [`MAX_LINE`].
    Line,
    /// Not a valid reply: the framing is malformed.
    Framing,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size => write!(f, "a reply of more than {} MiB was cut off", MAX_SIZE >> 20),
            Self::Values => write!(f, "a reply of more than {MAX_VALUES} values was cut off"),
            Self::Depth => write!(f, "a reply nested more than {MAX_DEPTH} deep was cut off"),
            Self::Line => write!(f, "a line of more than {} KiB was cut off", MAX_LINE >> 10),
            Self::Framing => f.write_str("not a Redis reply"),
        }
    }
}

impl Error for Excess {}

/// The reading half of a stream, with bounded replies.
struct Bounded {
    reader: ReadHalf<Transport>,
    meter: Meter,
    /// Set once a reply has exceeded a limit. Nothing more is read after that.
    excess: Option<Excess>,
}

/// Wraps `stream` to limit the size of replies.
pub(super) fn bounded(stream: Transport) -> impl AsyncRead + AsyncWrite + Unpin + Send {
    let (reader, writer) = split(stream);
    let reader = Bounded {
        reader,
        meter: Meter::default(),
        excess: None,
    };
    join(reader, writer)
}

impl AsyncRead for Bounded {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(excess) = this.excess {
            return Poll::Ready(Err(io::Error::other(excess)));
        }
        let start = buffer.filled().len();
        ready!(Pin::new(&mut this.reader).poll_read(context, buffer))?;
        let measured = this.meter.measure(&buffer.filled()[start..]);
        Poll::Ready(measured.map_err(|excess| {
            buffer.set_filled(start);
            this.excess = Some(excess);
            io::Error::other(excess)
        }))
    }
}

/// A meter that incrementally follows the framing of RESP2 and RESP3 replies.
#[derive(Debug, Default)]
struct Meter {
    /// Number of bytes still missing from a string with an announced length, including its line
    /// ending.
    string_left: usize,
    /// The start of the current line, up to [`MAX_LENGTH_LINE`] bytes.
    line: Vec<u8>,
    line_length: usize,
    /// Whether the last byte of the line was a carriage return.
    is_after_return: bool,
    /// Number of values still expected in each open array.
    open: Vec<u64>,
    /// Number of bytes of the current reply so far, including announced ones.
    size: usize,
    values: u64,
}

impl Meter {
    fn measure(&mut self, mut bytes: &[u8]) -> Result<(), Excess> {
        while let Some(&byte) = bytes.first() {
            if self.string_left > 0 {
                let taken = self.string_left.min(bytes.len());
                self.string_left -= taken;
                bytes = &bytes[taken..];
                if self.string_left == 0 {
                    self.end_value();
                }
                continue;
            }
            bytes = &bytes[1..];
            self.line_length += 1;
            if self.line.len() < MAX_LENGTH_LINE {
                self.line.push(byte);
            }
            let is_end = self.is_after_return && byte == b'\n';
            self.is_after_return = byte == b'\r';
            if self.line_length > MAX_LINE {
                return Err(Excess::Line);
            }
            if is_end {
                self.end_line()?;
            }
        }
        Ok(())
    }

    /// Handles a complete line: a value, or the announced length of a value.
    fn end_line(&mut self) -> Result<(), Excess> {
        let length = std::mem::take(&mut self.line_length);
        self.grow(length)?;
        self.is_after_return = false;
        let line = std::mem::take(&mut self.line);
        let kind = line[0];
        let count = || {
            let is_whole = length <= MAX_LENGTH_LINE;
            let digits = str::from_utf8(&line[1..]).ok().filter(|_| is_whole);
            let count = digits.and_then(|digits| digits.trim().parse::<i64>().ok());
            count.ok_or(Excess::Framing)
        };
        match kind {
            b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(' => self.end_value(),
            b'$' | b'!' | b'=' => match usize::try_from(count()?) {
                Ok(length) => {
                    self.grow(length.saturating_add(2))?;
                    self.string_left = length + 2;
                }
                Err(_) if kind == b'$' => self.end_value(),
                Err(_) => return Err(Excess::Framing),
            },
            b'*' | b'~' | b'>' => self.open(u64::try_from(count()?).unwrap_or(0))?,
            b'%' | b'|' => {
                let pairs = u64::try_from(count()?).map_err(|_| Excess::Framing)?;
                // Attributes are followed by the value that they belong to, which counts as one
                // more value.
                self.open(pairs.saturating_mul(2) + u64::from(kind == b'|'))?;
            }
            _ => return Err(Excess::Framing),
        }
        self.line = line;
        self.line.clear();
        Ok(())
    }

    /// Adds bytes to the reply's size, whether they were received or only announced.
    fn grow(&mut self, bytes: usize) -> Result<(), Excess> {
        self.size = self.size.saturating_add(bytes);
        if self.size > MAX_SIZE {
            return Err(Excess::Size);
        }
        Ok(())
    }

    /// Starts an array of `values` values.
    fn open(&mut self, values: u64) -> Result<(), Excess> {
        self.values = self.values.saturating_add(values);
        if self.values > MAX_VALUES {
            return Err(Excess::Values);
        }
        if values == 0 {
            self.end_value();
            return Ok(());
        }
        if self.open.len() == MAX_DEPTH {
            return Err(Excess::Depth);
        }
        self.open.push(values);
        Ok(())
    }

    /// Ends a value, and with it every array that it completes.
    fn end_value(&mut self) {
        while let Some(left) = self.open.last_mut() {
            *left -= 1;
            if *left > 0 {
                return;
            }
            self.open.pop();
        }
        (self.size, self.values) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measures the replies twice, all at once and byte by byte, and checks that the results agree.
    fn measured(replies: &[u8]) -> Result<(), Excess> {
        let whole = Meter::default().measure(replies);
        let mut meter = Meter::default();
        let single = replies.chunks(1).try_for_each(|byte| meter.measure(byte));
        assert_eq!(whole, single);
        if whole.is_ok() {
            let counts = (meter.size, meter.values, meter.line_length);
            assert_eq!(counts, (0, 0, 0), "not at the end of a reply");
            assert!(meter.open.is_empty(), "not at the end of a reply");
        }
        whole
    }

    #[test]
    fn replies_of_any_shape_pass() {
        let replies: &[&[u8]] = &[
            b"+OK\r\n",
            b"-ERR a line\nwith \r a break\r\n",
            b":-5\r\n",
            b"$5\r\nhe\r\no\r\n$0\r\n\r\n$-1\r\n",
            b"*0\r\n*-1\r\n*2\r\n*1\r\n:1\r\n$1\r\na\r\n",
            b"%1\r\n+a\r\n*2\r\n_\r\n#t\r\n~1\r\n,1.5\r\n",
            b"|1\r\n+a\r\n+b\r\n>2\r\n+message\r\n(12345678901234567890\r\n",
            b"=7\r\ntxt:abc\r\n!5\r\nERR x\r\n",
        ];
        for reply in replies {
            assert_eq!(measured(reply), Ok(()), "{}", reply.escape_ascii());
        }
        assert_eq!(measured(&replies.concat()), Ok(()));
    }

    #[test]
    fn limits_apply_to_each_reply() {
        let mut meter = Meter::default();
        let mut reply = format!("${}\r\n", MAX_SIZE / 2).into_bytes();
        reply.resize(reply.len() + MAX_SIZE / 2, b'x');
        reply.extend(b"\r\n");
        for _ in 0..3 {
            assert_eq!(meter.measure(&reply), Ok(()));
        }
    }

    #[test]
    fn an_announced_length_over_the_limit_is_refused_at_once() {
        for (reply, excess) in [
            ("*2000000000\r\n", Excess::Values),
            ("%200000\r\n", Excess::Values),
            ("$200000000\r\n", Excess::Size),
            ("*2\r\n$16777210\r\n", Excess::Size),
            ("$9223372036854775807\r\n", Excess::Size),
            ("$99999999999999999999\r\n", Excess::Framing),
            ("*1\r\n".repeat(9).as_str(), Excess::Depth),
            ("HTTP/1.1 400 Bad Request\r\n", Excess::Framing),
            ("\r\n", Excess::Framing),
            ("%-1\r\n", Excess::Framing),
        ] {
            assert_eq!(measured(reply.as_bytes()), Err(excess), "{reply}");
        }
    }

    #[test]
    fn an_endless_reply_is_refused_at_the_limit() {
        let mut meter = Meter::default();
        let line = [b'x'; 1 << 10];
        let fed = (0..1000).take_while(|_| meter.measure(&line).is_ok());
        assert_eq!(fed.count(), MAX_LINE >> 10);
        // These nested arrays are never complete.
        let mut meter = Meter::default();
        meter.measure(b"*200000\r\n").expect("allowed");
        let fed = (0..1000).take_while(|_| meter.measure(b"*1000\r\n").is_ok());
        assert!(fed.count() <= MAX_DEPTH);
        assert!(meter.values <= MAX_VALUES);
    }
}
