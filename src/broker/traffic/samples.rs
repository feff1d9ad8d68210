//! The texts that the demo's services draw from, kept in `assets/demo.json`.

use serde_json::Value;

use super::random::Random;

/// Lists of texts, each under a name.
#[derive(Clone, Debug)]
pub struct Samples(Value);

impl Samples {
    /// Those that come with the program.
    pub fn embedded() -> Self {
        let text = include_str!("../../../assets/demo.json");
        Self(serde_json::from_str(text).expect("the embedded samples are JSON, as a test shows"))
    }

    /// One text of the list `name`; nothing if there is no such list.
    pub fn pick(&self, name: &str, random: &mut Random) -> &str {
        match &self.0[name] {
            Value::Array(texts) if !texts.is_empty() => {
                random.pick(texts).as_str().unwrap_or_default()
            }
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_samples_are_lists_of_texts() {
        let Samples(Value::Object(lists)) = Samples::embedded() else {
            panic!("not an object");
        };
        assert!(!lists.is_empty());
        for (name, list) in &lists {
            let texts = list.as_array().expect(name);
            assert!(texts.iter().all(Value::is_string), "{name}");
            assert!(!texts.is_empty(), "{name}");
        }
    }
}
