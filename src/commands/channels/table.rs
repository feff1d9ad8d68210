//! The counts of all nodes together.

use std::collections::BTreeMap;

use subscope::payload::escape::{name, whole_name};
use subscope::payload::figures;
use subscope::recording::{Line, push_string};
use subscope::server::NodeCensus;

/// The columns for a count.
const COUNT: usize = 11;

/// The widest that the column of names becomes where nothing is cut.
const MAX_NAME: usize = 60;

/// A channel with subscribers.
#[derive(Debug, Default)]
struct Row {
    subscribers: u64,
    /// The subscribers at each node.
    nodes: Vec<(String, u64)>,
}

/// Channels by name, sharded ones after the others.
#[derive(Debug, Default)]
pub struct Table {
    rows: BTreeMap<(bool, Vec<u8>), Row>,
    patterns: u64,
    nodes: usize,
}

impl Table {
    /// Adds up the counts of the nodes.
    pub fn new(nodes: &[NodeCensus]) -> Self {
        let mut table = Self {
            nodes: nodes.len(),
            ..Self::default()
        };
        for node in nodes {
            table.patterns += node.patterns;
            let plain = node.channels.iter().map(|channel| (false, channel));
            let sharded = node.shard_channels.iter().map(|channel| (true, channel));
            for (is_sharded, (name, count)) in plain.chain(sharded) {
                let row = table.rows.entry((is_sharded, name.clone())).or_default();
                row.subscribers += count;
                row.nodes.push((node.node.clone(), *count));
            }
        }
        table
    }

    /// Returns the table for a user.
    pub fn pretty(&self, shows_nodes: bool) -> Vec<u8> {
        let lines = self.lines(shows_nodes, usize::MAX).into_iter();
        lines.flat_map(|line| (line + "\n").into_bytes()).collect()
    }

    /// Returns the lines of the table within this width.
    pub fn lines(&self, shows_nodes: bool, columns: usize) -> Vec<String> {
        let names = self.rows.keys();
        let shown = names.map(|(is_sharded, name)| shown_name(name, *is_sharded));
        let widest = shown.map(|name| name.chars().count()).max().unwrap_or(0);
        let room = columns.saturating_sub(COUNT + 1);
        let width = widest.clamp(7, MAX_NAME).min(room.max(7));
        let mut lines = vec![format!("{:width$} {:>COUNT$}", "channel", "subscribers")];
        for ((is_sharded, channel), row) in &self.rows {
            let shown = if columns == usize::MAX {
                shown_name(channel, *is_sharded)
            } else {
                name(shown_name(channel, *is_sharded).as_bytes(), width).string
            };
            let count = figures::count(row.subscribers);
            lines.push(format!("{shown:width$} {count:>COUNT$}"));
            if shows_nodes {
                for (node, count) in &row.nodes {
                    let count = figures::count(*count);
                    lines.push(format!(
                        "  {node:indented$} {count:>COUNT$}",
                        indented = width - 2
                    ));
                }
            }
        }
        if self.rows.is_empty() {
            lines = vec!["no channel has subscribers".to_owned()];
        }
        if self.patterns > 0 {
            let patterns = figures::counted(self.patterns, "pattern");
            let all = if self.nodes > 1 {
                " (at all nodes together)"
            } else {
                ""
            };
            lines.push(format!(
                "subscribed to besides: {patterns}{all}, which no count above includes"
            ));
        }
        lines
    }

    /// Returns one line of JSON per channel, and one with the number of patterns.
    pub fn json(&self, shows_nodes: bool) -> Vec<u8> {
        let mut out = Vec::new();
        for ((is_sharded, name), row) in &self.rows {
            let subscribers = row.subscribers.to_string();
            let mut line = Line::starting_with("subscribers", &subscribers, &mut out);
            line.add_bytes("channel", "channel_encoding", name);
            if *is_sharded {
                line.add("sharded", "true");
            }
            if shows_nodes {
                line.add("nodes", object(&row.nodes));
            }
            line.end();
        }
        let patterns = self.patterns.to_string();
        Line::starting_with("patterns", &patterns, &mut out).end();
        out
    }
}

fn shown_name(name: &[u8], is_sharded: bool) -> String {
    let name = whole_name(name);
    if is_sharded {
        name + " (sharded)"
    } else {
        name
    }
}

/// Returns the counts of the nodes as a JSON object.
fn object(nodes: &[(String, u64)]) -> Vec<u8> {
    let mut out = vec![b'{'];
    for (index, (node, count)) in nodes.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        push_string(&mut out, node);
        out.extend_from_slice(format!(":{count}").as_bytes());
    }
    out.push(b'}');
    out
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    fn node(name: &str, channels: &[(&str, u64)], patterns: u64) -> NodeCensus {
        let counted = channels.iter();
        NodeCensus {
            node: name.to_owned(),
            channels: counted
                .map(|(name, count)| (name.as_bytes().to_vec(), *count))
                .collect(),
            shard_channels: vec![(b"s".to_vec(), 1)],
            patterns,
        }
    }

    #[test]
    fn the_counts_of_all_nodes_are_added_up() {
        let table = Table::new(&[
            node("h:1", &[("orders", 2), ("a", 1)], 1),
            node("h:2", &[("orders", 1)], 2),
        ]);
        let lines = table.lines(false, 80);
        assert_eq!(
            lines[..4],
            [
                "channel     subscribers",
                "a                     1",
                "orders                3",
                "s (sharded)           2",
            ]
        );
        assert!(lines[4].contains("3 patterns (at all nodes together)"));
        let json = String::from_utf8(table.json(true)).unwrap();
        let expected = r#"{"subscribers":3,"channel":"orders","nodes":{"h:1":2,"h:2":1}}"#;
        assert_eq!(json.lines().nth(1), Some(expected));
        assert_eq!(json.lines().last(), Some(r#"{"patterns":3}"#));
    }

    #[test]
    fn names_cannot_act_on_a_terminal() {
        let table = Table::new(&[node("h:1", &[("\u{1b}[2J", 1)], 0)]);
        for text in [table.pretty(false), table.json(false)] {
            assert!(!text.contains(&0x1b));
        }
    }
}
