//! Parses commands from the bytes that a client sends: arrays of bulk strings, or inline lines.
//!
//! Replies are parsed by [`crate::wire`]. A request may arrive slowly, one argument at a time, but
//! no part of it is parsed twice. Invalid requests are refused with Redis's own error messages.

use memchr::memchr;

use super::inline::words;
use super::settings::Limits;

/// Maximum length of an inline command, and of the header of an array or bulk string.
const MAX_LINE: usize = 64 << 10;

/// Limits for a client that has not logged in yet.
const STRANGER_ARGUMENTS: usize = 10;
const STRANGER_BULK: usize = 16 << 10;

/// Number of bytes to reserve for a read.
const READ: usize = 16 << 10;

/// Memory overhead of an argument in addition to its bytes.
const ARGUMENT_COST: usize = size_of::<Vec<u8>>();

/// Why a client's input cannot be parsed any further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// The input is not RESP. Contains Redis's error, which is sent before the connection is
    /// closed.
    Malformed(Vec<u8>),
    /// The command is larger than the query buffer limit.
    TooLarge,
}

/// The request parser of one client.
#[derive(Debug, Default)]
pub struct Requests {
    limits: Limits,
    /// Received bytes; those before `position` are consumed.
    buffer: Vec<u8>,
    position: usize,
    /// Number of arguments still missing from the current array.
    missing: usize,
    /// Length of the next argument, once its header is parsed.
    bulk: Option<usize>,
    arguments: Vec<Vec<u8>>,
    /// Memory used by `arguments`.
    bytes: usize,
}

impl Requests {
    /// Creates a parser that enforces `limits`.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Returns the buffer to append received bytes to, with room at its end.
    pub fn room(&mut self) -> &mut Vec<u8> {
        if self.position > 0 {
            self.buffer.drain(..self.position);
            self.position = 0;
        }
        if self.buffer.is_empty() && self.buffer.capacity() > 4 * READ {
            self.buffer = Vec::new();
        }
        self.buffer.reserve(READ);
        &mut self.buffer
    }

    /// Returns the number of buffered bytes of incomplete requests.
    pub fn size(&self) -> usize {
        self.buffer.len() - self.position + self.bytes
    }

    /// Returns the next request, which has at least one argument, or `None` if it is incomplete.
    pub fn next(&mut self, authenticated: bool) -> Result<Option<Vec<Vec<u8>>>, RequestError> {
        loop {
            while self.missing > 0 {
                if self.argument(authenticated)?.is_none() {
                    return if self.size() > self.limits.query {
                        Err(RequestError::TooLarge)
                    } else {
                        Ok(None)
                    };
                }
            }
            if !self.arguments.is_empty() {
                self.bytes = 0;
                return Ok(Some(std::mem::take(&mut self.arguments)));
            }
            match self.buffer.get(self.position) {
                None => return Ok(None),
                Some(b'*') => match self.array(authenticated)? {
                    None => return Ok(None),
                    Some(count) => self.missing = count,
                },
                Some(_) => match self.inline()? {
                    Some(arguments) if arguments.is_empty() => {}
                    other => return Ok(other),
                },
            }
        }
    }

    /// Returns the count in an array's header. It is 0 for an array without arguments, which Redis
    /// ignores.
    fn array(&mut self, authenticated: bool) -> Result<Option<usize>, RequestError> {
        let Some(header) = self.header("too big mbulk count string")? else {
            return Ok(None);
        };
        let count = integer(&header[1..])
            .map(|count| usize::try_from(count.max(0)).unwrap_or(usize::MAX))
            .filter(|count| *count <= self.limits.arguments)
            .ok_or_else(|| malformed("invalid multibulk length"))?;
        if !authenticated && count > STRANGER_ARGUMENTS {
            return Err(malformed("unauthenticated multibulk length"));
        }
        Ok(Some(count))
    }

