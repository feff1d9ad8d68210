//! Commands cut from the bytes that a client sends: arrays of bulk strings, or inline lines.
//!
//! Not [`crate::wire`]'s decoder, which reads what a server says: a request may arrive one
//! argument at a time for long, is parsed once however many pieces it comes in, and is refused
//! in Redis's own words.

use memchr::memchr;

use super::inline::words;
use super::settings::Limits;

/// The longest inline command, and the longest header of an array or of a bulk string.
const MAX_LINE: usize = 64 << 10;

/// What a client may send before it has given the password.
const STRANGER_ARGUMENTS: usize = 10;
const STRANGER_BULK: usize = 16 << 10;

/// How much room is made for one read, and how much is kept when there is nothing in it.
const READ: usize = 16 << 10;

/// What counts for an argument besides its bytes.
const ARGUMENT_COST: usize = size_of::<Vec<u8>>();

/// Why a client cannot be understood any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// Not RESP: what to tell the client, in Redis's words, before closing.
    Malformed(Vec<u8>),
    /// A command that is larger than the query buffer may be.
    TooLarge,
}

/// The requests of one client.
#[derive(Debug)]
pub struct Requests {
    limits: Limits,
    /// What was received; that before `position` is done with.
    buffer: Vec<u8>,
    position: usize,
    /// How many arguments of the present array are still to come.
    missing: usize,
    /// The length of the argument that comes next, once its header was read.
    bulk: Option<usize>,
    arguments: Vec<Vec<u8>>,
    /// What `arguments` take.
    bytes: usize,
}

impl Requests {
    /// Of a client held to `limits`.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            buffer: Vec::new(),
            position: 0,
            missing: 0,
            bulk: None,
            arguments: Vec::new(),
            bytes: 0,
        }
    }

    /// Where to read more bytes into: a vector with room at its end.
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

    /// How many bytes of unfinished requests are kept.
    pub fn size(&self) -> usize {
        self.buffer.len() - self.position + self.bytes
    }

    /// The next whole request, or `None` if it has not all arrived. It has one argument at least.
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

    /// The count of an array's header; 0 for an array without arguments, which Redis ignores.
    fn array(&mut self, authenticated: bool) -> Result<Option<usize>, RequestError> {
        let Some(header) = self.header("too big mbulk count string")? else {
            return Ok(None);
        };
        let count = integer(&header[1..])
            .filter(|count| {
                usize::try_from(*count).map_or(*count < 0, |count| count <= self.limits.arguments)
            })
            .ok_or_else(|| malformed("invalid multibulk length"))?;
        let count = usize::try_from(count).unwrap_or(0);
        if !authenticated && count > STRANGER_ARGUMENTS {
            return Err(malformed("unauthenticated multibulk length"));
        }
        Ok(Some(count))
    }

    /// Reads one argument of an array, or `None` if it has not all arrived.
    fn argument(&mut self, authenticated: bool) -> Result<Option<()>, RequestError> {
        let length = if let Some(length) = self.bulk {
            length
        } else {
            let Some(header) = self.header("too big bulk count string")? else {
                return Ok(None);
            };
            if header[0] != b'$' {
                let mut text = b"expected '$', got '".to_vec();
                text.extend([header[0], b'\'']);
                return Err(malformed(text));
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
        // As Redis does, the two bytes behind it are taken without a look.
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

    /// A header without its line end, or `None` if it has not all arrived.
    fn header(&mut self, too_long: &str) -> Result<Option<Vec<u8>>, RequestError> {
        let rest = &self.buffer[self.position..];
        match memchr(b'\r', rest) {
            None if rest.len() > MAX_LINE => Err(malformed(too_long)),
            // The line feed must have come as well, though nobody looks at it.
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

    /// The words of a line, or `None` if it has not all arrived.
    fn inline(&mut self) -> Result<Option<Vec<Vec<u8>>>, RequestError> {
        let rest = &self.buffer[self.position..];
        let Some(length) = memchr(b'\n', rest) else {
            return if rest.len() > MAX_LINE {
                Err(malformed("too big inline request"))
            } else {
                Ok(None)
            };
        };
        let line = rest[..length]
            .strip_suffix(b"\r")
            .unwrap_or(&rest[..length]);
        let words = words(line).ok_or_else(|| malformed("unbalanced quotes in request"))?;
        self.position += length + 1;
        Ok(Some(words))
    }
}

fn malformed(text: impl AsRef<[u8]>) -> RequestError {
    RequestError::Malformed([b"ERR Protocol error: ", text.as_ref()].concat())
}

/// A decimal number written the one way that Redis takes: no sign but `-`, no leading zero.
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
    fn a_request_is_the_same_however_it_is_cut() {
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
