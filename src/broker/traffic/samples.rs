//! Sample strings for the demo's services, from `assets/demo.json`.

use serde_json::Value;

use super::random::Random;

/// Named lists of strings.
#[derive(Clone, Debug)]
pub struct Samples(Value);

impl Samples {
    /// Returns the samples embedded in the program.
    pub fn embedded() -> Self {
        let text = include_str!("../../../assets/demo.json");
        Self(serde_json::from_str(text).expect("the embedded samples are JSON, as a test shows"))
    }

    /// Returns a random string from the list `name`, or an empty one if there is no such list.
    pub fn pick(&self, name: &str, random: &mut Random) -> &str {
        let texts = self.0[name].as_array().filter(|texts| !texts.is_empty());
        let text = texts.and_then(|texts| random.pick(texts).as_str());
        text.unwrap_or_default()
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