    /// Reads one argument of an array, or returns `None` if it is incomplete.
    fn argument(&mut self, authenticated: bool) -> Result<Option<()>, RequestError> {
        let length = if let Some(length) = self.bulk {
            length
        } else {
            let Some(header) = self.header("too big bulk count string")? else {
                return Ok(None);
            };
            if header[0] != b'$' {
                let text = [b"expected '$', got '".as_slice(), &header[..1], b"'"];
                return Err(malformed(text.concat()));
            }
            let length = integer(&header[1..])
                .and_then(|length| usize::try_from(length).ok())
                .filter(|length| *length <= self.limits.bulk)
                .ok_or_else(|| malformed("invalid bulk length"))?;
            if !authenticated && length > STRANGER_BULK {
                return Err(malformed("unauthenticated bulk length"));
            }
            self.bulk = Some(length);
            length
        };
        // Like Redis, skip the line ending without checking it.
        let end = self.position + length;
        if self.buffer.len() < end + 2 {
            return Ok(None);
        }
        self.arguments
            .push(self.buffer[self.position..end].to_vec());
        self.bytes += length + ARGUMENT_COST;
        self.position = end + 2;
        self.bulk = None;
        self.missing -= 1;
        Ok(Some(()))
    }

    /// Returns a header without its line ending, or `None` if it is incomplete.
    fn header(&mut self, too_long: &str) -> Result<Option<Vec<u8>>, RequestError> {
        let rest = &self.buffer[self.position..];
        match memchr(b'\r', rest) {
            None if rest.len() > MAX_LINE => Err(malformed(too_long)),
            // The line feed must also have arrived, but is not checked.
            Some(length) if rest.len() > length + 1 => {
                let header = match &rest[..length] {
                    [] => vec![b'\r'],
                    header => header.to_vec(),
                };
                self.position += length + 2;
                Ok(Some(header))
            }
            _ => Ok(None),
        }
    }

    /// Returns the words of a line, or `None` if it is incomplete.
    fn inline(&mut self) -> Result<Option<Vec<Vec<u8>>>, RequestError> {
        let rest = &self.buffer[self.position..];
        let Some(length) = memchr(b'\n', rest) else {
            return if rest.len() > MAX_LINE {
                Err(malformed("too big inline request"))
            } else {
                Ok(None)
            };
        };
        let line = &rest[..length];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let words = words(line).ok_or_else(|| malformed("unbalanced quotes in request"))?;
        self.position += length + 1;
        Ok(Some(words))
    }
}

fn malformed(text: impl AsRef<[u8]>) -> RequestError {
    RequestError::Malformed([b"ERR Protocol error: ", text.as_ref()].concat())
}

/// Parses a decimal number in the only form that Redis accepts: without a plus sign or leading
/// zeros.
pub fn integer(text: &[u8]) -> Option<i64> {
    let number: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(bytes: &[u8]) -> Requests {
        let mut requests = Requests::new(Limits::default());
        requests.room().extend_from_slice(bytes);
        requests
    }

    #[test]
    fn a_request_is_the_same_however_it_is_split() {
        let bytes =
            b"*2\r\n$4\r\nECHO\r\n$3\r\na\r\n\r\nPING \"a\\x41\\n\"\r\n*0\r\n\r\n*1\r\n$0\r\n\r\n";
        let whole = [
            vec![b"ECHO".to_vec(), b"a\r\n".to_vec()],
            vec![b"PING".to_vec(), b"aA\n".to_vec()],
            vec![Vec::new()],
        ];
        for step in 1..bytes.len() {
            let mut requests = requests(b"");
            let mut seen = Vec::new();
            for piece in bytes.chunks(step) {
                requests.room().extend_from_slice(piece);
                while let Some(request) = requests.next(true).unwrap_or_default() {
                    seen.push(request);
                }
            }
            assert_eq!(seen, whole, "in steps of {step}");
            assert_eq!(requests.size(), 0);
        }
    }

    #[test]
    fn a_command_larger_than_the_query_buffer_is_refused() {
        let mut requests = Requests::new(Limits {
            query: 100,
            ..Limits::default()
        });
        requests.room().extend_from_slice(b"*1000\r\n");
        requests
            .room()
            .extend_from_slice(&b"$1\r\na\r\n".repeat(20));
        assert_eq!(requests.next(true), Err(RequestError::TooLarge));
    }
}
