//! A shell command with placeholders for the server's host and port.

/// A command with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Host,
    Port,
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("takes a command, such as 'ssh -W [%h]:%p jump'".to_owned());
        }
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            let piece = match (letter, letter == '%') {
                (letter, false) => {
                    plain.push(letter);
                    continue;
                }
                (_, true) => match letters.next() {
                    Some('%') => {
                        plain.push('%');
                        continue;
                    }
                    Some('h') => Piece::Host,
                    Some('p') => Piece::Port,
                    other => return Err(unknown(other)),
                },
            };
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            pieces.push(piece);
        }
        pieces.push(Piece::Text(plain));
        Ok(Self(pieces))
    }

    /// Returns the command for a server. The host must be safe in a shell command.
    pub(super) fn fill(&self, host: &str, port: u16) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Host => host.to_owned(),
            Piece::Port => port.to_string(),
        });
        pieces.collect()
    }
}

fn unknown(letter: Option<char>) -> String {
    let letter = letter.map(String::from).unwrap_or_default();
    format!("has an unknown %{letter}: %h is the host, %p the port, %% a percent sign")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_and_the_port_are_filled_in() {
        let filled = |text: &str| Template::parse(text).map(|of| of.fill("::1", 7000));
        for (text, expected) in [
            ("ssh -W [%h]:%p jump", "ssh -W [::1]:7000 jump"),
            ("nc %h%p", "nc ::17000"),
            ("date +%%s %%h", "date +%s %h"),
            ("cat", "cat"),
        ] {
            assert_eq!(filled(text).as_deref(), Ok(expected), "{text}");
        }
        for (text, problem) in [
            ("ssh %r@jump", "has an unknown %r: %h is the host"),
            ("ssh 100%", "has an unknown %: %h is the host"),
            (" ", "takes a command"),
        ] {
            let error = filled(text).err().unwrap_or_default();
            assert!(error.starts_with(problem), "{text}: {error}");
        }
    }
}
